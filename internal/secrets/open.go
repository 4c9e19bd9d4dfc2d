package secrets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// FileOptions say where the file store is and what opens it. Only Dir is required.
type FileOptions struct {
	// Dir is the folder of the secrets (data/secrets); it is created with mode 0700.
	Dir string
	// KeyFile is the key file; "" is DefaultKeyFile(), "none" is a passphrase.
	KeyFile string
	// CredentialsDir is systemd's $CREDENTIALS_DIRECTORY; a gatefold.key there comes before KeyFile. "": none.
	CredentialsDir string
	// Passphrase asks for the passphrase, twice when confirm is true; nil: there is nobody to ask.
	Passphrase func(ctx context.Context, prompt string, confirm bool) ([]byte, error)
	// Created is told when a key file was made at first use; may be nil.
	Created func(path string)

	step func(what string) error // tests: see disk
	work int                     // tests: scrypt's cost; 0: scryptWork
}

// OpenFile opens the store, or creates it with its key at first use. It never makes a key where secrets are: a missing
// one is an *Error of Kind MissingKey, a wrong one of Kind WrongKey. Where Dir can only be read, what is there can be
// read, and Put, Delete and Rotate fail.
func OpenFile(ctx context.Context, o FileOptions) (*File, error) {
	if o.Dir == "" {
		return nil, errors.New("the file store needs a folder")
	}
	path, err := resolve(o.Dir)
	if err != nil {
		return nil, err
	}
	dir := folder(path)
	key, err := chooseKey(o, dir)
	if err != nil {
		return nil, err
	}
	if err := dir.prepare(); err != nil {
		return nil, err
	}
	names, err := dir.names()
	if err != nil {
		return nil, err
	}
	if err := key.prepare(ctx, len(names)); err != nil {
		return nil, err
	}
	s := &File{disk: disk{o.step}, dir: dir, key: key, turn: newTurn(), rotation: newTurn()}
	if err := s.reading(ctx, func(unlocked error) error { return s.open(ctx, unlocked) }); err != nil {
		return nil, err
	}
	return s, nil
}

// chooseKey returns the first that there is: systemd's credential, the passphrase, the key file.
func chooseKey(o FileOptions, dir folder) (keyHolder, error) {
	if o.CredentialsDir != "" {
		credential := filepath.Join(o.CredentialsDir, CredentialName)
		if !gone(credential) {
			return credentialKey{file: credential}, nil
		}
	}
	if o.KeyFile == "none" {
		work := o.work
		if work == 0 {
			work = scryptWork
		}
		return &phraseKey{disk: disk{o.step}, file: filepath.Join(string(dir), phraseFile), ask: o.Passphrase, work: work}, nil
	}
	path := o.KeyFile
	if path == "" {
		var err error
		if path, err = DefaultKeyFile(); err != nil {
			return nil, err
		}
	}
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	return &keyFile{disk: disk{o.step}, file: path, dir: dir, created: o.Created}, checkOutside(path, dir)
}

// open runs under the lock, or, with the reason in unlocked, without it: then it only reads.
func (s *File) open(ctx context.Context, unlocked error) error {
	if unlocked == nil {
		if err := s.clean(); err != nil {
			return err
		}
	}
	ks, err := s.key.load(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		ks, err = s.first(ctx, unlocked)
	}
	if err != nil {
		return err
	}
	return s.accept(ks)
}

// clean removes what a crash has left here and beside the key file.
func (s *File) clean() error {
	if err := clean(string(s.dir), func(string) bool { return true }); err != nil {
		return notWritten(string(s.dir), err)
	}
	key := s.key.path()
	err := clean(filepath.Dir(key), func(name string) bool { return name == filepath.Base(key) })
	if err != nil && !readOnly(err) {
		return notWritten(key, err)
	}
	return nil
}

// first makes the first key, unless there are secrets or, with the reason in unlocked, nothing may be made.
func (s *File) first(ctx context.Context, unlocked error) (keys, error) {
	names, err := s.dir.names()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		return nil, missingKey(s.key.path(), s.dir, len(names), s.otherKey())
	}
	if unlocked != nil {
		return nil, unlocked
	}
	ks, err := s.key.create(ctx)
	if errors.Is(err, fs.ErrExist) {
		return s.key.load(ctx) // the store of another folder has made it meanwhile
	}
	return ks, err
}

// otherKey is a hint for those who have changed the configuration from a passphrase to a key file.
func (s *File) otherKey() string {
	phrase := filepath.Join(string(s.dir), phraseFile)
	if s.key.path() == phrase || gone(phrase) {
		return ""
	}
	return fmt.Sprintf("%s is there, so go back to the passphrase (key file: none), or ", phrase)
}
