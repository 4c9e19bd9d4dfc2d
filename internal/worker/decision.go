package worker

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"gatefold/engine"
)

// decided is an engine.Decision without what the parent knows: the event and the ruleset.
type decided struct {
	Verdict  engine.Verdict
	Standing []effect
	Once     []effect
	State    []engine.Write
	Asks     []ask
	Logs     []engine.Line
	Reads    engine.Reads
	Steps    uint64
	Failed   *failed
}

// effect is an engine.Effect: the call as text, and what does not follow from that.
type effect struct {
	Text    string
	ID      string
	Pos     string
	Key     string
	Expires time.Time
}

type ask struct{ Text, Pos string }

// failed is the error of a turn: an *engine.RuleError, or one outside of any handler.
type failed struct {
	Problem   engine.Problem
	Handler   string
	Backtrace string
	Cause     string
	Outside   bool
}

func decisionOut(d engine.Decision) *decided {
	out := &decided{
		Verdict: d.Verdict, Standing: effectsOut(d.Standing), Once: effectsOut(d.Once), State: d.State,
		Logs: d.Logs, Reads: d.Reads, Steps: d.Steps,
	}
	for _, a := range d.Asks {
		out.Asks = append(out.Asks, ask{a.Call, a.Pos})
	}
	var rule *engine.RuleError
	switch {
	case errors.As(d.Err, &rule):
		out.Failed = &failed{Problem: rule.Problem, Handler: rule.Handler, Backtrace: rule.Backtrace}
		if rule.Cause != nil {
			out.Failed.Cause = rule.Cause.Error()
		}
	case d.Err != nil:
		out.Failed = &failed{Outside: true, Cause: d.Err.Error()}
	}
	return out
}

// decisionMost is how much a decision may be, beside what it writes: the rest of a frame is for that.
const decisionMost = frameMost - partMost - 4<<20

// size is about how many bytes it takes to say it, without its writes.
func (d *decided) size() int {
	n := len(d.Verdict.Reason)
	for _, all := range [][]effect{d.Standing, d.Once} {
		for _, e := range all {
			n += len(e.Text) + len(e.Key) + entrySize
		}
	}
	for _, a := range d.Asks {
		n += len(a.Text) + entrySize
	}
	if f := d.Failed; f != nil {
		n += len(f.Problem.Text) + len(f.Problem.Source) + len(f.Problem.Hint) + len(f.Backtrace) + len(f.Cause)
	}
	return n
}

// tooLong is what comes of a turn instead whose decision nobody could be told.
func tooLong(kind string, size int) *decided {
	text := fmt.Sprintf("what this turn comes to, with its texts, takes %d MiB to say: at most %d", size>>20, decisionMost>>20)
	return &decided{Failed: &failed{Problem: engine.Problem{Text: text}, Handler: "on_" + kind, Cause: text}}
}

func effectsOut(all []engine.Effect) []effect {
	out := make([]effect, 0, len(all))
	for _, e := range all {
		out = append(out, effect{Text: e.String(), ID: e.ID, Pos: e.Pos, Key: e.Key, Expires: e.Expires})
	}
	return out
}

// calls reads back what rules called. The same calls come at every look.
type calls struct {
	modules []engine.Module
	mu      sync.Mutex
	known   map[string]engine.Effect
	size    int // of their texts
}

// What is kept of them.
const (
	callsKept  = 1000
	callsBytes = 1 << 20
)

func newCalls(modules []engine.Module) *calls {
	modules = slices.Clone(modules)
	for i := range modules {
		modules[i].Inner = nil // which no rule can call
	}
	return &calls{modules: modules, known: map[string]engine.Effect{}}
}

func (c *calls) effect(text string) (engine.Effect, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.known[text]; ok {
		return e, nil
	}
	e, err := engine.ParsePrinted(text, c.modules...)
	if err != nil {
		return e, err
	}
	if len(text) > callsBytes/16 {
		return e, nil
	}
	if c.size += len(text); c.size > callsBytes || len(c.known) >= callsKept {
		clear(c.known)
		c.size = len(text)
	}
	c.known[text] = e
	return e, nil
}

// decision is what was decided about the event, as it would be here.
func (c *calls) decision(ev engine.Event, ruleset string, in decided) (engine.Decision, error) {
	d := engine.Decision{
		Event: ev, Ruleset: ruleset, Verdict: in.Verdict, State: in.State, Logs: in.Logs, Reads: in.Reads, Steps: in.Steps,
	}
	var err error
	if d.Standing, err = c.effects(ev, in.Standing); err != nil {
		return d, err
	}
	if d.Once, err = c.effects(ev, in.Once); err != nil {
		return d, err
	}
	for _, a := range in.Asks {
		read, err := engine.ParseAsk(a.Text, c.modules...)
		if err != nil {
			return d, err
		}
		read.Account, read.Pos = ev.Account, a.Pos
		d.Asks = append(d.Asks, read)
	}
	zone := ev.Time.Location()
	for i, w := range d.State {
		if !w.Expires.IsZero() {
			d.State[i].Expires = w.Expires.In(zone)
		}
	}
	d.Err = in.Failed.err()
	if d.Err == nil && len(d.Asks) == 0 && d.Standing == nil && (ev.Kind == engine.KindPlayback || ev.Kind == engine.KindBlind) {
		d.Standing = []engine.Effect{}
	}
	if err := d.Check(); err != nil {
		return d, fmt.Errorf("the rule worker claims %w", err)
	}
	return d, nil
}

func (c *calls) effects(ev engine.Event, all []effect) (out []engine.Effect, err error) {
	for _, in := range all {
		e, err := c.effect(in.Text)
		if err != nil {
			return nil, err
		}
		e.ID, e.Account, e.Pos, e.Time, e.Key = in.ID, ev.Account, in.Pos, ev.Time, in.Key
		if !in.Expires.IsZero() {
			e.Expires = in.Expires.In(ev.Time.Location())
		}
		out = append(out, e)
	}
	return out, nil
}

func (f *failed) err() error {
	switch {
	case f == nil:
		return nil
	case f.Outside:
		return errors.New(f.Cause)
	}
	return &engine.RuleError{Problem: f.Problem, Handler: f.Handler, Backtrace: f.Backtrace, Cause: errors.New(f.Cause)}
}
