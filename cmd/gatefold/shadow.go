package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"gatefold/engine"
	"gatefold/internal/control"
	"gatefold/internal/reload"
	"gatefold/internal/replay"
	"gatefold/internal/worker"
)

const (
	shadowBehind = 1000 // turns that may wait for the shadow rules
	shadowListed = 100  // disagreements that are listed
	shadowSaid   = 1000 // distinct ones that are remembered as said
)

// shadow is a second ruleset that sees every turn and does nothing. It decides after the turn was acted on, in a
// goroutine of its own: it never holds up a loop, and turns that it has no time for are counted. What it writes to the
// rule state is kept here, in memory: it begins with what the rules in force had kept, and goes on with its own.
type shadow struct {
	d       *daemon
	folder  string
	watcher *reload.Watcher
	turns   chan engine.TurnReport

	seen, disagreed, untold, dropped atomic.Uint64

	mu     sync.Mutex
	rules  *engine.Ruleset // nil: none could be loaded yet
	newest []control.Disagreement
	ended  error // rules have ended their process too often, and decide nothing any more

	// Of the goroutine alone.
	states map[string]engine.State // by account: rules' own keys
	said   map[string]bool
	full   bool            // nothing more is said, which was said
	of     *engine.Ruleset // whose said it is
}

func (d *daemon) openShadow(context.Context) (err error) {
	if d.cfg.Shadow == "" {
		return nil
	}
	s := &shadow{d: d, folder: d.cfg.Shadow, turns: make(chan engine.TurnReport, shadowBehind), states: map[string]engine.State{}, said: map[string]bool{}}
	s.watcher, err = reload.New(reload.Options{Dir: s.folder, Clock: newClock(1), Build: s.build, Report: s.report})
	d.shadow = s
	return err
}

func (s *shadow) build(files engine.Snapshot) (install func(), err error) {
	rules, err := s.d.rules.trial.load(s.d.running, files)
	if err != nil {
		return nil, err
	}
	s.d.rules.trial.looksOn(rules)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rules, s.ended = rules, nil
	}, nil
}

func (s *shadow) report(r reload.Result) {
	switch r.Outcome {
	case reload.Failed:
		s.d.log.Error("the shadow rules were not loaded", "folder", s.folder, "error", r.Err)
	case reload.Installed:
		s.d.log.Info("shadow rules see every turn, and do nothing", "folder", s.folder, "ruleset", short(r.InForce))
	}
}

// Observe implements engine.Observer.
func (s *shadow) Observe(_ string, r engine.Report) {
	turn, ok := r.(engine.TurnReport)
	if !ok || s.inForce() == nil {
		return
	}
	select {
	case s.turns <- turn:
	default:
		s.dropped.Add(1)
		s.d.metrics.ShadowDropped()
	}
}

func (s *shadow) inForce() *engine.Ruleset {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules
}

// watch follows the folder, and decides turns, until ctx ends.
func (s *shadow) watch(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case turn := <-s.turns:
				s.decide(ctx, turn)
			}
		}
	}()
	err := s.watcher.Run(ctx)
	<-done
	return err
}

// decide has the shadow rules decide a turn, and compares.
func (s *shadow) decide(ctx context.Context, turn engine.TurnReport) {
	rules := s.inForce()
	if rules == nil {
		return
	}
	if rules != s.of {
		s.of, s.said, s.full = rules, map[string]bool{}, false
	}
	ev := turn.Decision.Event
	own, ok := s.states[ev.Account]
	if !ok {
		own = engine.State{}.WithRuleKeys(turn.State)
	}
	d := rules.Decide(ctx, ev, turn.Facts, turn.State.WithRuleKeys(own))
	if ctx.Err() != nil {
		return
	}
	s.seen.Add(1)
	if errors.Is(d.Err, worker.ErrAside) {
		s.end(rules, d.Err)
		return
	}
	if len(d.Asks) > 0 || d.Err != nil && !ofRules(d.Err) { // or the system kept them from deciding
		s.untold.Add(1)
		return
	}
	s.states[ev.Account] = own.With(d.State, ev.Time)
	was, is := engine.RecordOf(turn.Decision), engine.RecordOf(d)
	if !replay.Same(was, is) && was.Verdict.Kind == is.Verdict.Kind && was.Err == is.Err {
		was = s.whole(ctx, turn, was, is)
	}
	c := change{event: ev, was: was, is: is}
	switch {
	case replay.Same(was, is), was.Err != "" && is.Err != "":
	case is.Err != "":
		s.disagree(c, "error")
	case c.verdict():
		s.disagree(c, "verdict")
	default:
		s.disagree(c, "calls")
	}
}

