package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// pacer looks at a fixed pace, or at that of what stands.
type pacer time.Duration

func (p pacer) Next(s Pace) Plan {
	every := time.Duration(p)
	for _, d := range []time.Duration{s.PauseEvery, s.PollEvery} {
		if d > 0 && d < every {
			every = d
		}
	}
	if s.Override > 0 && (s.PauseEvery == 0 || s.Override < s.PauseEvery) {
		every = s.Override
	}
	return Plan{Due: s.Looked.Add(every), Cause: "idle", Why: "test"}
}

// house drives a loop on virtual time. What it is asked to do goes into trace,
// one line each.
type house struct {
	t     testing.TB
	l     *Loop
	now   time.Time
	wake  time.Time
	trace []string

	sees    func() Input  // answers a look; nil: it stays on its way
	pauses  func() string // outcome of a pause; nil: it stays on its way
	commits func() error  // answers a commit; nil: it stays on its way
	mails   func(ApplyNow) Input
	answers func(Ask) string // answers a question; nil: it stays on its way

	shown     Stands
	reports   []Report
	records   []Record
	committed []CommitNow // on their way
	applying  []Effect    // on their way
	asking    []AskNow    // on their way
	looking   bool
	receipt   Receipt

	options houseOptions
	kept    []Record // that the journal has
	done    []string // messages that left the outbox in the journal
}

type houseOptions struct {
	dry   bool
	kept  Recovered
	pace  time.Duration
	rules []string
	first snap // what the first look shows; bob unless given
	idle  bool // no ruleset yet
}

func newHouse(t testing.TB, o houseOptions) *house {
	t.Helper()
	h := &house{
		t: t, now: start,
		pauses:  func() string { return "paused" },
		commits: func() error { return nil },
		mails:   func(a ApplyNow) Input { return Applied{ID: a.Effect.ID, Outcome: Outcome{Result: "sent"}} },
	}
	if o.first == (snap{}) {
		o.first = bob
	}
	h.plays(o.first)
	h.boot(o)
	return h
}

func (h *house) boot(o houseOptions) {
	h.options = o
	if o.pace == 0 {
		o.pace = time.Minute
	}
	h.l = NewLoop(LoopOptions{
		Account: "home", Enforce: !o.dry, Pacer: pacer(o.pace), Zone: zone, Decode: decodeSnap,
		Modules: newFakes().modules,
		Parse:   func(text string) (Effect, error) { return ParseEffect(text, newFakes().modules...) },
		Restored: func(kind string, err error) {
			h.trace = append(h.trace, "lost "+kind)
		},
	}, o.kept, h.now)
	if !o.idle {
		h.step(Installed{Ruleset: rules(h.t, o.rules...)})
	}
}

// plays makes every look show a snapshot.
func (h *house) plays(s snap) {
	h.sees = func() Input { return Looked{Data: s, Got: h.now} }
}

// fails makes every look fail.
func (h *house) fails(kind string) {
	h.sees = func() Input { return LookFailed{Kind: kind, Message: "no"} }
}

func (h *house) step(in Input) {
	h.t.Helper()
	actions, wake := h.l.Step(h.now, in)
	h.wake = wake
	var answers []Input
	for _, a := range slices.Clone(actions) {
		if in := h.do(a); in != nil {
			answers = append(answers, in)
		}
	}
	for _, in := range answers {
		h.step(in)
	}
}

func (h *house) say(format string, args ...any) {
	h.trace = append(h.trace, fmt.Sprintf(format, args...))
}

