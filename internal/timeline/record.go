package timeline

import (
	"slices"
	"strings"
	"time"

	"gatefold/engine"
)

// Happening is one thing that was carried out.
type Happening struct {
	At      time.Duration // since the beginning
	Account string        // "" of a refused edit
	Text    string        // the call, in the notation of effects; or a mark with what went wrong
	Note    string        // what became of a pause, if it was not "paused"
}

// The order in which a story lists what one step of a loop brings at the same moment.
const (
	rankFailed = iota
	rankVerdict
	rankLight
	rankPause
	rankOnce
)

// record is what was carried out so far.
type record struct {
	all  []Happening
	step []ranked // of the present step
}

type ranked struct {
	rank int
	h    Happening
}

func (rec *record) add(at time.Duration, rank int, h Happening) {
	h.At = at
	if isMark(h.Text) {
		h.Text = oneLine(h.Text)
	}
	rec.step = append(rec.step, ranked{rank, h})
}

// oneLine is a message as a line of a timeline can hold it. Calls are such lines already.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
}

func (rec *record) flush() {
	slices.SortStableFunc(rec.step, func(a, b ranked) int { return a.rank - b.rank })
	for _, s := range rec.step {
		rec.all = append(rec.all, s.h)
	}
	rec.step = rec.step[:0]
}

func (r *run) happens(a *account, rank int, text string) { r.happensNoted(a, rank, text, "") }

func (r *run) happensNoted(a *account, rank int, text, note string) {
	r.record.add(r.clock.now.Sub(r.t.Start), rank, Happening{Account: a.name, Text: text, Note: note})
}

// said is what was listed of one account, so that only news is listed.
type said struct {
	verdict string
	failed  map[string]string // kind of turn -> how it failed last; "" it did not
	pause   string            // the call that stands
}

func newSaid() said { return said{failed: map[string]string{}} }

// said lists a verdict that was given and differs from the last one.
func (r *run) said(a *account, v engine.Verdict) {
	text := v.String()
	if text != a.said.verdict && v.Given {
		r.happens(a, rankVerdict, text)
	}
	a.said.verdict = text
}

// turned lists a failure once for as long as it lasts, and remembers the pause that stands.
func (r *run) turned(a *account, t engine.TurnReport) {
	kind, failure := t.Decision.Event.Kind, ""
	if t.Failed != nil {
		failure = t.Failed.Error()
	}
	if failure != "" && failure != a.said.failed[kind] {
		r.happens(a, rankFailed, markFailed+": "+failure)
	}
	a.said.failed[kind] = failure
	if t.Decision.Err != nil || kind != engine.KindPlayback && kind != engine.KindBlind {
		return
	}
	var stands *engine.Effect
	for i, e := range t.Decision.Standing {
		if e.Call == engine.CallPause && (stands == nil || e.Every < stands.Every) {
			stands = &t.Decision.Standing[i]
		}
	}
	if stands != nil {
		a.said.pause = stands.String()
	}
}
