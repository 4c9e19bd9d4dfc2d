package engine

import "errors"

// ErrKilled is what an error of a turn wraps that killed the process it ran in, or had to be stopped with it: nothing of
// what the rules would have wanted is known.
var ErrKilled = errors.New("killed")
