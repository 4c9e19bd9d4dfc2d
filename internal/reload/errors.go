package reload

import (
	"errors"
	"fmt"
	"strings"

	"gatefold/engine"
)

var (
	// ErrNoFolder: the rules folder does not exist, or is a link to nothing.
	ErrNoFolder = errors.New("the rules folder does not exist")
	// ErrNoRules: the folder was read and holds nothing that is a rule. Taking
	// that for a ruleset would let one wrong `rm` or mount switch the guard off.
	ErrNoRules = errors.New("no rule files")
	// ErrNoFile: the single file does not exist, or is a link to nothing.
	ErrNoFile = errors.New("the file does not exist")
	// ErrWaits: a Build gives an error that is this one if what it was given is good
	// and must not be in force before somebody says so.
	ErrWaits = errors.New("it waits to be accepted")
	// ErrRunning: Run was called while it runs.
	ErrRunning = errors.New("it is being watched already")
)

// LimitError is a folder that is too much to be a rules folder.
type LimitError struct {
	Dir  string
	What string // "more than 500 .star files"
}

func (e *LimitError) Error() string { return fmt.Sprintf("rules folder %s: %s", e.Dir, e.What) }

// WritableError is a file or folder that others than its owner can write: what
// anybody can edit must not decide anything.
type WritableError struct {
	Path   string // absolute
	Folder bool
}

func (e *WritableError) Error() string {
	what := "group or others can write this file"
	if e.Folder {
		what = "group or others can write the folder " + e.Path
	}
	return what + "; mend it with: " + e.Command()
}

// Command is the shell command that mends it.
func (e *WritableError) Command() string { return "chmod go-w " + quote(e.Path) }

// EncodingError is the first byte of a file that is not UTF-8. Line and Column
// count from 1, the column in characters, as Starlark's own errors do.
type EncodingError struct {
	Line, Column int
	Byte         byte
	Source       string // the line, with U+FFFD for what cannot be read; "": it is too long
}

// Problem is the same as the rules' other problems are told.
func (e *EncodingError) Problem() engine.Problem {
	return engine.Problem{
		Code: engine.CodeUnreadable, Line: e.Line, Col: e.Column, EndLine: e.Line, EndCol: e.Column + 1,
		Text: fmt.Sprintf("byte 0x%02x is not UTF-8", e.Byte), Hint: "save the file as UTF-8", Source: e.Source,
	}
}

func (e *EncodingError) Error() string {
	return fmt.Sprintf("line %d, column %d: byte 0x%02x is not UTF-8 (save the file as UTF-8)", e.Line, e.Column, e.Byte)
}

// quote makes a path one word of a shell command.
func quote(path string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%"
	if path != "" && strings.Trim(path, plain) == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
