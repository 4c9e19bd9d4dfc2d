package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// causes gives the logs of all turns since the last time.
func (h *house) causes() []string {
	var out []string
	for _, r := range reported[TurnReport](h) {
		for _, l := range r.Decision.Logs {
			out = append(out, l.Text)
		}
		if r.Decision.Err != nil {
			out = append(out, "failed")
		}
	}
	return out
}

const watcher = "def on_playback(now):\n\tlog(now.who, now.cause, now.previous, now.changed)\n\tif state.get('party'):\n\t\tallow('party')\n\telse:\n\t\tdeny('x')\n"

func TestEvaluatedAgain(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{watcher + `
def f(e):
	log("tick", e.time == time.now(), state.get("party"))
	state.set("party", True, ttl = "90s")
at("12:05", f)
`}})
	equals(t, "the first look", h.causes(), "bob look None True")
	h.plays(ann)
	h.until(time.Minute)
	equals(t, "a look", h.causes(), "ann look bob True")
	h.step(Installed{Ruleset: h.l.rules})
	equals(t, "the same ruleset", h.causes())
	h.until(2 * time.Minute)
	h.reports, h.trace = nil, nil
	h.until(5 * time.Minute)
	equals(t, "a timer", h.causes(), "ann look ann False", "ann look ann False", "tick True None", "ann clock ann False", "ann look ann False")
	h.only("show", "commit").expect("what stands changes", "commit timer", "commit playback clock", `show allow allow(reason="party")`)
	h.until(6*time.Minute + 29*time.Second)
	h.reports = nil
	h.until(6*time.Minute + 31*time.Second)
	equals(t, "a ttl ends", h.causes(), "ann state ann False")
	h.only("show").expect("and it is as before", `show deny deny(reason="x")`)
	h.step(Installed{Ruleset: rules(t, watcher)})
	equals(t, "a reload", h.causes(), "ann reload ann False")
	h.until(24 * time.Hour)
	for _, line := range h.causes() {
		equal(t, "no timer any more", line, "ann look ann False")
	}
}

// A ttl that ends while its commit is on its way ends once.
func TestATTLEndsWhileItsCommitIsOnItsWay(t *testing.T) {
	h := &house{t: t, now: start}
	h.plays(bob)
	h.boot(houseOptions{rules: []string{"def on_playback(now):\n\tlog(now.cause, state.get('k'))\n\tif now.cause == 'look':\n\t\tstate.set('k', 1, ttl='2s')"}})
	h.until(30 * time.Second)
	equals(t, "before the answer", h.causes(), "look None", "state None")
	h.step(CommitDone{N: h.committed[0].N})
	h.until(40 * time.Second)
	equals(t, "after it", h.causes())
	// And when the answer and the end come at once.
	h = &house{t: t, now: start}
	h.plays(bob)
	h.boot(houseOptions{rules: []string{"def on_playback(now):\n\tlog(now.cause, state.get('k'))\n\tif now.cause == 'look':\n\t\tstate.set('k', 1, ttl='2s')"}})
	h.now = h.now.Add(3 * time.Second)
	h.step(CommitDone{N: h.committed[0].N})
	equals(t, "at once", h.causes(), "look None", "state None")
}

func TestNothingBeforeTheFirstLook(t *testing.T) {
	h := &house{t: t, now: start, commits: func() error { return nil }}
	h.boot(houseOptions{rules: []string{watcher + "every('1s', lambda e: log('tick'))"}, kept: Recovered{
		Facts: []byte(`{"held":{"who":"bob","plays":true}}`),
		State: []Write{{Key: "k", Value: []byte("1"), Expires: start.Add(2 * time.Second)}},
	}})
	h.until(10 * time.Second)
	h.step(Installed{Ruleset: rules(t, watcher+"\nevery('1s', lambda e: log('tock'))")})
	equals(t, "while the first look hangs", h.causes())
	h.shows("unknown unknown")
	h.looking = false
	h.step(Looked{Data: ann, Got: h.now})
	equals(t, "then", h.causes(), "ann look bob True", "tock", "ann clock ann False", "ann state ann False")
}

