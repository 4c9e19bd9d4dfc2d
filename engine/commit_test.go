package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// speaker posts who plays, and keeps it.
const speaker = `
def on_playback(now):
	allow()
	light.set(now.who)
	mail.send(now.who)
	mail.send(now.who + " now and then", every="1h")
	state.set("who", now.who)
`

// When the commit fails what stands is still made true, what happens once does
// not happen, and the fault shows (promise 2). The next look tries again.
func TestCommitFails(t *testing.T) {
	h := &house{t: t, now: start, commits: func() error { return errDisk }}
	h.mails = func(a ApplyNow) Input { return Applied{ID: a.Effect.ID, Outcome: Outcome{Result: "sent"}} }
	h.plays(ann)
	h.boot(houseOptions{rules: []string{speaker}})
	h.expect("a disk that is full", "show unknown unknown", "look", "commit playback look",
		`show allow allow() light.set(color="ann")`, `show fault allow() light.set(color="ann")`)
	equal(t, "told", reported[FaultReport](h)[0].Fault, "journal: no space left")
	if len(h.l.state) != 0 || len(h.l.facts.Throttle) != 0 || len(h.l.facts.Repeats[KindPlayback]) != 0 {
		t.Errorf("kept %v, %v, %v", h.l.state, h.l.facts.Throttle, h.l.facts.Repeats)
	}
	h.until(2 * time.Minute)
	h.expect("at each look", "look", "commit playback look", "look", "commit playback look")
	h.commits = func() error { return nil }
	h.until(3 * time.Minute)
	h.expect("until it is kept", "look", "commit playback look", `show allow allow() light.set(color="ann")`,
		`apply mail.send(text="ann")`, "done sent", `apply mail.send(text="ann now and then", every="1h")`, "done sent")
	equal(t, "state", string(h.l.state["who"].Value), `"ann"`)
	h.until(30 * time.Minute)
	h.only("commit", "apply").expect("and only once")
	faults := reported[FaultReport](h)
	equal(t, "healed", faults[len(faults)-1].Fault, "")
}

// A commit of facts alone that fails shows the fault until the next look, which
// is committed although it shows nothing new.
func TestCommitOfAPauseFails(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tdeny('x')\n\tpause()\n\tpoll(every='2s')"}})
	h.until(9 * time.Second)
	h.commits = func() error { return errDisk }
	h.until(10 * time.Second)
	equal(t, "condition", h.shown.Condition, ConditionFault)
	h.commits = func() error { return nil }
	h.until(12 * time.Second)
	equal(t, "condition", h.shown.Condition, ConditionDeny)
}

// What could not be kept of on_blind is tried again at the next look that fails.
func TestCommitOfOnBlindFails(t *testing.T) {
	h := blindHouse(t)
	h.fails(BlindUnreachable)
	h.commits = func() error { return errDisk }
	h.until(63 * time.Second)
	equal(t, "condition", h.shown.Condition, ConditionFault)
	h.commits = func() error { return nil }
	h.trace = nil
	h.until(2 * time.Minute)
	h.only("show", "apply", "commit").expect("again", "commit blind", "show "+amber, `apply mail.send(text="blind: unreachable")`)
}

// Two calls of one key in a turn: one message.
func TestTwoCallsOfOneKey(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def f():\n\tmail.send('b', every='1h')\ndef on_playback(now):\n\tallow()\n\tmail.send('a', every='1h')\n\tf()\n\tmail.send('c', every='1h', key='c')"}})
	h.only("apply").expect("mails", `apply mail.send(text="a", every="1h")`, `apply mail.send(text="c", every="1h", key="c")`)
}

// Two commits are on their way when the disk fails: nothing of either was
// carried out, so all of it is still to be done.
func TestCommitsOnTheirWayFail(t *testing.T) {
	const two = "def on_playback(now):\n\tallow()\n\tmail.send('x')\n\tmail.send('t', every='10s')\n\tif now.who == 'bob':\n\t\tmail.send('y')"
	for _, c := range []struct {
		name string
		ok   [2]bool
		want string // carried out with the answers, and after them
	}{
		{"both fail", [2]bool{false, false}, "|x t y"}, {"the first fails", [2]bool{false, true}, "t y|x t"},
		{"the second fails", [2]bool{true, false}, "x t|t y"}, {"none fails", [2]bool{true, true}, "x t t y|t"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &house{t: t, now: start}
			h.mails = func(a ApplyNow) Input { return Applied{ID: a.Effect.ID, Outcome: Outcome{Result: "sent"}} }
			h.plays(ann)
			h.boot(houseOptions{rules: []string{two}})
			h.plays(bob)
			h.until(time.Minute)
			equal(t, "on their way", len(h.committed), 2)
			for i, commit := range slices.Clone(h.committed) {
				var err error
				if !c.ok[i] {
					err = errDisk
				}
				h.step(CommitDone{N: commit.N, Err: err})
			}
			mails := func() string {
				var out []string
				for _, e := range h.applying {
					text, _ := strconv.Unquote(e.Args.Arguments()[0].Value.String())
					out = append(out, text)
				}
				h.applying = nil
				return strings.Join(out, " ")
			}
			got := mails()
			h.commits = func() error { return nil }
			h.until(2*time.Minute + 5*time.Second)
			if rest := mails(); rest != "" {
				got += "|" + rest
			}
			// The throttled message comes every ten seconds; looks every minute.
			equal(t, "mails", got, c.want)
		})
	}
}

