package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
)

// Explainer is a ruleset that says why it decides as it does: the same rules, with each condition and what it reads noted
// on the way. It decides as the ruleset does, takes more steps for it, and decides one turn at a time.
type Explainer struct {
	set   *Ruleset
	sites []site

	mu       sync.Mutex
	noted    []Tried
	values   []Reading // since the last condition
	verdicts []judged
}

// judged is a call that gave a verdict, and the conditions that led to it.
type judged struct {
	at    syntax.Position
	tried []Tried
}

// Tried is a condition that was tried on the way to a decision.
type Tried struct {
	Pos     string    `json:"pos"`     // "home.star:9"
	Source  string    `json:"source"`  // "device.name in HOUSEHOLD"
	True    bool      `json:"true"`    // what it came to
	Read    []Reading `json:"read"`    // in the order in which it was read
	Handler string    `json:"handler"` // "on_playback"

	site site
}

// Reading is what a name in a condition was.
type Reading struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

const (
	textBytes    = 120
	readingBytes = 80   // of a value
	keptNotes    = 4096 // of a turn, the newest
	keptReadings = 64   // of a condition
	stepsFactor  = 16   // what noting costs at most
)

// Explaining loads rules as Load does.
func Explaining(files Snapshot, limits Limits, modules ...Module) (*Explainer, error) {
	limits = limits.orDefault()
	limits.Steps *= stepsFactor
	x := &Explainer{}
	set, err := LoadRewritten(files, limits, Rewriting{File: func(f *syntax.File) { x.instrument(files, f) }, Names: x.witness()}, modules...)
	if err != nil {
		return nil, err
	}
	x.set = set
	return x, nil
}

// Explain decides a turn and says which conditions led to its verdict: those around the calls that gave it, in the order in
// which they were tried. Of a turn that gave none, or failed, they are the last that were tried.
func (x *Explainer) Explain(ctx context.Context, ev Event, facts Facts, state State) (Decision, []Tried) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.noted, x.values, x.verdicts = nil, nil, nil
	d := x.set.Evaluate(ctx, ev, facts, state)
	return d, x.deciding(d)
}

func (x *Explainer) condition(thread *starlark.Thread, n int, v starlark.Value) {
	read := x.values
	x.values = nil
	if n >= len(x.sites) {
		return
	}
	if len(x.noted) >= keptNotes { // a long loop: what leads to a verdict is near it
		x.noted = slices.Delete(x.noted, 0, keptNotes/2)
	}
	at := x.sites[n]
	c := Tried{
		Pos: fmt.Sprintf("%s:%d", at.pos.Filename(), at.pos.Line), Source: at.text, True: bool(v.Truth()), site: at, Read: read,
	}
	if depth := thread.CallStackDepth(); depth > 0 {
		c.Handler = thread.CallFrame(depth - 1).Name
	}
	x.noted = append(x.noted, c)
}

func (x *Explainer) value(_ *starlark.Thread, n int, v starlark.Value) {
	if n >= len(x.sites) || len(x.values) >= keptReadings {
		return
	}
	switch v.(type) {
	case starlark.Callable, *starlarkstruct.Module: // what it is called says what it is
		return
	}
	r := Reading{x.sites[n].text, glance(v, readingBytes)}
	if !slices.Contains(x.values, r) {
		x.values = append(x.values, r)
	}
}

// verdict notes what led to a call that gave a verdict: the conditions around that call and around the calls that led
// there, as they came out last. Of several calls of a line the first counts.
func (x *Explainer) verdict(thread *starlark.Thread, _ int, _ starlark.Value) {
	var frames []syntax.Position
	for i := 1; i < thread.CallStackDepth(); i++ {
		frames = append(frames, thread.CallFrame(i).Pos)
	}
	if len(frames) == 0 || slices.ContainsFunc(x.verdicts, func(g judged) bool { return sameLine(g.at, frames[0]) }) {
		return
	}
	g, seen := judged{at: frames[0]}, map[syntax.Position]bool{}
	for _, c := range slices.Backward(x.noted) {
		if !seen[c.site.pos] && slices.ContainsFunc(frames, c.site.leadsTo) {
			seen[c.site.pos] = true
			g.tried = append(g.tried, c)
		}
	}
	slices.Reverse(g.tried)
	x.verdicts = append(x.verdicts, g)
}

// lastConditions is how many are given where no call says which of them count.
const lastConditions = 4

func (x *Explainer) deciding(d Decision) []Tried {
	if d.Err == nil {
		for _, g := range x.verdicts {
			if strings.HasPrefix(d.Verdict.Pos, fmt.Sprintf("%s:%d:", g.at.Filename(), g.at.Line)) {
				return g.tried
			}
		}
	}
	return x.noted[max(0, len(x.noted)-lastConditions):]
}

// leadsTo says whether a call is reached only by what the condition came to.
func (s site) leadsTo(at syntax.Position) bool {
	if s.pos.Filename() != at.Filename() {
		return false
	}
	around := s.start <= at.Line && at.Line <= s.end
	return around || s.guard && s.end < at.Line && at.Line <= s.last
}

func sameLine(a, b syntax.Position) bool {
	return a.Filename() == b.Filename() && a.Line == b.Line
}
