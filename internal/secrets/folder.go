package secrets

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	extension = ".age"
	// maxSealed is the size of the largest file that can be a secret: the value and what age puts around it.
	maxSealed = MaxValue + 4<<10
)

// folder is a folder of sealed secrets, NAME.age each.
type folder string

func (d folder) file(name string) string { return filepath.Join(string(d), name+extension) }

func (d folder) lockFile() string { return filepath.Join(string(d), ".lock") }

// prepare creates the folder for its owner alone, or refuses one that others can enter.
func (d folder) prepare() error {
	if err := makeFolder(string(d)); err != nil {
		return notWritten(string(d), err)
	}
	return d.check()
}

func (d folder) check() error {
	info, err := os.Stat(string(d))
	if err != nil {
		return notOpened(string(d), err)
	}
	if !info.IsDir() {
		return &Error{Kind: Conflict, Path: string(d), Reason: "is not a folder", Hint: "move it away"}
	}
	return checkPrivate(string(d), info, 0o077, "chmod 700")
}

// names returns the sorted names of the secrets that have a file.
func (d folder) names() ([]string, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, notOpened(string(d), err)
	}
	var names []string
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), extension)
		if ok && ValidName(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// read returns the value of name. ErrNotFound when it has no file.
func (d folder) read(name string, ks keys) ([]byte, error) {
	path := d.file(name)
	sealed, err := readPrivate(path, maxSealed)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(name)
	}
	if err != nil {
		return nil, err
	}
	data, err := unseal(sealed, ks.identities()...)
	if errors.Is(err, errWrongKey) {
		return nil, &Error{
			Kind: WrongKey, Path: path, Reason: "is sealed with another key",
			Hint: "restore the key that it was written with, or rm " + quotePath(path) + " and " + anew,
		}
	}
	if err != nil {
		return nil, damaged(path, "is damaged or cut off")
	}
	value, err := decodePayload(name, data)
	if err != nil {
		return nil, damaged(path, err.Error())
	}
	return value, nil
}

// opens returns nil when ks is a key of this folder: one of the secrets opens, or none is sealed with another key.
func (d folder) opens(ks keys) error {
	names, err := d.names()
	if err != nil {
		return err
	}
	var wrong error
	for _, name := range names {
		_, err := d.read(name, ks)
		if err == nil {
			return nil
		}
		if errors.Is(err, WrongKey) && wrong == nil {
			wrong = err
		}
	}
	return wrong
}
