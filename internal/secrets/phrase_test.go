package secrets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

func TestPassphraseIsAskedOnce(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	var asked []bool
	o := p.phraseOptions(phrase)
	o.Passphrase = func(_ context.Context, _ string, confirm bool) ([]byte, error) {
		asked = append(asked, confirm)
		return []byte(phrase), nil
	}
	s := openFile(t, o)
	put(t, s, tokenName, token)
	put(t, s, tokenName, token)
	wantValue(t, s, tokenName, token)
	again := openFile(t, o)
	wantValue(t, again, tokenName, token)
	put(t, again, tokenName, token)
	if len(asked) != 2 || !asked[0] || asked[1] {
		t.Errorf("asked (to confirm) %v, want once to create and once to open", asked)
	}
}

func TestPassphraseTrouble(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	open := func(o FileOptions) error {
		_, err := OpenFile(t.Context(), o)
		return err
	}
	none := p.phraseOptions("")
	none.Passphrase = nil
	wantError(t, open(none), NoAnswer, "terminal")
	wantError(t, open(p.phraseOptions("short")), NoAnswer, "at least 12")
	ended := p.phraseOptions(phrase)
	ended.Passphrase = func(context.Context, string, bool) ([]byte, error) { return nil, context.Canceled }
	if err := open(ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	put(t, openFile(t, p.phraseOptions(phrase)), tokenName, token)

	key := p.file("key")
	wantError(t, open(none), NoAnswer, key)
	wantError(t, open(p.phraseOptions("")), NoAnswer, key)
	wantError(t, open(p.phraseOptions("another passphrase")), WrongKey, key, "try again")
	wantError(t, open(p.options()), MissingKey, p.key, key, "key file: none")

	sealed := readFile(t, key)
	writeFile(t, key, sealed[:len(sealed)-3], 0o600)
	wantError(t, open(p.phraseOptions(phrase)), Damaged, key)
	must(t, os.Remove(key))
	wantError(t, open(p.phraseOptions(phrase)), MissingKey, key, "1 secret ")
	writeFile(t, key, sealed, 0o644)
	wantError(t, open(p.phraseOptions(phrase)), Permission, "chmod 600")
	writeFile(t, key, sealed, 0o600)
	wantValue(t, openFile(t, p.phraseOptions(phrase)), tokenName, token)
}

// A daemon that was started with the old passphrase says what to do, and writes nothing with the old key.
func TestPassphraseChangedByAnother(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	daemon := openFile(t, p.phraseOptions(phrase))
	put(t, daemon, tokenName, token)
	command := openFile(t, p.phraseOptions(phrase))
	command.key.(*phraseKey).ask = answer("quite another passphrase")
	_, err := command.Rotate(t.Context())
	must(t, err)
	_, err = daemon.Get(t.Context(), tokenName)
	wantError(t, err, WrongKey, "restart gatefold")
	wantError(t, daemon.Put(t.Context(), tokenName, NewValue([]byte("new"))), WrongKey, "restart gatefold")
	wantValue(t, openFile(t, p.phraseOptions("quite another passphrase")), tokenName, token)
	wantError(t, func() error { _, err := OpenFile(t.Context(), p.phraseOptions(phrase)); return err }(), WrongKey)
}

// Whoever is asked may take an hour: the daemon writes meanwhile.
func TestPassphraseIsAskedWithoutTheLock(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	daemon := openFile(t, p.phraseOptions(phrase))
	put(t, daemon, tokenName, "old")
	asked := 0
	o := p.phraseOptions(phrase)
	o.Passphrase = func(context.Context, string, bool) ([]byte, error) {
		asked++
		put(t, daemon, tokenName, fmt.Sprint(asked))
		return []byte(phrase), nil
	}
	command := openFile(t, o)
	wantValue(t, command, tokenName, "1")
	_, err := command.Rotate(t.Context())
	must(t, err)
	wantValue(t, daemon, tokenName, "2")
}

func TestTwoRotationsAtOnce(t *testing.T) {
	t.Parallel()
	p := newSite(t)
	s := openFile(t, p.phraseOptions(phrase))
	put(t, s, tokenName, token)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := s.Rotate(t.Context()); err != nil {
				t.Error(err)
			}
			put(t, s, "OTHER", "other")
		})
	}
	wg.Wait()
	wantValue(t, openFile(t, p.phraseOptions(phrase)), tokenName, token)
}

// The other tests are cheap on purpose; the real cost is what it should be.
func TestPassphraseCost(t *testing.T) {
	t.Parallel()
	key, err := chooseKey(FileOptions{KeyFile: "none"}, "secrets")
	must(t, err)
	if work := key.(*phraseKey).work; work != scryptWork || work < 17 || work > maxScryptWork {
		t.Errorf("scrypt's cost is 2^%d", work)
	}
}