func TestStateOnItsWay(t *testing.T) {
	h := &house{t: t, now: start}
	h.plays(ann)
	h.boot(houseOptions{rules: []string{"def on_playback(now):\n\tn = state.get('n', 0)\n\tlog(n)\n\tstate.set('n', n + 1)"}})
	h.until(2 * time.Minute)
	var got []string
	for _, r := range reported[TurnReport](h) {
		got = append(got, r.Decision.Logs[0].Text)
	}
	equals(t, "reads what is on its way", got, "0", "1", "2")
	h.step(CommitDone{N: h.committed[0].N})
	h.step(CommitDone{N: h.committed[1].N, Err: errDisk})
	equal(t, "with the third, not with the second", string(h.l.state["n"].Value), "3")
	h.step(CommitDone{N: h.committed[2].N, Err: errDisk})
	equal(t, "with the first only", string(h.l.state["n"].Value), "1")
	h.step(CommitDone{N: 99, Err: errDisk})
	h.step(CommitDone{N: h.committed[0].N})
}

// A journal that hangs must not be asked without end, and what ran out while its
// write is on its way must not wake the loop again and again.
func TestJournalHangs(t *testing.T) {
	h := &house{t: t, now: start, pauses: func() string { return "paused" }}
	n := 0
	h.sees = func() Input { n++; return Looked{Data: snap{Who: fmt.Sprint(n), Plays: true}, Got: h.now} }
	h.boot(houseOptions{rules: []string{"def on_playback(now):\n\tdeny('x')\n\tstate.set('k', now.who, ttl='1s')"}})
	h.until(10 * time.Minute) // until fails the test when it is woken too often
	h.step(LookSoon{})
	h.now = h.now.Add(2 * time.Second)
	h.step(Wake{})
	if h.wake.Before(h.now) {
		t.Errorf("to be woken %s ago", h.now.Sub(h.wake))
	}
	h.until(3 * time.Hour)
	if len(h.committed) != maxPending {
		t.Errorf("%d commits on their way", len(h.committed))
	}
	equal(t, "condition", h.shown.Condition, ConditionFault)
	for _, c := range slices.Clone(h.committed) {
		h.step(CommitDone{N: c.N})
	}
	h.commits = func() error { return nil }
	h.until(4 * time.Hour)
	equal(t, "healed", h.shown.Condition, ConditionDeny)
}

func TestDuplicateEvent(t *testing.T) {
	h := &house{t: t, now: start, commits: func() error { return nil }, receipt: Receipt{Duplicate: true}}
	h.plays(ann)
	h.boot(houseOptions{rules: []string{speaker}})
	h.expect("a second one", "show unknown unknown", "look", "commit playback look", `show allow allow() light.set(color="ann")`)
	equal(t, "state", len(h.l.state), 0)
}

// The journal checks throttles again.
func TestThrottledByTheJournal(t *testing.T) {
	h := &house{t: t, now: start}
	h.plays(ann)
	h.boot(houseOptions{rules: []string{speaker}})
	commit := h.committed[0]
	h.step(CommitDone{N: commit.N, Receipt: Receipt{Throttled: []string{commit.Record.Outbox[1].ID}}})
	h.only("apply").expect("the other", `apply mail.send(text="ann")`)
	equal(t, "waiting", h.l.box.count, 1)
}

