package spotify

import "time"

// pace spreads calls over the 30 s while several lanes want more than there is. Without it
// whoever is there when the calls of a burst come free together takes them all, and a lane
// that comes ten seconds later finds none, whatever its turn.
type pace struct {
	next    time.Duration // the next call, when paced
	crowded time.Duration // until then
	last    *Lane         // whose call was last counted
}

// spacing is the time between two calls of a class that are spread evenly.
func (w *window) spacing(c Class) time.Duration { return w.reach() / time.Duration(w.share(c)) }

// crowd notes that a lane was refused, and tells whether a crowd begins with it. A lane that has
// only itself to blame is none.
func (p *pace) crowd(at time.Duration, w *window, c Class, l *Lane) (begins bool) {
	waiting := w.lines[c].len()
	if l.place(w, c).in {
		waiting--
	}
	if waiting == 0 && (p.last == nil || p.last == l) {
		return false
	}
	begins = at >= p.crowded
	p.crowded = at + w.reach()
	return begins
}

// until gives when a lane's turn comes; not after at: it may.
func (p *pace) until(at time.Duration, w *window, c Class, ahead int) time.Duration {
	if c == Pause || at >= p.crowded {
		return at
	}
	return p.next + time.Duration(ahead)*w.spacing(c)
}

// made follows a call. Who comes late by a second loses nothing.
func (p *pace) made(at time.Duration, w *window, c Class, l *Lane) {
	p.last = l
	if c != Pause {
		spacing := w.spacing(c)
		p.next = max(p.next, at-spacing-time.Second) + spacing
	}
}

func (p *pace) notAfter(at time.Duration) { p.next, p.crowded = min(p.next, at), min(p.crowded, at) }
