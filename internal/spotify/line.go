package spotify

import "time"

// line is where the lanes that one window refused a call of one class stand: whoever has had
// less is further ahead. A place is a claim: until it lapses, nobody from further behind gets the
// call it waits for. Every operation takes O(log n); the zero line is empty.
//
// It is a treap: ordered by rank, and a heap by a number drawn from the lane's.
type line struct{ root *place }

// place is a lane's place in a line.
type place struct {
	rank
	lapses time.Duration // the claim ends
	in     bool

	heap        uint64
	size        int           // of this subtree
	first       time.Duration // of which the first claim ends then
	left, right *place
}

// rank orders a line.
type rank struct {
	had    time.Duration // what it means is the window's affair
	served time.Duration // the last call
	lane   uint64        // no two are equal
}

func (a rank) before(b rank) bool {
	switch {
	case a.had != b.had:
		return a.had < b.had
	case a.served != b.served:
		return a.served < b.served
	}
	return a.lane < b.lane
}

func (l *line) len() int { return l.root.count() }

// ahead counts those before a rank.
func (l *line) ahead(r rank) (n int) {
	for p := l.root; p != nil; {
		if p.rank.before(r) {
			n += p.left.count() + 1
			p = p.right
		} else {
			p = p.left
		}
	}
	return n
}

func (l *line) join(p *place) {
	p.in, p.left, p.right, p.heap = true, nil, nil, scatter(p.lane)
	p.sum()
	before, behind := l.root.split(p.rank)
	l.root = merge(merge(before, p), behind)
}

func (l *line) leave(p *place) {
	if !p.in {
		return
	}
	p.in = false
	l.root = l.root.without(p)
}

// foremost is whose turn is next; nil: nobody waits.
func (l *line) foremost() *place {
	p := l.root
	for p != nil && p.left != nil {
		p = p.left
	}
	return p
}

// lapse ends the claims whose time has passed.
func (l *line) lapse(at time.Duration) {
	for l.root != nil && l.root.first <= at {
		p := l.root
		for p.lapses > at {
			if p.left != nil && p.left.first <= at {
				p = p.left
			} else {
				p = p.right
			}
		}
		l.leave(p)
	}
}

// clear ends all claims.
func (l *line) clear() {
	for l.root != nil {
		l.leave(l.root)
	}
}

func (p *place) count() int {
	if p == nil {
		return 0
	}
	return p.size
}

func (p *place) sum() {
	p.size, p.first = 1, p.lapses
	for _, c := range [...]*place{p.left, p.right} {
		if c != nil {
			p.size += c.size
			p.first = min(p.first, c.first)
		}
	}
}

// split parts a subtree into what is before a rank and what is not.
func (p *place) split(r rank) (before, behind *place) {
	if p == nil {
		return nil, nil
	}
	if p.rank.before(r) {
		p.right, behind = p.right.split(r)
		before = p
	} else {
		before, p.left = p.left.split(r)
		behind = p
	}
	p.sum()
	return before, behind
}

// merge joins two subtrees of which the first is before the second.
func merge(a, b *place) *place {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.heap > b.heap:
		a.right = merge(a.right, b)
		a.sum()
		return a
	}
	b.left = merge(a, b.left)
	b.sum()
	return b
}

// without is the subtree without one of its places.
func (p *place) without(gone *place) *place {
	switch {
	case p == gone:
		p = merge(p.left, p.right)
		gone.left, gone.right = nil, nil
		return p
	case gone.rank.before(p.rank):
		p.left = p.left.without(gone)
	default:
		p.right = p.right.without(gone)
	}
	p.sum()
	return p
}

// scatter turns small numbers into ones that look drawn by lot (splitmix64).
func scatter(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}