func TestRecord(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{speaker}, first: ann})
	h.until(5 * time.Minute)
	h.plays(bob)
	h.until(6 * time.Minute)
	equal(t, "records", len(h.records), 2)
	first, second := h.records[0], h.records[1]
	equal(t, "account", first.Account, "home")
	equal(t, "at", first.At, start)
	equal(t, "kind", first.Event.Kind+" "+first.Event.Cause, "playback look")
	equal(t, "data", string(first.Event.Data), `{"who":"ann","item":"So What","plays":true,"no_id":false}`)
	equal(t, "stands", string(first.Stands), `{"condition":"allow","verdict":"allow()","calls":["light.set(color=\"ann\")"]}`)
	var d DecisionRecord
	if err := json.Unmarshal(first.Decision, &d); err != nil {
		t.Fatal(err)
	}
	equals(t, "once", d.Once, `mail.send(text="ann")`, `mail.send(text="ann now and then", every="1h")`)
	equals(t, "standing", d.Standing, `light.set(color="ann")`)
	equal(t, "ruleset", d.Ruleset, h.l.rules.Hash)
	equal(t, "state", first.State[0].Key, "who")
	m := first.Outbox[1]
	equal(t, "message", fmt.Sprint(m.Call, m.Pos, m.Every, m.Key, m.Lane), `mail.send(text="ann now and then", every="1h")home.star:6:111h0m0smail annNone`)
	// A snapshot's run is kept when it ends.
	if first.Run != nil {
		t.Error("a run before the first look")
	}
	var run RunRecord
	if err := json.Unmarshal(second.Run, &run); err != nil {
		t.Fatal(err)
	}
	equal(t, "run", fmt.Sprint(run.First.Equal(start), run.Last.Sub(run.First), run.Count, string(run.Data) == string(first.Event.Data)), "true 5m0s 6 true")
	if second.Event.ID == first.Event.ID {
		t.Error("two events of one id")
	}
}

// The run of a snapshot is not lost with the commit that would have kept it.
func TestRunOfACommitThatFails(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{speaker}, first: ann})
	h.until(5 * time.Minute)
	h.plays(bob)
	h.commits = func() error { return errDisk }
	h.until(6 * time.Minute)
	h.commits = func() error { return nil }
	h.until(7 * time.Minute)
	last := h.records[len(h.records)-1]
	if !strings.Contains(string(last.Run), `"count":6`) || !strings.Contains(string(last.Run), "ann") {
		t.Errorf("run %s", last.Run)
	}
}

// Throttles, repeats, and nothing new is not committed (RULES.md).
func TestRepeats(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tallow()\n\tif now.plays:\n\t\tmail.send(now.who)\n\t\tmail.send(now.who)\n\tmail.send('reminder', every='5m')"}})
	h.only("apply").expect("the first turn", `apply mail.send(text="bob")`, `apply mail.send(text="bob")`, `apply mail.send(text="reminder", every="5m")`)
	h.plays(snap{Who: "bob", Item: "Other", Plays: true})
	h.until(4 * time.Minute)
	h.only("apply").expect("identical calls")
	h.until(10 * time.Minute)
	h.only("apply", "commit").expect("the reminder comes although nothing changed", "commit playback look", `apply mail.send(text="reminder", every="5m")`, "commit playback look", `apply mail.send(text="reminder", every="5m")`)
	h.plays(snap{Who: "bob"})
	h.until(11 * time.Minute)
	h.plays(bob)
	h.until(12 * time.Minute)
	h.only("apply").expect("after a turn without it", `apply mail.send(text="bob")`, `apply mail.send(text="bob")`)
	// Over a restart.
	h.boot(houseOptions{rules: []string{"def on_playback(now):\n\tallow()\n\tmail.send(now.who)\n\tmail.send('reminder', every='5m')"}, kept: Recovered{
		Facts: h.records[len(h.records)-1].Facts, Throttles: map[string]time.Time{"mail bob": start.Add(10 * time.Minute)},
	}})
	h.until(14 * time.Minute)
	h.only("apply").expect("after a restart")
	h.until(15 * time.Minute)
	h.only("apply").expect("the reminder", `apply mail.send(text="reminder", every="5m")`)
}

// A message of a failed turn is neither sent nor forgotten.
func TestRepeatsAfterAFailedTurn(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tmail.send('x')\n\tif now.item == 'bad':\n\t\tfail('bad')"}})
	h.plays(snap{Who: "bob", Item: "bad"})
	h.until(time.Minute)
	h.plays(bob)
	h.until(2 * time.Minute)
	h.only("apply").expect("once", `apply mail.send(text="x")`)
}

func TestEventIDs(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{speaker}, first: ann})
	for i := range 50 {
		h.plays(snap{Who: fmt.Sprint(i)})
		h.step(LookSoon{}) // all in one nanosecond
	}
	seen := map[string]bool{}
	for _, r := range h.records {
		if seen[r.Event.ID] {
			t.Fatalf("%s twice", r.Event.ID)
		}
		seen[r.Event.ID] = true
	}
	// After a restart with a clock that was set back.
	h.now = start.Add(-time.Hour)
	h.boot(houseOptions{rules: []string{speaker}, kept: Recovered{Facts: h.records[len(h.records)-1].Facts}})
	if r := h.records[len(h.records)-1]; seen[r.Event.ID] {
		t.Fatalf("%s again", r.Event.ID)
	}
}
