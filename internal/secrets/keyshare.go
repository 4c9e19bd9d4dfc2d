package secrets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
)

// One key file can serve several data folders: that of a user is in one place. So the file names the folders that it
// opens, and a rotation for one of them does not take away what another still needs. Only a person can tell whether a
// folder that is not there is gone for good or on a disk that is not mounted: so it stays named, and keeps all keys,
// until somebody takes its line out.

// lock takes a lock beside the key file, for the other folders' sake.
func (k *keyFile) lock(ctx context.Context) (func(), error) {
	unlock, err := Lock(ctx, k.file+".lock")
	if errors.Is(err, fs.ErrNotExist) || readOnly(err) {
		return func() {}, nil // nothing to protect yet, or from nobody
	}
	return unlock, err
}

// readOnly tells that we may not write there, so that we cannot rotate keys away either.
func readOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// claim adds our folder to the key file with the content data.
func (k *keyFile) claim(data []byte) error {
	if slices.Contains(parseDirs(data), string(k.dir)) || strings.ContainsAny(string(k.dir), "\r\n") {
		return nil
	}
	if n := len(data); n > 0 && data[n-1] != '\n' {
		data = append(data, '\n')
	}
	err := k.replace(k.file, append(data, opensMark+string(k.dir)+"\n"...))
	if err != nil && !readOnly(err) {
		return notWritten(k.file, err)
	}
	return nil
}

// save replaces the keys. The folders stay named.
func (k *keyFile) save(ks keys) error {
	data, err := readPrivate(k.file, maxKeyFile)
	if err != nil {
		return err
	}
	if err := k.replace(k.file, formatKeys(ks, parseDirs(data))); err != nil {
		return notWritten(k.file, err)
	}
	return nil
}

// needed returns the keys that other folders' secrets are sealed with. It returns all when one cannot be looked at.
func (k *keyFile) needed(old keys) (keys, string) {
	data, err := readPrivate(k.file, maxKeyFile)
	if err != nil {
		return old, "the key file could not be read again"
	}
	var needed keys
	var others, unseen []string
	for _, dir := range parseDirs(data) {
		if dir == string(k.dir) {
			continue
		}
		used, err := folder(dir).sealedWith(old)
		switch {
		case err != nil:
			used = old
			unseen = append(unseen, dir)
		case len(used) > 0:
			others = append(others, dir)
		}
		for _, key := range used {
			if !slices.Contains(needed, key) {
				needed = append(needed, key)
			}
		}
	}
	return needed, k.note(others, unseen)
}

// note says which folders keep the old key in the file, and what to do about each of them.
func (k *keyFile) note(others, unseen []string) string {
	var notes []string
	if len(others) > 0 {
		notes = append(notes, fmt.Sprintf("the old key stays in the file because %s needs it: rotate there too", strings.Join(others, ", ")))
	}
	for _, dir := range unseen {
		notes = append(notes, fmt.Sprintf("the old key stays in the file because %s cannot be looked at now and may need it: rotate there when "+
			"it is back; or, when it is gone for good, take the line %q out of %s and rotate again", dir, opensMark+dir, k.file))
	}
	return strings.Join(notes, "; ")
}

// errAway means that a folder is there and is not the one that we knew.
var errAway = errors.New("is empty, as the mount point of a disk that is not mounted")

// sealedWith returns those of ks that open something in the folder.
func (d folder) sealedWith(ks keys) (keys, error) {
	names, err := d.names()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 && gone(d.lockFile()) { // the lock of a folder stays where it was used once
		return nil, errAway
	}
	var used keys
	for _, name := range names {
		i, err := d.sealer(name, ks)
		if err != nil {
			return nil, err
		}
		if i >= 0 && !slices.Contains(used, ks[i]) {
			used = append(used, ks[i])
		}
	}
	return used, nil
}

// sealer returns the place in ks of the key that name was sealed with, -1 for none of them.
func (d folder) sealer(name string, ks keys) (int, error) {
	sealed, err := readPrivate(d.file(name), maxSealed)
	if err != nil {
		return -1, err
	}
	for i, k := range ks {
		_, err := unseal(sealed, k)
		if err == nil {
			return i, nil
		}
	}
	return -1, nil
}
