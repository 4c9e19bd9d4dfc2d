package replay

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatefold/engine"
)

// Run says what to replay.
type Run struct {
	Account string
	Since   time.Time
	Hash    string // of Rules
	Rules   Rules  // that decide history anew
	All     bool   // differences of what stands and what happens once count too, and not of verdicts alone

	// Kept gives the ruleset with a hash, to decide turns exactly as they were; nil, or where it gives nil: there is none.
	Kept func(hash string) engine.Decider
	// Each hears of every recorded turn. Optional.
	Each func(Decided) error
}

// Decided is a recorded turn, decided anew.
type Decided struct {
	Turn  Turn
	Is    engine.DecisionRecord
	Facts engine.Facts // what the rules were told this time
	State engine.State
	Exact bool // by the rules that decided it then, on exactly what they had read

	Differs bool // as Run.All counts it
	Killed  bool // the rules have ended the process that they decide in
}

// Report is what a replay came to.
type Report struct {
	Turns, Looks int // turns that are recorded; looks between them that showed nothing new
	Exact        int // turns that the rules of then have decided anew ...
	Same         int // ... and came to the same
	Inexact      int // turns whose record is not enough for that
	Unkept       int // turns whose rules are not kept any more
	Differ       int // turns and looks that Rules decide differently
	Changes      []Change
	More         int // changes that are not in Changes: there are too many
	Unanswered   int // questions of Rules that nobody had asked then
	Was, Is      Totals
	Damaged      int
	Damage       []error // the first of it
}

// Totals are what came of the verdicts of one ruleset.
type Totals struct {
	Denied   time.Duration // while it played
	Pauses   int
	Messages int
}

// Do replays an account's history: the turns that Rules decided then on exactly what they had read, the others as it would
// have gone by Rules.
func Do(ctx context.Context, from Journal, r Run, o Options) (Report, error) {
	h := &history{Options: o, from: from, account: r.Account}
	p := &play{Run: r, ctx: ctx, ran: map[string]*waiting{}, alt: &alternative{
		Options: o, ctx: ctx, account: r.Account, rules: r.Rules, answers: map[string]engine.Answer{},
	}}
	p.was.sends = newSending()
	p.alt.decided = p.byItself
	l := &looking{give: p.step}
	err := h.turns(ctx, func(m moment, t *Turn) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		return l.add(m, t)
	})
	if err == nil {
		err = l.flush(nil)
	}
	if err == nil {
		err = p.settle(time.Time{})
	}
	p.changes.end()
	slices.SortStableFunc(p.changes.all, func(a, b Change) int { return a.From.Compare(b.From) })
	p.report.Changes, p.report.More, p.report.Differ = p.changes.all, p.changes.more, p.changes.turns
	p.report.Unanswered = p.alt.unanswered
	p.report.Damaged, p.report.Damage = h.damaged, h.errs
	return p.report, err
}

// play is a replay on its way.
type play struct {
	Run
	ctx     context.Context
	alt     *alternative
	free    bool  // it goes another way than history did: by its own state
	was     stood // by the rules of then
	is      stood
	seeing  engine.DecisionRecord // the last of was while the player could be seen
	dark    bool                  // it cannot, as far as is recorded
	waiting *waiting
	ran     map[string]*waiting // by timer: its last turn
	changes changes
	report  Report
}

// stood is what stands by one ruleset.
type stood struct {
	rec     engine.DecisionRecord
	every   time.Duration // of the pause that stands
	pausing time.Time     // when one would have been sent last
	at      time.Time     // until when the time is counted
	plays   bool
	holder  string
	sends   sending
}

// standing says that a turn states what stands.
func (s *stood) standing(ev engine.Event) bool {
	return ev.Kind == engine.KindPlayback || ev.Kind == engine.KindBlind
}

// stands takes up a decision; known: its calls are known as text alone.
func (s *stood) stands(ev engine.Event, rec engine.DecisionRecord, known bool) {
	if !s.standing(ev) {
		return
	}
	s.rec = rec
	s.plays, s.holder = false, ""
	if h, ok := ev.Data.(engine.Held); ok {
		s.plays, s.holder = h.Active(), h.Holder()
	}
	if known {
		s.every = 0
	}
}