func (h *house) do(a Action) Input {
	switch a := a.(type) {
	case LookNow:
		h.looking = true
		h.say("look")
		return h.answer()
	case PauseNow:
		h.say("pause %s", a.Holder)
		equal(h.t, "target", a.Target, h.l.facts.Held.Target())
		if h.pauses != nil {
			outcome, doubtful := strings.CutPrefix(h.pauses(), "?")
			return PauseDone{Holder: a.Holder, Sent: h.now, Outcome: outcome, Doubtful: doubtful}
		}
	case AskNow:
		for _, q := range a.Asks {
			h.say("ask %s", q.Call)
		}
		if h.answers == nil {
			h.asking = append(h.asking, a)
			return nil
		}
		return h.answersTo(a, h.answers)
	case ApplyNow:
		h.say("apply %s", a.Effect)
		h.applying = append(h.applying, a.Effect)
		if h.mails != nil {
			return h.mails(a)
		}
	case CommitNow:
		h.records = append(h.records, a.Record)
		what := "facts"
		if a.Record.Event != nil {
			what = strings.TrimSpace(a.Record.Event.Kind + " " + a.Record.Event.Cause)
		}
		h.say("commit %s", what)
		if h.commits == nil {
			h.committed = append(h.committed, a)
			return nil
		}
		return h.answered(a, h.commits())
	case DoneNow:
		h.done = append(h.done, a.ID)
		h.say("done %s", a.Outcome.Result)
	case ShowNow:
		h.shown = a.Stands
		h.say("show %s", standing(a.Stands))
	case Tell:
		h.reports = append(h.reports, a.Report)
	}
	return nil
}

// answered is the journal's answer to a commit.
func (h *house) answered(a CommitNow, err error) Input {
	if err == nil && !h.receipt.Duplicate {
		h.kept = append(h.kept, a.Record)
	}
	return CommitDone{N: a.N, Err: err, Receipt: h.receipt}
}

// written ends the commits that are on their way.
func (h *house) written(err error) {
	h.t.Helper()
	was := h.committed
	h.committed = nil
	for _, a := range was {
		h.step(h.answered(a, err))
	}
}

// answersTo answers the questions of a turn, each with what say gives; what begins
// with "!" is an error.
func (h *house) answersTo(a AskNow, say func(Ask) string) Answered {
	out := Answered{N: a.N}
	for _, q := range a.Asks {
		got := Answer{Call: q.Call, At: h.now}
		if why, failed := strings.CutPrefix(say(q), "!"); failed {
			got.Err = why
		} else {
			got.Data, _ = json.Marshal(why)
		}
		out.Answers = append(out.Answers, got)
	}
	return out
}

// hears answers the questions that are on their way.
func (h *house) hears(answer string) {
	h.t.Helper()
	was := h.asking
	h.asking = nil
	for _, a := range was {
		h.step(h.answersTo(a, func(Ask) string { return answer }))
	}
}

// recovered is what the journal would give after a start.
func (h *house) recovered() Recovered {
	out := Recovered{Throttles: map[string]time.Time{}}
	state := map[string]Write{}
	for _, rec := range h.kept {
		out.Facts, out.Stands = rec.Facts, rec.Stands
		for _, w := range rec.State {
			if state[w.Key] = w; w.Value == nil {
				delete(state, w.Key)
			}
		}
		for _, m := range rec.Outbox {
			if m.Key != "" {
				out.Throttles[m.Key] = m.Time
			}
			if !slices.Contains(h.done, m.ID) {
				out.Outbox = append(out.Outbox, m)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(state)) {
		if w := state[key]; w.Expires.IsZero() || h.now.Before(w.Expires) {
			out.State = append(out.State, w)
		}
	}
	return out
}

// restarts boots anew from what the journal has, as if the power had gone.
func (h *house) restarts() {
	h.t.Helper()
	h.options.kept = h.recovered()
	h.committed, h.asking, h.applying, h.looking = nil, nil, nil, false
	h.trace, h.reports = nil, nil
	h.boot(h.options)
}

// standing is what stands, in a line.
func standing(s Stands) string {
	parts := []string{s.Condition.String(), s.Verdict.String()}
	for _, e := range s.Effects {
		parts = append(parts, e.String())
	}
	return strings.Join(parts, " ")
}

func (h *house) answer() Input {
	if h.sees == nil {
		return nil
	}
	h.looking = false
	return h.sees()
}

// until lets time pass, stepping when the loop wants to be woken.
func (h *house) until(at time.Duration) {
	h.t.Helper()
	end := start.Add(at)
	for n := 0; !h.wake.IsZero() && !h.wake.After(end); n++ {
		if n > 10_000 {
			h.t.Fatalf("the loop wants to be woken again and again at %s", h.wake)
		}
		if h.wake.After(h.now) {
			h.now = h.wake
		}
		h.step(Wake{})
	}
	h.now = end
}

// expect compares what happened since the last time, and forgets it.
func (h *house) expect(what string, want ...string) {
	h.t.Helper()
	equals(h.t, what, h.trace, want...)
	h.trace = nil
}

// only keeps what begins with one of the words.
func (h *house) only(words ...string) *house {
	h.trace = slices.DeleteFunc(h.trace, func(line string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(line, w) })
	})
	return h
}