func TestTimers(t *testing.T) {
	h := newHouse(t, houseOptions{
		rules: []string{"every('10m', lambda e: log('tick', e.time))\nat('12:30', lambda e: log('half'))\n" + watcher},
		pace:  20 * 365 * 24 * time.Hour, // nothing but timers
	})
	h.reports = nil
	h.until(31 * time.Minute)
	var got []string
	for _, r := range reported[TurnReport](h) {
		got = append(got, r.Decision.Event.Kind+" "+r.Decision.Event.Time.Format("15:04:05"))
	}
	equals(t, "turns", got, "timer 12:10:00", "playback 12:10:00", "timer 12:20:00", "playback 12:20:00", "timer 12:30:00", "timer 12:30:00", "playback 12:30:00")

	// Missed runs are skipped: the machine slept.
	h.now = start.Add(5*time.Hour + 2*time.Minute)
	h.step(Wake{})
	equals(t, "missed", h.causes())
	h.until(5*time.Hour + 10*time.Minute)
	equals(t, "the next", h.causes(), "tick 2026-03-02 17:10:00 +0100 CET", "bob clock bob False")
	// A little late is not missed.
	h.now = start.Add(5*time.Hour + 20*time.Minute + 50*time.Second)
	h.step(Wake{})
	equals(t, "late", h.causes(), "tick 2026-03-02 17:20:50 +0100 CET", "bob clock bob False")
	// A reload does not restart them.
	h.now = start.Add(5*time.Hour + 25*time.Minute)
	h.step(Installed{Ruleset: rules(t, "every('10m', lambda e: log('tick', e.time))\nat('12:30', lambda e: log('half'))\n"+watcher+"# edited")})
	h.reports = nil
	h.until(5*time.Hour + 31*time.Minute)
	equals(t, "after a reload", h.causes(), "tick 2026-03-02 17:30:00 +0100 CET", "bob clock bob False")
	// The clock was wrong by years, and is set back: timers do not sleep for years.
	h.now = start.Add(9 * 365 * 24 * time.Hour)
	h.step(Wake{})
	h.now = start.Add(6 * time.Hour)
	h.step(Wake{})
	h.reports = nil
	h.until(6*time.Hour + 10*time.Minute)
	equals(t, "after years", h.causes(), "tick 2026-03-02 18:10:00 +0100 CET", "bob clock bob False")
}

// A timer that runs in the step of a look that pauses: the second turn knows what
// the first one asked for.
func TestTimerAtALookThatPauses(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{"def on_playback(now):\n\tlog(now.cause, state.get('n', 0))\n\tif now.who == 'bob':\n\t\tdeny('x')\n\t\tpause()\n\t\tmail.send('x')\n\t\tif now.cause == 'look':\n\t\t\tstate.set('n', state.get('n', 0) + 1)\nevery('10s', lambda e: log('tick'))"}})
	h.until(9 * time.Second)
	h.sees = nil
	h.step(LookSoon{})
	h.trace, h.reports = nil, nil
	h.now = start.Add(10 * time.Second)
	h.step(Looked{Data: bob, Got: h.now})
	equals(t, "turns", h.causes(), "look 0", "tick", "clock 1")
	h.only("pause", "apply").expect("once", "pause bob", `apply mail.send(text="x")`)
}

func TestFailingTimer(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def f(e):\n\tstate.set('k', 1)\n\tfail('x')\nevery('10m', f)\ndef on_playback(now):\n\tallow(state.get('k', 'none'))"}})
	h.until(11 * time.Minute)
	h.shows(`allow allow(reason="none")`)
	failed := 0
	for _, r := range reported[TurnReport](h) {
		if r.Failed != nil {
			failed++
		}
	}
	equal(t, "failed", failed, 1)
}

const good = "def on_playback(now):\n\tdeny('good')\n\tlight.set('red')\n\tpause(every='5s')\n\tpoll(every='20s')\n"

// A turn that fails is evaluated once more on the newest ruleset that decided
// such a turn without failing.
func TestDegraded(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{good}})
	goodHash := h.l.rules.Hash
	equal(t, "proven", len(reported[ProvenReport](h)), 1)
	bad := rules(t, "def on_playback(now):\n\tallow()\n\tnow.nothing")
	h.step(Installed{Ruleset: bad})
	h.shows(`deny deny(reason="good") light.set(color="red") pause(every="5s") poll(every="20s")`)
	r := reported[TurnReport](h)[0]
	equal(t, "degraded", r.Decision.Degraded, bad.Hash)
	equal(t, "decided by", r.Decision.Ruleset, goodHash)
	if r.Failed == nil {
		t.Error("the failure is not told")
	}
	// Another edit that fails: still the one that worked.
	h.step(Installed{Ruleset: rules(t, "def on_playback(now):\n\tfail('again')")})
	equal(t, "decided by", reported[TurnReport](h)[0].Decision.Ruleset, goodHash)
	// One that works takes over.
	h.step(Installed{Ruleset: rules(t, "def on_playback(now):\n\tallow()")})
	h.shows("allow allow()")
	equal(t, "proven", len(reported[ProvenReport](h)), 1)
}