// waiting is a decision of the rules by themselves, which is compared once all of its moment has happened.
type waiting struct {
	ev     engine.Event
	is     engine.DecisionRecord
	killed bool
}

// instant is how far apart two things may lie that follow from one another.
const instant = time.Second

func (p *play) step(s step) error {
	if s.at.Before(p.Since) {
		return p.follow(s)
	}
	if err := p.settle(s.at); err != nil {
		return err
	}
	switch {
	case s.moment == nil:
		return p.look(s)
	case s.turn == nil:
		p.ordered(s)
		return nil
	}
	return p.turn(s)
}

// follow takes up what happened before.
func (p *play) follow(s step) error {
	if s.turn != nil {
		p.recorded(s.turn.Event, s.turn.Was)
	}
	return nil
}

// recorded takes up a decision of then.
func (p *play) recorded(ev engine.Event, rec engine.DecisionRecord) {
	p.was.stands(ev, rec, true)
	switch ev.Kind {
	case engine.KindPlayback:
		p.seeing, p.dark = rec, false
	case engine.KindBlind:
		p.dark = true
	}
}

// ordered is what somebody outside of the rules did.
func (p *play) ordered(s step) {
	if p.free {
		p.alt.until(s.at)
		p.alt.said(s.moment.event)
	}
	if p.was.holder == "" {
		return
	}
	if outcome, ok := s.moment.event.PauseOf(p.was.holder); ok && outcome != "" {
		p.report.Was.Pauses++
		if p.is.every > 0 || !p.free {
			p.report.Is.Pauses++
		}
	}
}

// look is one that showed nothing new: the rules of then had nothing new to say either.
func (p *play) look(s step) error {
	p.report.Looks++
	ev := engine.Event{
		ID: p.Account + "/look/" + s.at.Format(time.RFC3339Nano), Account: p.Account, Kind: engine.KindPlayback,
		Time: s.at.In(p.alt.Zone), Cause: engine.CauseLook, Data: s.shown,
	}
	p.count(ev)
	if p.free {
		p.alt.until(s.at)
	}
	if p.dark { // nothing could be seen before: what stood then stands anew
		if err := p.settle(s.at); err != nil {
			return err
		}
		p.waiting = nil
		p.recorded(ev, p.seeing)
	}
	if !p.free {
		p.is = p.was
		return nil
	}
	p.compare(ev, p.was.rec, p.took(ev, p.alt.turn(ev)), false)
	return nil
}

func (p *play) turn(s step) error {
	t := *s.turn
	p.report.Turns++
	p.count(t.Event)
	out := Decided{Turn: t, Facts: t.Facts, State: t.State}
	if t.Lacks != "" {
		p.report.Inexact++
	}
	switch kept := p.kept(t.Was.Ruleset); {
	case t.Lacks != "":
	case kept == nil:
		p.report.Unkept++
	default:
		p.report.Exact++
		d := t.decide(p.ctx, kept)
		again := engine.RecordOf(d)
		if Identical(t.Was, again) {
			p.report.Same++
		}
		if t.Was.Ruleset == p.Hash {
			out.Is, out.Exact, out.Killed = again, true, errors.Is(d.Err, engine.ErrKilled)
			out.Facts, out.State = t.exact.facts, t.exact.state
		}
	}
	if out.Exact {
		p.free = false
		p.recorded(t.Event, t.Was)
		p.is = p.was
		n := p.was.sends.messages(t.Event, recordedOnce(s.moment.decision.Once))
		p.report.Was.Messages += n
		p.report.Is.Messages += n
		out.Differs = p.compare(t.Event, t.Was, out.Is, true)
	} else {
		p.another(s, t, &out)
	}
	if p.Each != nil {
		return p.Each(out)
	}
	return nil
}

