package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"filippo.io/age"
)

const (
	phraseFile = "key.age"
	// minPhrase is the length of the shortest passphrase, in bytes. A thief can try as many as he likes.
	minPhrase = 12
	// scryptWork is the logarithm of scrypt's cost: 128 MiB and about a second on a Raspberry Pi. Twice that would be too
	// much for one with 512 MB.
	scryptWork    = 17
	maxScryptWork = 20
)

// phraseKey keeps keys in the folder itself, sealed with a passphrase that is asked once.
type phraseKey struct {
	disk
	file   string
	ask    func(ctx context.Context, prompt string, confirm bool) ([]byte, error) // nil: nobody to ask
	work   int                                                                    // scrypt's cost
	phrase []byte                                                                 // opens the file; nil: not asked yet
	next   []byte                                                                 // the one to seal with from now on; nil: phrase
	sealed []byte                                                                 // the content of file that keys are from
	keys   keys
}

var (
	_ keyHolder  = (*phraseKey)(nil)
	_ keyChanger = (*phraseKey)(nil)
)

func (k *phraseKey) path() string { return k.file }

// prepare asks for what load or create will need. The lock is not held: a daemon must not wait for somebody to type.
func (k *phraseKey) prepare(ctx context.Context, secrets int) (err error) {
	switch {
	case !gone(k.file):
		k.phrase, err = k.question(ctx, "Passphrase of gatefold's secrets", false)
	case secrets == 0:
		k.next, err = k.newPhrase(ctx)
		k.phrase = k.next // should another process create the file meanwhile
	}
	return err
}

// load opens the file with the passphrase that was given, if it has changed since the last time.
func (k *phraseKey) load(context.Context) (keys, error) {
	sealed, err := readPrivate(k.file, maxKeyFile)
	if err != nil {
		return nil, err
	}
	if k.keys != nil && bytes.Equal(sealed, k.sealed) {
		return k.keys, nil
	}
	ks, err := k.open(sealed, k.phrase)
	if err != nil {
		return nil, err
	}
	k.sealed, k.keys = sealed, ks
	return ks, nil
}

func (k *phraseKey) open(sealed, phrase []byte) (keys, error) {
	id, err := age.NewScryptIdentity(string(phrase))
	if err != nil {
		return nil, &Error{Kind: NoAnswer, Path: k.file, Reason: "the passphrase is empty"}
	}
	id.SetMaxWorkFactor(maxScryptWork)
	data, err := unseal(sealed, id)
	switch {
	case errors.Is(err, errWrongKey) && k.keys != nil:
		return nil, &Error{Kind: WrongKey, Path: k.file, Reason: "has another passphrase by now", Hint: "restart gatefold and give it the new one"}
	case errors.Is(err, errWrongKey):
		return nil, &Error{Kind: WrongKey, Path: k.file, Reason: "is not opened by this passphrase", Hint: "try again; nothing was changed"}
	case err != nil:
		return nil, badKey(k.file, "is damaged or cut off")
	}
	return parseKeys(k.file, data)
}

// create seals the first key with the passphrase that prepare has asked for.
func (k *phraseKey) create(context.Context) (keys, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	return keys{id}, k.put(keys{id}, k.disk.create)
}

// renew asks for a new passphrase; save seals with it.
func (k *phraseKey) renew(ctx context.Context) (id *age.X25519Identity, err error) {
	if k.next, err = k.newPhrase(ctx); err != nil {
		return nil, err
	}
	return age.GenerateX25519Identity()
}

func (k *phraseKey) newPhrase(ctx context.Context) ([]byte, error) {
	phrase, err := k.question(ctx, "New passphrase for gatefold's secrets", true)
	if err == nil && len(phrase) < minPhrase {
		return nil, &Error{
			Kind: NoAnswer, Path: k.file, Reason: fmt.Sprintf("a passphrase needs at least %d characters", minPhrase),
			Hint: "take four or more random words; nothing was changed",
		}
	}
	return phrase, err
}

func (k *phraseKey) question(ctx context.Context, prompt string, confirm bool) ([]byte, error) {
	if k.ask == nil {
		return nil, &Error{
			Kind: NoAnswer, Path: k.file, Reason: "needs its passphrase, and there is no terminal to ask on",
			Hint: "start gatefold on a terminal, or use a key file or systemd's credentials",
		}
	}
	phrase, err := k.ask(ctx, prompt, confirm)
	if err != nil {
		return nil, fmt.Errorf("asking for the passphrase of %s: %w", k.file, err)
	}
	return bytes.Clone(phrase), nil
}

func (k *phraseKey) save(ks keys) error { return k.put(ks, k.replace) }

// lock is not needed: the file is in the folder, which is locked.
func (*phraseKey) lock(context.Context) (func(), error) { return func() {}, nil }

func (*phraseKey) needed(keys) (keys, string) { return nil, "" }

func (k *phraseKey) put(ks keys, write func(string, []byte) error) error {
	phrase := k.phrase
	if k.next != nil {
		phrase = k.next
	}
	to, err := age.NewScryptRecipient(string(phrase))
	if err != nil {
		return err
	}
	to.SetWorkFactor(k.work)
	sealed, err := seal(formatKeys(ks, nil), to)
	if err != nil {
		return err
	}
	if err := write(k.file, sealed); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return err
		}
		return notWritten(k.file, err)
	}
	k.phrase, k.next, k.sealed, k.keys = phrase, nil, sealed, ks
	return nil
}
