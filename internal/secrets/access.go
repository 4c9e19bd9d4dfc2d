package secrets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// readPrivate returns the content of path, which must be a plain file of at most limit bytes that nobody else can read.
// Symbolic links are refused. fs.ErrNotExist when there is nothing.
func readPrivate(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, notOpened(path, err)
	}
	data, err := readOpen(f, path, limit)
	return data, errors.Join(err, f.Close())
}

func readOpen(f *os.File, path string, limit int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notPlain(path)
	}
	if err := checkPrivate(path, info, 0o077, "chmod 600"); err != nil {
		return nil, err
	}
	return readLimited(f, path, limit)
}

func readLimited(r io.Reader, path string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, &Error{Kind: Damaged, Path: path, Reason: "cannot be read", Err: err}
	}
	if int64(len(data)) > limit {
		return nil, damaged(path, fmt.Sprintf("is larger than %d bytes, so it is none of ours", limit))
	}
	return data, nil
}

func notOpened(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case errors.Is(err, syscall.ELOOP):
		return notPlain(path)
	case errors.Is(err, fs.ErrPermission):
		return &Error{Kind: Permission, Path: path, Reason: "this user may not read it", Hint: "sudo chown $(id -u) " + quotePath(path), Err: err}
	}
	return &Error{Kind: Damaged, Path: path, Reason: "cannot be opened", Err: err}
}

func notPlain(path string) error {
	return &Error{
		Kind: Conflict, Path: path, Reason: "is not a plain file; a symbolic link is refused too",
		Hint: "look where it leads, then rm " + quotePath(path) + " or put the file itself there",
	}
}

// checkPrivate refuses what has one of the mode bits in loose, or belongs to somebody else than us or root.
func checkPrivate(path string, info fs.FileInfo, loose fs.FileMode, mend string) error {
	if mode := info.Mode().Perm(); mode&loose != 0 {
		return &Error{
			Kind: Permission, Path: path, Reason: fmt.Sprintf("others can access it (mode %04o)", mode),
			Hint: mend + " " + quotePath(path),
		}
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && foreign(int(stat.Uid), os.Geteuid()) {
		return &Error{
			Kind: Permission, Path: path, Reason: fmt.Sprintf("belongs to another user (uid %d, we are %d)", stat.Uid, os.Geteuid()),
			Hint: "run gatefold as that user, or sudo chown $(id -u) " + quotePath(path),
		}
	}
	return nil
}

// foreign tells whether a file of owner is nothing that the user us should trust. Root may work on anybody's.
func foreign(owner, us int) bool { return owner != us && owner != 0 && us != 0 }

// checkPlace refuses to write where something else than a plain file is.
func checkPlace(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return notOpened(path, err)
	case !info.Mode().IsRegular():
		return notPlain(path)
	}
	return nil
}

// notWritten explains an error from writing path, which is in no way known to be done.
func notWritten(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return &Error{Kind: Permission, Path: path, Reason: "this user may not write it", Hint: "mend the owner of its folder with chown", Err: err}
	case errors.Is(err, syscall.ENOSPC):
		return &Error{Kind: Unavailable, Path: path, Reason: "the disk is full", Hint: "free some space; what was there stands", Err: err}
	case errors.Is(err, syscall.EROFS):
		return &Error{Kind: Unavailable, Path: path, Reason: "the file system can only be read", Hint: "mount it for writing", Err: err}
	}
	return &Error{Kind: Unavailable, Path: path, Reason: "cannot be written", Err: err}
}

// anew is what is left to do where no copy is.
const anew = "give it anew (gatefold login for a credential, gatefold secret set for another; without JOURNAL_KEY the journal begins anew)"

func damaged(path, reason string) error {
	return &Error{
		Kind: Damaged, Path: path, Reason: reason,
		Hint: "restore it from a backup, or rm " + quotePath(path) + " and " + anew,
	}
}
