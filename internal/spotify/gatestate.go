package spotify

import (
	"slices"
	"time"
)

// GateState is what a gate must know after a restart; it marshals to JSON (about 2 KB).
//
// It never knows less than was sent: the calls of an open lease count as made at the
// restart (so a crash costs a few of the calls of the next 30 s), calls are rounded up in time, and
// a call stamped in the future counts as made now. A block that ends further ahead than it
// is long is cut to now plus its length. Between two processes only the wall clock counts:
// one set forward in between cannot be noticed.
type GateState struct {
	BlockedUntil time.Time     `json:"blocked_until,omitzero"`
	BlockedKind  string        `json:"blocked_kind,omitempty"`
	BlockedFor   time.Duration `json:"blocked_for,omitempty"` // ns
	Streak       int           `json:"streak,omitempty"`      // 429s in a row without a Retry-After
	Recent       []int64       `json:"recent,omitempty"`      // calls of the last 30 s, Unix ms, rounded up
	Day          [][2]int64    `json:"day,omitempty"`         // calls of the last 24 h: {ten minutes since 1970, calls}
	Lease        int           `json:"lease,omitempty"`       // calls that may have been made since
}

const bucket = 600 // seconds

// snapshot is taken with the lock held.
func (g *Gate) snapshot() GateState {
	s := GateState{Streak: g.block.streak, Lease: g.lease}
	if g.last < g.block.until {
		s.BlockedUntil = g.time(g.block.until).UTC()
		s.BlockedKind, s.BlockedFor = g.block.kind, g.block.length
	}
	zero := g.time(0).UnixNano() // thousands of calls: integers are much faster than times
	for _, c := range g.short.calls {
		s.Recent = append(s.Recent, (zero+int64(c)+1e6-1)/1e6)
	}
	for _, c := range g.day.calls {
		b := (zero + int64(c)) / (bucket * 1e9)
		if n := len(s.Day); n > 0 && s.Day[n-1][0] == b {
			s.Day[n-1][1]++
		} else {
			s.Day = append(s.Day, [2]int64{b, 1})
		}
	}
	return s
}

// restore reads a state that may be old, damaged or from a clock that was wrong.
func (g *Gate) restore(s GateState, now time.Time) {
	var short, day []time.Duration
	for _, ms := range s.Recent {
		if since := now.Sub(time.UnixMilli(ms)); since < g.short.span {
			short = append(short, -max(since, 0))
		}
	}
	newest, left := now.Unix()/bucket, g.day.limit
	for _, d := range slices.Backward(s.Day) {
		end := time.Unix((min(d[0], newest)+1)*bucket, 0) // as if all were made at its end
		if d[0] > newest-2*int64(g.day.span.Seconds())/bucket {
			n := clamp(d[1], left)
			day = append(day, slices.Repeat([]time.Duration{min(end.Sub(now), 0)}, n)...)
			left -= n
		}
	}
	short = append(short, make([]time.Duration, clamp(int64(s.Lease), g.short.limit))...)
	day = append(day, make([]time.Duration, clamp(int64(s.Lease), g.day.limit))...)
	g.short.restore(short)
	g.day.restore(day)

	g.block = block{streak: clamp(int64(s.Streak), 10), kind: RateLimited}
	if s.BlockedKind == Quota {
		g.block.kind = Quota
	}
	if s.BlockedUntil.After(now) {
		g.block.length = min(max(s.BlockedFor, 0), longest)
		g.block.until = min(s.BlockedUntil.Sub(now), g.block.length)
	}
}

func clamp(n int64, most int) int { return int(min(max(n, 0), int64(most))) }
