package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gatefold/engine"
	"gatefold/internal/sim"
)

// Result is what happened in a run.
type Result struct {
	Timeline   *Timeline
	Happenings []Happening   // in order
	Requests   []sim.Request // that reached Spotify, in order
}

// OK says whether what happened is what the timeline expects, no more and no less.
func (r Result) OK() bool {
	got := r.below()
	for i, b := range r.Timeline.blocks {
		if !slices.Equal(keys(wanted(b)), keys(got[i])) {
			return false
		}
	}
	return true
}

// item is one thing that happened or should have.
type item struct {
	after   time.Duration // the block's moment
	account string
	call    string
	note    string
	source  *expected // the line that wants it; nil: it happened
}

// key is equal for what happened and what wants exactly that.
func (it item) key() string {
	if it.source != nil && it.source.note != "" {
		return "\x00"
	}
	return fmt.Sprintf("%d %s %s", it.after, it.account, it.call)
}

func keys(items []item) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = it.key()
	}
	return out
}

// wanted is what a block expects.
func wanted(b *block) []item {
	var out []item
	for _, e := range b.expected {
		if e.note != "" {
			out = append(out, item{source: e})
			continue
		}
		for _, at := range e.moments() {
			out = append(out, item{after: at, account: e.account, call: e.call, source: e})
		}
	}
	// Lines are in the order of time, but a run may go on while other things happen.
	slices.SortStableFunc(out, func(a, b item) int { return int(clamp(a.after - b.after)) })
	return out
}

func clamp(d time.Duration) time.Duration { return max(-1, min(1, d)) }

// below sorts what happened to the blocks it belongs to.
func (r Result) below() [][]item {
	out := make([][]item, len(r.Timeline.blocks))
	for _, h := range r.Happenings {
		i := r.Timeline.blockAt(h.At)
		out[i] = append(out[i], item{
			after: h.At - r.Timeline.blocks[i].at, account: h.Account, call: h.Text, note: h.Note,
		})
	}
	return out
}

// write is the line that expects this once, or again and again until last.
func (t *Timeline) write(it item, last, every time.Duration) string {
	var b strings.Builder
	if it.after > 0 || every > 0 {
		fmt.Fprintf(&b, "+%s ", engine.FormatDuration(it.after))
	}
	if every > 0 {
		fmt.Fprintf(&b, "to +%s every %s ", engine.FormatDuration(last), engine.FormatDuration(every))
	}
	if t.shared() && it.account != "" {
		b.WriteString(it.account + ": ")
	}
	b.WriteString(it.call)
	if it.note != "" && !isMark(it.call) {
		b.WriteString("  # " + it.note)
	}
	return b.String()
}
