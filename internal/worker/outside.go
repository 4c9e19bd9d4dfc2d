package worker

import "errors"

// ErrOutside is what the error of a turn wraps that no rule is to blame for: its process was ended by somebody else, got no
// time to compute, or could not be started.
var ErrOutside = errors.New("no rule is to blame")

type outside struct{ error }

func (e *outside) Unwrap() []error { return []error{e.error, ErrOutside} }

// killed is that somebody else has ended a process before it took any rules.
type killed struct {
	text string
	idle bool
}

func (e *killed) Error() string { return e.text }

// killedOutside says of an error that somebody else has ended the process: another one may do better.
func killedOutside(err error) bool {
	var death *Death
	return errors.As(err, new(*killed)) || errors.As(err, &death) && death.Reason == DiedByKill
}

// triesMost is how many processes try to do one thing.
const triesMost = 3

// retried does something anew when the child was ended by somebody else; where it got no time to compute, once.
func retried(do func() error) error {
	for tries := 1; ; tries++ {
		err := do()
		if !killedOutside(err) || tries == triesMost || tries > 1 && idled(err) {
			return err
		}
	}
}

// idled says of an error that its process got no time to compute.
func idled(err error) bool {
	var death *Death
	var early *killed
	return errors.As(err, &death) && death.Idle || errors.As(err, &early) && early.idle
}

// reasonOf says in one line why a process was ended, or not started.
func reasonOf(err error) string {
	var death *Death
	if errors.As(err, &death) {
		return death.why()
	}
	return err.Error()
}
