package secrets

import "strings"

// Kind says what sort of trouble an *Error is. It is an error itself, to ask for it: errors.Is(err, secrets.WrongKey).
type Kind string

const (
	WrongKey    Kind = "the key does not open it"       // restore the right key
	MissingKey  Kind = "the key is missing"             // restore it; none is made while there are secrets
	Damaged     Kind = "it is damaged"                  // not what was written
	Permission  Kind = "its permissions are wrong"      // others could read it, or we may not
	Unfit       Kind = "the store cannot keep it"       // too large, empty
	Unavailable Kind = "the store cannot be reached"    // may work later, or not on this machine
	Setup       Kind = "the store is not set up"        // a key of the configuration, an ARN
	NoAnswer    Kind = "a passphrase is needed"         // and nobody can be asked, or it is too weak
	Conflict    Kind = "something else is in its place" // a symbolic link, a folder
)

func (k Kind) Error() string { return string(k) }

// Error says what is wrong with a secret or with its store, and how to mend it. It never holds a value or a key.
type Error struct {
	Kind   Kind
	Path   string // the file, folder, ARN or name that it is about
	Reason string // "can be read by others (mode 0644)"
	Hint   string // what mends it: a command, or a sentence; may be ""
	Err    error  // may be nil
}

// Error returns "PATH: REASON: ERR: HINT", without what is missing.
func (e *Error) Error() string {
	parts := make([]string, 0, 4)
	for _, s := range []string{e.Path, e.Reason, text(e.Err), e.Hint} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ": ")
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Is tells whether target is e's Kind.
func (e *Error) Is(target error) bool {
	kind, ok := target.(Kind)
	return ok && kind == e.Kind
}
