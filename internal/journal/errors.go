package journal

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrClosed is the answer of a journal that was closed.
	ErrClosed = errors.New("the journal is closed")
	// ErrFull means that there is no space left. Nothing was written; a later try works once space was freed.
	ErrFull = errors.New("no space left for the journal")
	// ErrReadOnly is the answer to a write on a journal that OpenReadOnly gave.
	ErrReadOnly = errors.New("the journal was opened for reading only")
)

// ConflictError says which condition of a batch did not hold. Nothing was written.
type ConflictError struct {
	Subject    string
	Want, Have uint64 // last sequence of the subject
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("the last sequence of %s is %d, not %d", e.Subject, e.Have, e.Want)
}

// RowID names a row. Where the subject ends in a name that the file hides, and the row that would tell it is the
// damaged one, Subject ends in the name's hash.
type RowID struct {
	Subject string
	Seq     uint64
	Changed bool // the checksum is right and the seal is not: a worn card does not do that, somebody changed the file
}

// DamagedRowsError names rows that are not as they were written, or not where. All others are.
type DamagedRowsError struct{ Rows []RowID }

// Error names the first few.
func (e *DamagedRowsError) Error() string {
	const named = 5
	var b strings.Builder
	b.WriteString("damaged in the journal: ")
	for i, row := range e.Rows {
		if i == named {
			fmt.Fprintf(&b, " and %d more", len(e.Rows)-named)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s at %d", row.Subject, row.Seq)
	}
	changed := 0
	for _, row := range e.Rows {
		if row.Changed {
			changed++
		}
	}
	if changed > 0 {
		fmt.Fprintf(&b, " (%d with a right checksum and a broken seal: somebody changed the file)", changed)
	}
	return b.String()
}

// DamagedFileError says that the database itself cannot be read, and what the owner can do.
type DamagedFileError struct {
	Path string
	Err  error
}

func (e *DamagedFileError) Error() string {
	return fmt.Sprintf("the journal %s is damaged: %v (to begin with an empty one, stop gatefold and move away %s and, "+
		"where they exist, %s-wal and %s-shm; keep them: sqlite3's .recover can read most of a damaged file)",
		e.Path, e.Err, e.Path, e.Path, e.Path)
}

func (e *DamagedFileError) Unwrap() error { return e.Err }

// NewerSchemaError says that a newer gatefold has written the file.
type NewerSchemaError struct {
	Path        string
	Have, Known int
}

func (e *NewerSchemaError) Error() string {
	return fmt.Sprintf("the journal %s was written by a newer gatefold (schema %d, this one knows %d): "+
		"use that version, or move the file away to begin with an empty journal", e.Path, e.Have, e.Known)
}

// keySecret is what the journal's key is called in the secrets store.
const keySecret = "JOURNAL_KEY"

// WrongKeyError says that the file was sealed with another key.
type WrongKeyError struct{ Path string }

func (e *WrongKeyError) Error() string {
	return fmt.Sprintf("the key does not open the journal %s: it was sealed with another one. The key comes from the secret %s, "+
		"and the file is left as it is (give back the key that it was sealed with; or, to begin with an empty journal, stop "+
		"gatefold and move away %s and, where they exist, %s-wal and %s-shm)", e.Path, keySecret, e.Path, e.Path, e.Path)
}

// OlderSchemaError says that an older gatefold has written a file that was to be read only.
type OlderSchemaError struct {
	Path        string
	Have, Known int
}

func (e *OlderSchemaError) Error() string {
	return fmt.Sprintf("the journal %s was written by an older gatefold (schema %d, this one reads %d): "+
		"the daemon migrates it at its next start", e.Path, e.Have, e.Known)
}

// LockedError says that another gatefold uses the data folder.
type LockedError struct {
	Dir string
	PID int // 0: it did not say
}

func (e *LockedError) Error() string {
	who := "another gatefold"
	if e.PID > 0 {
		who = fmt.Sprintf("another gatefold (pid %d)", e.PID)
	}
	return fmt.Sprintf("%s is running on the data folder %s: stop it, or give this one a folder of its own", who, e.Dir)
}

// FolderError says why a data folder cannot be used.
type FolderError struct {
	Dir    string
	Reason string // with what mends it
	Err    error  // may be nil
}

func (e *FolderError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("data folder %s: %s", e.Dir, e.Reason)
	}
	return fmt.Sprintf("data folder %s: %s: %v", e.Dir, e.Reason, e.Err)
}

func (e *FolderError) Unwrap() error { return e.Err }

// damage collects damaged rows while a read goes on.
type damage []RowID

func (d damage) err() error {
	if len(d) == 0 {
		return nil
	}
	return &DamagedRowsError{Rows: d}
}

// onlyDamaged tells whether err names damaged rows, so that the rows that came with it are good.
func onlyDamaged(err error) bool {
	var rows *DamagedRowsError
	return errors.As(err, &rows)
}