// another decides a turn by rules that did not decide it then.
func (p *play) another(s step, t Turn, out *Decided) {
	if !p.free {
		p.free = true
		p.alt.begin(t.Event.Time, t.Facts, t.State)
		p.is = stood{at: p.was.at, sends: newSending()}
	}
	p.report.Was.Messages += p.was.sends.messages(t.Event, recordedOnce(s.moment.decision.Once))
	p.recorded(t.Event, t.Was)
	p.alt.until(t.Event.Time)
	if tick, ok := t.Event.Data.(engine.Tick); ok { // the rules have timers of their own
		out.Is = engine.DecisionRecord{Ruleset: p.Hash, Verdict: t.Was.Verdict}
		if ran, ok := p.ran[tick.Timer]; ok && t.Event.Time.Sub(ran.ev.Time) <= lateness {
			out.Is, out.Killed = ran.is, ran.killed
		}
		out.Differs = p.compare(t.Event, t.Was, out.Is, true)
		return
	}
	p.waiting = nil
	out.Facts, out.State = p.alt.facts, p.alt.state
	d := p.alt.turn(t.Event)
	out.Is, out.Killed = p.took(t.Event, d), errors.Is(d.Err, engine.ErrKilled)
	out.Differs = p.compare(t.Event, t.Was, out.Is, true)
	if t.Event.Kind != engine.KindPlayback && t.Event.Kind != engine.KindBlind {
		p.alt.again(t.Event.Time, engine.CauseState)
	}
}

// byItself hears of what the rules decide anew by themselves.
func (p *play) byItself(ev engine.Event, d engine.Decision) {
	w := &waiting{ev, p.took(ev, d), errors.Is(d.Err, engine.ErrKilled)}
	if tick, ok := ev.Data.(engine.Tick); ok {
		p.ran[tick.Timer] = w
		return
	}
	p.waiting = w
}

// settle compares what waits with what stood when its moment was over.
func (p *play) settle(now time.Time) error {
	if w := p.waiting; w != nil && (now.IsZero() || now.Sub(w.ev.Time) > instant) {
		p.waiting = nil
		p.compare(w.ev, p.was.rec, w.is, false)
	}
	return context.Cause(p.ctx)
}

// took takes up what rules decided that go another way, and gives it as a record.
func (p *play) took(ev engine.Event, d engine.Decision) (rec engine.DecisionRecord) {
	rec = engine.RecordOf(d)
	p.is.stands(ev, rec, false)
	if d.Err == nil && p.is.standing(ev) {
		p.is.every = engine.PauseEvery(d.Standing)
	}
	p.report.Is.Messages += p.is.sends.messages(ev, onceOf(d.Once))
	h, ok := ev.Data.(engine.Held)
	if !ok || ev.Cause != engine.CauseLook || p.is.every == 0 || !h.Active() || p.was.rec.Verdict.Kind == engine.Deny {
		return rec
	}
	if ev.Time.Sub(p.is.pausing) >= p.is.every { // nobody was paused then: it would have been
		p.is.pausing = ev.Time
		p.report.Is.Pauses++
		p.alt.facts = p.alt.facts.Paused(h.Holder(), ev.Time, true)
	}
	return rec
}

// compare notes a difference, and says whether there is one.
func (p *play) compare(ev engine.Event, was, is engine.DecisionRecord, recorded bool) bool {
	d := difference(was, is, p.All, recorded)
	p.changes.add(ev, d)
	return d.what != ""
}

// kept is who decides a turn exactly as it was.
func (p *play) kept(hash string) engine.Decider {
	if hash == p.Hash {
		return p.Rules
	}
	if p.Kept == nil {
		return nil
	}
	return p.Kept(hash)
}

// count adds up the time since the last look.
func (p *play) count(ev engine.Event) {
	for _, x := range []struct {
		s  *stood
		to *Totals
	}{{&p.was, &p.report.Was}, {&p.is, &p.report.Is}} {
		if d := ev.Time.Sub(x.s.at); !x.s.at.IsZero() && d > 0 && d < away && x.s.plays && x.s.rec.Verdict.Kind == engine.Deny {
			x.to.Denied += d
		}
		x.s.at = ev.Time
	}
	if !p.free {
		p.is.plays = p.was.plays
	}
}
