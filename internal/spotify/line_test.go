package spotify

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The line does what a sorted list does.
func TestLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l line
		places := make([]place, 40)
		var in []*place
		for i := range places {
			places[i].lane = uint64(i)
		}
		check := func() {
			slices.SortFunc(in, func(a, b *place) int {
				if a.rank.before(b.rank) {
					return -1
				}
				return 1
			})
			if l.len() != len(in) {
				t.Fatalf("%d in line, want %d", l.len(), len(in))
			}
			for i, p := range in {
				if n := l.ahead(p.rank); n != i || !p.in {
					t.Fatalf("%d ahead of %v, want %d", n, p.rank, i)
				}
			}
		}
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			p := &places[rapid.IntRange(0, len(places)-1).Draw(t, "who")]
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				l.leave(p)
				in = slices.DeleteFunc(in, func(q *place) bool { return q == p })
			case 1:
				at := time.Duration(rapid.IntRange(0, 50).Draw(t, "at"))
				l.lapse(at)
				in = slices.DeleteFunc(in, func(q *place) bool { return q.lapses <= at })
			default:
				if p.in {
					continue
				}
				p.had, p.lapses = time.Duration(rapid.IntRange(0, 9).Draw(t, "had")), time.Duration(rapid.IntRange(0, 60).Draw(t, "lapses"))
				l.join(p)
				in = append(in, p)
			}
			check()
		}
		l.clear()
		in = nil
		check()
		for i := range places {
			if places[i].in || places[i].left != nil || places[i].right != nil {
				t.Fatal("still in line")
			}
		}
	})
}
