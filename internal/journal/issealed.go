package journal

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

// IsSealed tells, without a key and without changing anything, whether the file holds a journal that some key has
// sealed. What cannot be told apart counts as sealed: nobody may make a new key beside it. No file is not sealed.
func IsSealed(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		// The rest of a journal whose file is lost counts too.
		wal, err := os.Stat(path + "-wal")
		return err == nil && wal.Size() > 0, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close() // was only read
	// The header of an SQLite file (https://sqlite.org/fileformat2.html, section 1.3): the user version, four bytes big
	// endian at 60, and the application id at 68.
	var head [100]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return true, nil
	}
	ours := binary.BigEndian.Uint32(head[68:]) == applicationID
	return !ours || binary.BigEndian.Uint32(head[60:]) != 1, nil // schema 1 was in plain text
}
