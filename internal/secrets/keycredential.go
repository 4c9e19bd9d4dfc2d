package secrets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// CredentialName is the file in systemd's credentials folder: LoadCredentialEncrypted=gatefold.key:...
const CredentialName = "gatefold.key"

// credentialKey is a key that systemd hands over. It can only be read.
type credentialKey struct{ file string }

var _ keyHolder = credentialKey{}

func (k credentialKey) path() string { return k.file }

func (credentialKey) prepare(context.Context, int) error { return nil }

// lock is not needed: nobody can write the file.
func (credentialKey) lock(context.Context) (func(), error) { return func() {}, nil }

// load follows links and does not mind the group's bits: systemd's files carry an access list, whose mask they show.
func (k credentialKey) load(context.Context) (keys, error) {
	f, err := os.Open(k.file)
	if err != nil {
		return nil, notOpened(k.file, err)
	}
	data, err := k.read(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return parseKeys(k.file, data)
}

func (k credentialKey) read(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notPlain(k.file)
	}
	if err := checkPrivate(k.file, info, 0o007, "chmod o="); err != nil {
		return nil, err
	}
	return readLimited(f, k.file, maxKeyFile)
}

func (k credentialKey) create(context.Context) (keys, error) {
	return nil, &Error{
		Kind: MissingKey, Path: k.file, Reason: "is gone", Err: fs.ErrNotExist,
		Hint: fmt.Sprintf("see LoadCredential= or LoadCredentialEncrypted= (%s) in the unit", CredentialName),
	}
}
