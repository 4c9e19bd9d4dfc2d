package hardware

import "time"

// Clock is the time that a light lives in: rhythms, the search for a device, the limit of Close. A blink(1) wants the
// real one even where the rest of a program runs on a faster one, because its wire is not faster.
type Clock interface {
	Now() time.Time
	// NewTimer sends once on fired after d, unless stop is called before. Nobody needs to drain fired.
	NewTimer(d time.Duration) (fired <-chan time.Time, stop func() bool)
}
