package engine

import (
	"slices"
	"time"
)

// A switch is thrown by somebody outside of the rules, and counts from that moment
// on, whether the journal keeps it or not: the enforcement switch, a hold, an
// override. Its row, which is for the next start only, is owed to the journal until
// it is kept.

// switches are the keys of their rows.
var switches = [...]string{reservedEnforce, reservedHold, reservedOverride}

// switchTo has a switch kept as an order, or owes it.
func (l *Loop) switchTo(now time.Time, id, kind string, o Order, w Write) {
	l.paid(w.Key)
	if !l.order(now, id, kind, o, w) {
		l.owe(w)
	}
}

// ended has a switch forgotten whose time has come, and what stands decided anew.
func (l *Loop) ended(now time.Time, key string) {
	l.owe(Write{Key: key})
	if l.expires.IsZero() || l.expires.After(now) {
		l.expires = now
	}
}

// owe has the journal take a row with the next commit.
func (l *Loop) owe(w Write) {
	l.paid(w.Key)
	l.owed = append(l.owed, w)
}

// paid takes a row off what is owed.
func (l *Loop) paid(key string) {
	l.owed = slices.DeleteFunc(l.owed, func(o Write) bool { return o.Key == key })
}

// unkeptSwitches owes the journal again what was in a commit that it did not take,
// unless the switch was thrown again since.
func (l *Loop) unkeptSwitches(p pending) {
	for _, w := range p.writes {
		newer := wroteBefore(l.owed, w.Key) ||
			slices.ContainsFunc(l.pending, func(p pending) bool { return wroteBefore(p.writes, w.Key) })
		if slices.Contains(switches[:], w.Key) && !newer {
			l.owe(w)
		}
	}
}