// Rules that were taken back do not decide what the older ones fail at, which are in force again; those before both may.
func TestTakenBackDoesNotDecide(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{good}})
	goodHash := h.l.rules.Hash
	taken := rules(t, "def on_playback(now):\n\tallow('taken back')")
	failing := rules(t, "def on_playback(now):\n\tfail('now')")
	h.step(Installed{Ruleset: taken})
	h.step(Installed{Ruleset: failing, Not: []string{taken.Hash}})
	turns := reported[TurnReport](h)
	equal(t, "decided by", turns[len(turns)-1].Decision.Ruleset, goodHash)
	h.step(Installed{Ruleset: taken})
	h.step(Installed{Ruleset: rules(t, "def on_playback(now):\n\tfail('again')"), Not: []string{taken.Hash, goodHash}})
	equal(t, "the light", h.l.stands.Condition, ConditionFault)
	equal(t, "the verdict", h.l.stands.Verdict.Kind, Unknown)
}

// When that fails too, pause and poll stand as they stood, the verdict is unknown
// and the light shows the fault.
func TestBothFail(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{good + "\tif now.item == 'bad':\n\t\tfail('old')"}})
	h.step(Installed{Ruleset: rules(t, good+"\tif now.item == 'bad':\n\t\tfail('new')")})
	h.trace = nil
	h.plays(snap{Who: "bob", Item: "bad", Plays: true})
	h.until(5 * time.Second)
	h.shows(`fault unknown pause(every="5s") poll(every="20s")`)
	h.until(20 * time.Second)
	h.only("pause").expect("the pause stands", "pause bob", "pause bob", "pause bob", "pause bob")
	h.plays(bob)
	h.until(30 * time.Second)
	h.shows(`deny deny(reason="good") light.set(color="red") pause(every="5s") poll(every="20s")`)
	kept := 0
	for _, r := range h.records {
		if r.Event != nil && len(r.Outbox) == 0 {
			kept++
		}
	}
	if kept < 2 {
		t.Error("a failure is not kept")
	}
}

// At a start the ruleset that is known to work may be given along.
func TestBefore(t *testing.T) {
	bad := rules(t, "def on_playback(now):\n\tfail('x')\ndef on_blind(p):\n\tfail('x')")
	for _, before := range []*Ruleset{rules(t, good), nil, bad} {
		h := newHouse(t, houseOptions{idle: true})
		h.step(Installed{Ruleset: bad, Before: before})
		want := "fault unknown"
		if before != nil && before != bad {
			want = `deny deny(reason="good") light.set(color="red") pause(every="5s") poll(every="20s")`
		}
		h.shows(want)
	}
	h := newHouse(t, houseOptions{rules: []string{good}})
	h.step(Installed{})
	h.shows(`deny deny(reason="good") light.set(color="red") pause(every="5s") poll(every="20s")`)
}

// An edit that denies the device that plays leads to a look, and to a pause.
func TestReloadThatDenies(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tallow()"}})
	h.until(2 * time.Second)
	h.trace = nil
	h.step(Installed{Ruleset: rules(t, good)})
	h.only("look", "pause").expect("at once", "look", "pause bob")
}

func TestWritesThatChangeNothing(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tallow()\n\tstate.set('a', 1)\n\tstate.delete('b')\n\tif now.item == '2':\n\t\tstate.set('a', 2)\n\t\tstate.set('a', 1)"}})
	equal(t, "the first", fmt.Sprint(len(h.records), len(ofRules(h.records[0].State))), "1 1")
	h.until(10 * time.Minute)
	equal(t, "nothing to keep", len(h.records), 1)
	h.plays(snap{Who: "bob", Item: "2", Plays: true})
	h.until(11 * time.Minute)
	last := ofRules(h.records[len(h.records)-1].State)
	equal(t, "the last write counts", string(last[len(last)-1].Value), "1")
	equal(t, "state", string(h.l.state["a"].Value), "1")
}

// ofRules are the writes that rules asked for.
func ofRules(writes []Write) []Write {
	return slices.DeleteFunc(slices.Clone(writes), func(w Write) bool { return isReserved(w.Key) })
}

func TestStopwatch(t *testing.T) {
	var watch time.Duration
	l := NewLoop(LoopOptions{Account: "home", Pacer: pacer(time.Minute), Stopwatch: func() time.Duration { watch += time.Millisecond; return watch }}, Recovered{}, start)
	l.Step(start, Installed{Ruleset: rules(t, good)})
	actions, _ := l.Step(start, Looked{Data: bob, Got: start})
	for _, a := range actions {
		if tell, ok := a.(Tell); ok {
			if r, ok := tell.Report.(TurnReport); ok {
				equal(t, "took", r.Took, time.Millisecond)
				return
			}
		}
	}
	t.Error("no turn was told")
}