func (h *house) shows(want string) {
	h.t.Helper()
	equal(h.t, "what stands", standing(h.shown), want)
}

// reported gives the reports of one type, and forgets all.
func reported[R Report](h *house) []R {
	var out []R
	for _, r := range h.reports {
		if r, ok := r.(R); ok {
			out = append(out, r)
		}
	}
	h.reports = nil
	return out
}

var errDisk = errors.New("no space left")

const intruder = `
def on_playback(now):
	if now.who == "ann":
		allow()
	elif now.who:
		deny("stranger")
		light.set("red")
		if now.plays:
			pause()
			mail.send(now.who + " plays", every="30m")

def on_blind(problem):
	light.set("amber")
	mail.send("blind: " + problem.kind)
`

var ann = snap{Who: "ann", Item: "So What", Plays: true}

func TestFirstLookAtOnce(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}, idle: true})
	h.step(Wake{})
	h.expect("before there are rules")
	equal(t, "no wake", h.wake, time.Time{})
	h.step(Installed{Ruleset: rules(t, intruder)})
	h.expect("then", "show unknown unknown", "look", "pause bob",
		`show deny deny(reason="stranger") light.set(color="red") pause(every="10s")`,
		"commit playback look", "commit pause", `apply mail.send(text="bob plays", every="30m")`, "done sent")
}

func TestAStrangerComesAndGoes(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.trace = nil
	h.plays(snap{Who: "bob"})
	h.until(15 * time.Second)
	h.only("pause", "show", "look", "apply").expect("bob stopped", "look", `show deny deny(reason="stranger") light.set(color="red")`)
	h.plays(ann)
	h.until(2 * time.Minute)
	h.only("pause", "show", "apply", "commit").expect("ann plays", "commit playback look", "show allow allow()")
	h.until(10 * time.Minute)
	h.only("pause", "show", "apply", "commit").expect("nothing new is committed")
	h.plays(snap{})
	h.until(12 * time.Minute)
	h.only("pause", "show", "apply", "commit").expect("nobody", "commit playback look", "show idle idle")
}

func TestLookSoon(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.plays(ann)
	h.until(time.Second)
	h.trace = nil
	h.step(LookSoon{})
	h.only("look").expect("at once", "look")
	h.sees = nil
	h.step(LookSoon{})
	h.step(LookSoon{})
	h.step(LookSoon{})
	h.only("look").expect("one on its way", "look")
	h.sees = func() Input { h.plays(ann); return nil }
	h.looking = false
	h.step(Looked{Data: ann, Got: h.now})
	h.only("look").expect("another follows it", "look")
}

func TestStopCommitsOnce(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	h.plays(ann)
	h.until(10 * time.Minute)
	n := len(h.records)
	h.trace = nil
	h.step(Stop{})
	h.expect("what is not kept yet", "commit facts")
	if facts := string(h.records[n].Facts); !strings.Contains(facts, `"Count":`) {
		t.Error(facts)
	}
	equal(t, "wake", h.wake, time.Time{})
	for _, in := range []Input{Stop{}, Wake{}, Looked{Data: bob}, Installed{Ruleset: rules(t, "")}} {
		h.step(in)
	}
	h.expect("after that")

	h = newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tallow()"}})
	h.trace = nil
	h.step(Stop{})
	h.expect("everything is kept")
}

func TestReports(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}})
	turns := reported[TurnReport](h)
	equal(t, "turns", len(turns), 1)
	equal(t, "news", turns[0].News, true)
	equal(t, "held", turns[0].Held.Holder(), "bob")
	h.until(10 * time.Second)
	turns = reported[TurnReport](h)
	equal(t, "throttled", turns[0].Throttled, 1)
	equal(t, "no news", turns[0].News, false)
	h.until(20 * time.Second)
	pauses := reported[PauseReport](h)
	equal(t, "pauses", fmt.Sprint(pauses), fmt.Sprint([]PauseReport{{Holder: "bob", Outcome: "paused", Sent: h.now}}))
	if reported[PaceReport](h) != nil {
		t.Error("reports were not forgotten")
	}
}
