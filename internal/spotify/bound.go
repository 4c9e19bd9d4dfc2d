package spotify

import "time"

// bound is how many calls a window may hold: what is configured, or less after a 429 that
// taught better. Spotify publishes no numbers, so the gate looks for them: it goes on well
// below the number that failed, climbs to nine tenths of it, stays there for long, and only
// then tries more, slowly and only while the calls are really made. It never goes beyond
// the configuration.
type bound struct {
	law    *law
	most   int           // the configuration
	failed int           // calls in the window at the last 429, that one included; 0: none is remembered
	may    float64       // the limit in force while failed is remembered
	good   int           // the most calls in the window with which one passed since
	odd    int           // 429s that came at less than the limit can be, as far as we know: 1 is one that was not believed
	oddAt  time.Duration // the last 429
	hold   time.Duration // no more than nine tenths of failed before this
	moved  time.Duration // when may was last looked at
	scale  float64       // what the steps of probe are parts of
}

// law is what the two windows do differently.
type law struct {
	floor        int           // never less, unless less is configured
	cut          float64       // of what failed, to go on with; 0: from what passed last down to nine tenths, a call at a time
	seen         int           // about as many have passed for others
	hold, oddFor time.Duration // how long nine tenths are kept; and at first after odd 429s
	every        time.Duration // between two steps
	climb, probe float64       // a step below nine tenths, and beyond, as parts of what failed
	least        float64       // but a step below is at least this many calls, one beyond a fifth of them
	keep         func(limit int, c Class) int
}

// The figures are those of facts/polling.md: with them a hidden limit of 30 s costs about
// four 429s a day. Two calls per 30 s are one look and its pause.
//
// A day that was refused costs hours, so the second window learns in days. What was asked
// to wait is let through again call by call: when looks were spread evenly, all of a day's
// calls are still in the window when Spotify's wait is over, and waiting until a tenth of
// them has passed would be hours of blindness that nobody asked for.
var (
	shortLaw = law{
		floor: 2, seen: 10, cut: 0.7, hold: 6 * time.Hour, oddFor: 30 * time.Minute,
		every: 30 * time.Second, climb: 1. / 60, probe: 1. / 300, least: 0.1, keep: keepOfShort,
	}
	dayLaw = law{
		floor: 600, seen: 1200, hold: 7 * 24 * time.Hour, oddFor: 24 * time.Hour,
		every: time.Hour, climb: 1. / 240, probe: 1. / 1200, keep: keepOfDay,
	}
)

// limit is how many calls the window may hold now.
func (b *bound) limit() int {
	if b.failed == 0 {
		return b.most
	}
	return min(max(int(b.may), b.law.floor), b.most)
}

// safe is nine tenths of what failed: where it stays.
func (b *bound) safe() float64 { return max(0.9*float64(b.failed), float64(b.law.floor)) }

// fail learns from a 429 that came with n calls in the window.
//
// One that comes at clearly less than what has passed before, here or for others, is odd:
// somebody else's calls may have been counted with ours, or it was not about calls at all.
// The first one teaches nothing: a limit that is really there refuses again. The next is
// believed, but when it came at less than half, at first not for long.
func (b *bound) fail(at time.Duration, n int) {
	n = max(n, 1)
	hold, expected := b.law.hold, max(b.good, min(b.most, b.law.seen))
	recent := b.failed > 0 || at-b.oddAt < b.law.oddFor
	switch b.oddAt = at; {
	case 10*n >= 9*expected:
		b.odd = 0
	case b.odd == 0 || !recent:
		b.odd = 1
		return
	case 2*n < expected:
		hold = min(hold, b.law.oddFor<<min(b.odd-1, 10))
		b.odd++
	}
	b.scale = float64(max(n, b.good))
	b.good, b.moved, b.hold = 0, at, at+hold
	b.fell(n)
}

func (b *bound) fell(n int) {
	b.failed = n
	if b.may = float64(n - 1); b.law.cut > 0 {
		b.may = b.law.cut * float64(n)
	}
}

// also hears of another call that was under way when the last 429 came, and failed too.
func (b *bound) also(at time.Duration, n int) {
	if b.failed > 0 && b.moved == b.oddAt && at-b.moved < underWay && n > 0 && n < b.failed {
		b.fell(n)
	}
}

// underWay is how long a call is on its way at most: what Client waits, and some more.
const underWay = 15 * time.Second

// pass learns that a call with which there were n in the window was answered.
func (b *bound) pass(n int) { b.good = max(b.good, n) }

// counted follows a call that was counted; busy: looks use what they may. This is where more
// is tried, so that the limit never runs ahead of what has been tested.
func (b *bound) counted(at time.Duration, busy bool) {
	if b.failed == 0 {
		return
	}
	switch safe := b.safe(); {
	case b.may > safe && at < b.hold:
		b.may = max(safe, b.may-1)
	case b.may >= safe && at >= b.hold && busy && at-b.moved >= b.law.every:
		b.moved = at
		if b.odd > 1 || b.good > b.failed { // it was not the limit, or is no more
			b.may += max(b.law.climb*b.scale, b.law.least)
		} else {
			b.may += max(b.law.probe*b.scale, b.law.least/5)
		}
		b.may = min(b.may, float64(b.most))
	}
}

// climb goes back to nine tenths by itself, as time passes. A limit that did no harm for a
// week with all that is configured is forgotten.
func (b *bound) climb(at time.Duration) {
	switch {
	case b.failed == 0 || b.may >= b.safe() && b.may < float64(b.most):
		return
	case b.may >= float64(b.most):
		if at-b.oddAt > 7*24*time.Hour {
			b.forget()
		}
		return
	}
	n := (at - b.moved) / b.law.every
	b.moved += n * b.law.every
	b.may = min(b.may+float64(n)*max(b.law.climb*float64(b.failed), b.law.least), b.safe())
}

func (b *bound) forget() { *b = bound{law: b.law, most: b.most, good: b.good} }

// notAfter follows a clock that was set back.
func (b *bound) notAfter(at time.Duration) {
	b.hold, b.moved, b.oddAt = min(b.hold, at+b.law.hold), min(b.moved, at), min(b.oddAt, at)
}
