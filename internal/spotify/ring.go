package spotify

import "time"

// ring counts calls by ten minutes. It goes back 24 h from the beginning of the ten minutes
// that run. Its parts are numbered: 0 is the one in which the gate's base lies.
type ring[N uint16 | uint32] struct {
	newest int
	n      [parts + 1]N
	sum    int
}

const (
	part  = 10 * time.Minute
	parts = int(24 * time.Hour / part)
)

func index(i int) int { return ((i % (parts + 1)) + parts + 1) % (parts + 1) }

// roll forgets what is too old once a part has begun, and moves what lies in parts that
// have yet to begin into this one.
func (r *ring[N]) roll(to int) {
	if to > r.newest+parts {
		*r = ring[N]{newest: to}
	}
	for r.newest < to {
		r.newest++
		r.take(r.newest)
	}
	if to < r.newest {
		n := 0
		for ; r.newest > to; r.newest-- {
			n += r.take(r.newest)
		}
		r.add(to, n)
	}
}

// take empties a part.
func (r *ring[N]) take(i int) (n int) {
	at := &r.n[index(i)]
	n, *at = int(*at), 0
	r.sum -= n
	return n
}

// add counts calls in a part that is neither too old nor to come.
func (r *ring[N]) add(i, n int) {
	at := &r.n[index(i)]
	n = int(min(int64(n), int64(^N(0)-*at))) // 64 bits: the most of an uint32 is no int on a 32-bit Pi
	*at += N(n)
	r.sum += n
}

func (r *ring[N]) at(i int) int { return int(r.n[index(i)]) }

// part is the number of the ten minutes that an offset lies in, ends the offset at which
// they end.
func (g *Gate) part(at time.Duration) int {
	at += g.phase
	n := int(at / part)
	if at%part < 0 {
		n--
	}
	return n
}

func (g *Gate) ends(i int) time.Duration { return time.Duration(i+1)*part - g.phase }
