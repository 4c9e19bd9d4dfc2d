package spotify

import (
	"fmt"
	"slices"
	"time"
)

// block is what a 429 leaves behind.
type block struct {
	until  time.Duration // offset from the gate's base; passed: no block
	kind   string        // RateLimited or Quota
	length time.Duration // how long it was when it began
	streak int           // 429s in a row that did not say how long to wait
}

func (b *block) reason() string {
	return fmt.Sprintf("Spotify asked for %v without requests", b.length)
}

// notAfter shortens a block that ends further ahead than it is long.
func (b *block) notAfter(at time.Duration) { b.until = min(b.until, at+b.length) }

// backoff is the wait after the n-th 429 in a row without a Retry-After (n from 0): 5 s,
// doubling to 5 min.
func backoff(n int) time.Duration {
	const first, most = 5 * time.Second, 5 * time.Minute
	return min(first<<min(max(n, 0), 10), most)
}

// ofADay is a wait that no window of 30 s can ask for: the day's calls are used up, whatever
// the answer calls it.
const ofADay = 10 * time.Minute

// Limited tells of a 429 to a call of this lane. With a Retry-After nothing passes, for any
// lane, for exactly that long; without one (or with 0) for 5 s, doubling to 5 min while it
// repeats. A longer block stands. The new one, and what it taught, is saved before Limited
// returns.
func (l *Lane) Limited(now time.Time, kind string, retryAfter time.Duration, has bool) {
	l.gate.limited(now, kind, retryAfter, has, l)
}

// Limited tells of a 429 to a call that was made for nobody here, in the same way.
func (g *Gate) Limited(now time.Time, kind string, retryAfter time.Duration, has bool) {
	g.limited(now, kind, retryAfter, has, nil)
}

func (g *Gate) limited(now time.Time, kind string, retryAfter time.Duration, has bool, l *Lane) {
	if kind != Quota {
		kind = RateLimited
	}
	g.mu.Lock()
	at := g.tick(now)
	wait := min(retryAfter, longest)
	sent := [2]int{g.short.n(), g.day.n()}
	if l != nil {
		sent = l.sent
	}
	b, n := &g.short.bound, sent[0]
	if kind == Quota || has && wait >= ofADay {
		b, n = &g.day.bound, sent[1]
	}
	switch {
	case at < g.block.until: // it was sent before the block began
		b.also(at, n)
	case !g.silent: // else the block goes on, whatever was promised: that is not about how many
		b.fail(at, n)
	}
	switch unsaid := !has || retryAfter <= 0; {
	case unsaid && at < g.block.until: // sent before the block began: not a repetition
		wait = backoff(g.block.streak - 1)
	case unsaid:
		wait = backoff(g.block.streak)
		g.block.streak++
	}
	g.silent = true
	fresh := at+wait > g.block.until
	if fresh {
		g.block.until, g.block.kind, g.block.length = at+wait, kind, wait
	}
	until, kind := g.time(g.block.until), g.block.kind
	watch := slices.Clone(g.watch)
	g.version++
	need := g.version
	g.mu.Unlock()
	g.persist(need)
	if fresh {
		for _, f := range watch {
			f(until, kind)
		}
	}
}

// Succeeded tells of an answer that is no 429: the next 429 is a first one again, and as
// many calls as there were are not too many.
func (l *Lane) Succeeded(now time.Time) {
	g := l.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tick(now) >= g.block.until { // else it was sent before the block began
		g.block.streak, g.silent = 0, false
		g.short.pass(l.sent[0])
		g.day.pass(l.sent[1])
	}
}

// Blocked tells whether a 429 stands, and until when.
func (g *Gate) Blocked(now time.Time) (until time.Time, kind string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tick(now) >= g.block.until {
		return time.Time{}, "", false
	}
	return g.time(g.block.until), g.block.kind, true
}

// Blocked is that of the gate: a block is for everybody.
func (l *Lane) Blocked(now time.Time) (until time.Time, kind string, ok bool) {
	return l.gate.Blocked(now)
}

// Watch has f called after each new or longer block, in the goroutine that got the 429,
// without the gate's lock.
func (g *Gate) Watch(f func(until time.Time, kind string)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watch = append(g.watch, f)
}
