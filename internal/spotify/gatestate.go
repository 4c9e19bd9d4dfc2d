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
	Rate         Learned       `json:"rate,omitzero"`         // of the 30 s
	Quota        Learned       `json:"quota,omitzero"`        // of the day
}

// Learned is what 429s have taught about one window.
type Learned struct {
	Failed int     `json:"failed,omitempty"` // calls in the window when the last one came; 0: none is remembered
	Limit  float64 `json:"limit,omitempty"`  // in force
	Until  int64   `json:"until,omitempty"`  // no more than nine tenths of Failed before this, Unix s
	Odd    int     `json:"odd,omitempty"`    // 429s in a row at far less than expected
	Scale  float64 `json:"scale,omitempty"`  // what the steps to more are parts of
	Good   int     `json:"good,omitempty"`   // the most with which a call has passed since
}

const bucket = 600 // seconds

// snapshot is taken with the lock held.
func (g *Gate) snapshot() GateState {
	s := GateState{Streak: g.block.streak, Lease: g.lease}
	if g.last < g.block.until {
		s.BlockedUntil = g.time(g.block.until).UTC()
		s.BlockedKind, s.BlockedFor = g.block.kind, g.block.length
	}
	zero := g.time(0).UnixNano()
	for _, c := range g.short.calls[g.short.past:] {
		s.Recent = append(s.Recent, (zero+int64(c)+1e6-1)/1e6)
	}
	now := g.part(g.last)
	g.made.roll(now)
	if g.made.sum > 0 {
		s.Day = make([][2]int64, 0, parts+1)
	}
	for i := now - parts; i <= now; i++ {
		if n := g.made.at(i); n > 0 {
			const ns = bucket * 1e9
			s.Day = append(s.Day, [2]int64{(zero+int64(g.ends(i))+ns-1)/ns - 1, int64(n)})
		}
	}
	s.Rate, s.Quota = g.learned(&g.short.bound), g.learned(&g.day.bound)
	return s
}

// restore reads a state that may be old, damaged or from a clock that was wrong.
func (g *Gate) restore(s GateState, now time.Time) {
	g.short.relearn(s.Rate, now)
	g.day.relearn(s.Quota, now)
	var short, day []time.Duration
	for _, ms := range s.Recent {
		if since := now.Sub(time.UnixMilli(ms)); since < g.short.reach() {
			short = append(short, -max(since, 0))
		}
	}
	newest, left := now.Unix()/bucket, g.day.most
	for _, d := range slices.Backward(s.Day) {
		b := min(d[0], newest)
		if d[0] > newest-2*int64(parts) {
			end := time.Unix((b+1)*bucket, 0) // as if all were made at its end
			n := clamp(d[1], left)
			day = append(day, slices.Repeat([]time.Duration{min(end.Sub(now), 0)}, n)...)
			left -= n
			if i := int(b - newest); i >= -parts {
				g.made.add(i, n)
			}
		}
	}
	leased := clamp(int64(s.Lease), g.day.most)
	day = append(day, make([]time.Duration, leased)...)
	g.made.add(0, leased)
	g.before = g.made
	short = append(short, make([]time.Duration, clamp(int64(s.Lease), g.short.most))...)
	g.short.restore(short)
	g.day.restore(day)

	g.silent = s.Streak > 0
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

func (g *Gate) learned(b *bound) Learned {
	l := Learned{Failed: b.failed, Good: b.good, Odd: b.odd}
	if b.failed > 0 {
		l.Limit, l.Until, l.Scale = b.may, g.time(b.hold).Unix(), b.scale
	}
	return l
}

// relearn takes up what was learned before a restart at offset 0.
func (b *bound) relearn(l Learned, now time.Time) {
	const most = 1 << 30
	b.good, b.odd = clamp(int64(l.Good), most), clamp(int64(l.Odd), 20)
	if b.failed = clamp(int64(l.Failed), most); b.failed == 0 {
		return
	}
	b.may, b.scale = float64(b.failed), float64(b.failed) // unless it says better
	if l.Limit >= 0 && l.Limit < b.may {
		b.may = l.Limit
	}
	if l.Scale > b.scale && l.Scale <= most {
		b.scale = l.Scale
	}
	b.hold = min(max(time.Unix(l.Until, 0).Sub(now), 0), b.law.hold)
}
