package lab

import "time"

// limits are Spotify's: two rolling windows, and the lock-out after a 429.
//
// A call that one of the windows has no room for is refused, with a Retry-After: for the 30 s window 6 to 15 s (uniform),
// for the day until the oldest of its calls is a day old. A call during the lock-out puts its end off, by 1 s for the
// first and 10 % more for each that follows in the same lock-out, but never by more than 2 s.
type limits struct {
	short, day ring
	until      time.Duration // locked out before this
	quota      bool          // by the day's
	ignored    float64       // what the next call during the lock-out adds, in seconds
	c          chance
}

func newLimits(per30s, perDay int, c chance) limits {
	return limits{short: newRing(30*time.Second, per30s), day: newRing(day, perDay), c: c}
}

func (l *limits) take(now time.Duration) (retry time.Duration, quota, ok bool) {
	if now < l.until {
		l.until += time.Duration(l.ignored * float64(time.Second))
		l.ignored = min(l.ignored*1.1, 2)
		return l.until - now, l.quota, false
	}
	free := l.day.free(now)
	if free > now {
		l.until, l.quota, l.ignored = free, true, 1
		return free - now, true, false
	}
	if l.short.free(now) > now {
		l.until, l.quota, l.ignored = now+l.c.between(6*time.Second, 15*time.Second), false, 1
		return l.until - now, false, false
	}
	l.short.add(now)
	l.day.add(now)
	return 0, false, true
}

// ring holds the newest calls of a rolling window: no half-open span holds more than its length.
type ring struct {
	span  time.Duration
	calls []time.Duration
	next  int // where the oldest is
	full  bool
}

func newRing(span time.Duration, n int) ring {
	return ring{span: span, calls: make([]time.Duration, n)}
}

// free is when the next call has room.
func (r *ring) free(now time.Duration) time.Duration {
	if !r.full {
		return now
	}
	return max(now, r.calls[r.next]+r.span)
}

// freeBut is when the next call leaves room for so many more.
func (r *ring) freeBut(now time.Duration, kept int) time.Duration {
	i := r.next + kept
	if !r.full && i < len(r.calls) {
		return now
	}
	return max(now, r.calls[i%len(r.calls)]+r.span)
}

func (r *ring) add(now time.Duration) {
	r.calls[r.next] = now
	if r.next++; r.next == len(r.calls) {
		r.next, r.full = 0, true
	}
}