// end leaves rules alone that would only end their process once more, until their files change.
func (s *shadow) end(rules *engine.Ruleset, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rules == rules {
		s.rules, s.ended = nil, err
	}
}

// whole is what the rules in force asked for: what is told of a turn lacks the messages under their throttle and the
// calls that repeat the turn before, so they are asked again. If they are others by now, that is not known, and no
// disagreement.
func (s *shadow) whole(ctx context.Context, turn engine.TurnReport, was, is engine.DecisionRecord) engine.DecisionRecord {
	if real := s.d.rules.inForce(); real.Hash == turn.Decision.Ruleset {
		if again := s.d.rules.trial.lookingOn(real).Decide(ctx, turn.Decision.Event, turn.Facts, turn.State); again.Err == nil && len(again.Asks) == 0 {
			return engine.RecordOf(again)
		}
	}
	was.Once = is.Once
	return was
}

// disagree counts and lists a turn, and says it once for each distinct change: so many of them.
func (s *shadow) disagree(c change, what string) {
	s.disagreed.Add(1)
	s.d.metrics.ShadowDisagreed(c.event.Account, what)
	text := c.text(len(s.d.cfg.Accounts))
	s.mu.Lock()
	s.newest = append(s.newest, control.Disagreement{At: c.event.Time, Account: c.event.Account, What: what, Text: text, Shadow: c.is.Ruleset})
	if over := len(s.newest) - shadowListed; over > 0 {
		s.newest = slices.Delete(s.newest, 0, over)
	}
	s.mu.Unlock()
	key := c.event.Account + "\x00" + text
	switch {
	case s.said[key], s.full:
		return
	case len(s.said) >= shadowSaid:
		s.full = true
		s.d.log.Warn("the shadow rules disagree in too many ways: no more of them are logged until their files change", "ways", shadowSaid, "hint", "gatefold rules shadow lists the newest")
		return
	}
	s.said[key] = true
	s.d.log.Info("the shadow rules disagree", "account", c.event.Account, "what", what, "change", text)
}

// status is how they stand; nil without any.
func (s *shadow) status() *control.Shadow {
	if s == nil {
		return nil
	}
	w := s.watcher.Status()
	out := &control.Shadow{
		Folder: s.folder, Hash: w.Hash, Since: w.Since, Seen: s.seen.Load(), Disagreed: s.disagreed.Load(),
		Untold: s.untold.Load(), Dropped: s.dropped.Load(),
	}
	s.mu.Lock()
	ended := s.ended
	s.mu.Unlock()
	if w.Err != nil {
		out.Error = problemText(w.Err)
	}
	if ended != nil {
		out.Aside = problemText(ended)
	}
	return out
}

// disagreements answers gatefold rules shadow.
func (d *daemon) disagreements(context.Context) (control.Disagreements, error) {
	out := control.Disagreements{Now: d.w.Clock.Now(), Shadow: d.shadow.status(), Turns: []control.Disagreement{}}
	if d.shadow != nil {
		d.shadow.mu.Lock()
		out.Turns = append(out.Turns, d.shadow.newest...)
		d.shadow.mu.Unlock()
		slices.Reverse(out.Turns)
	}
	return out, nil
}

var _ engine.Observer = (*shadow)(nil)
