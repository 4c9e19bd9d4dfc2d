package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const guarded = `
def on_playback(now):
	log(now.cause, now.said)
	if now.said == "approved":
		allow("approved")
	else:
		deny("not approved")
		pause()
`

// orders are what those who wait were told, since the last time.
func (h *house) orders() []string {
	var out []string
	for _, r := range reported[OrderReport](h) {
		out = append(out, fmt.Sprint(r.ID, " ", r.Err))
	}
	return out
}

func TestApprove(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{guarded}})
	h.until(time.Second)
	h.trace, h.reports = nil, nil
	h.step(Approve{ID: "7", Holder: "bob", Allowed: true, For: time.Hour, By: "cli"})
	h.expect("kept, and decided anew", "commit approval", "commit playback state", `show allow allow(reason="approved")`)
	equals(t, "told", h.orders(), "7 <nil>")
	rec := h.records[len(h.records)-2]
	equal(t, "who and what", string(rec.Event.Data), `{"by":"cli","what":"approve(device_key=\"bob\", for_=\"1h\")"}`)
	a, ok := h.l.facts.withState(h.l.state).Approval("bob", h.now)
	equal(t, "who, when, until", fmt.Sprintln(ok, a.Allowed, a.By, a.At.Equal(h.now), a.Until.Equal(h.now.Add(time.Hour))), "true true cli true true\n")

	h.step(Approve{ID: "8", Holder: "bob", By: "cli"})
	h.shows(`deny deny(reason="not approved") pause(every="10s")`)
	equals(t, "the last word counts", h.causes(), "state blocked", "look blocked")
	h.step(Approve{ID: "9", Holder: "bob", Undo: true, By: "cli"})
	equals(t, "taken back", h.causes(), "state None")
	h.step(Approve{ID: "10", Holder: "bob", Undo: true, By: "cli"})
	equals(t, "there is nothing", h.orders(), `10 nothing is approved or blocked under "bob"`)
}

// withState is what a turn is told.
func (f Facts) withState(s State) Facts {
	f.approvals = s
	return f
}

func TestAnApprovalEndsByItself(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{guarded}})
	h.step(Approve{ID: "1", Holder: "bob", Allowed: true, For: 30 * time.Second})
	h.until(time.Second)
	h.causes()
	h.until(30 * time.Second)
	equals(t, "evaluated anew at its end", h.causes(), "state None", "look None")
	h.shows(`deny deny(reason="not approved") pause(every="10s")`)

	// Over a restart; and with a clock that was set back it lasts no longer.
	h.step(Approve{ID: "2", Holder: "bob", Allowed: true, For: time.Hour})
	h.now = h.now.Add(10 * time.Minute)
	h.restarts()
	h.shows(`allow allow(reason="approved")`)
	h.now = h.now.Add(-24 * time.Hour)
	h.restarts()
	a, _ := h.l.facts.withState(h.l.state).Approval("bob", h.now)
	equal(t, "until", a.Until.Sub(h.now), time.Hour)
	h.until(h.now.Sub(start) + time.Hour)
	h.shows(`deny deny(reason="not approved") pause(every="10s")`)
}

// A commit that fails: the one who waits is told, and what stands does not rest on
// a word that was not kept.
func TestAnApprovalThatIsNotKept(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{guarded}})
	h.until(time.Second)
	h.commits = nil
	h.step(Approve{ID: "1", Holder: "bob", Allowed: true})
	h.shows(`allow allow(reason="approved")`)
	h.orders()
	h.written(errDisk)
	equals(t, "told", h.orders(), "1 no space left")
	h.shows(`fault deny(reason="not approved") pause(every="10s")`)
	h.written(nil)
	h.step(Approve{ID: "2", Holder: "bob", Allowed: true})
	h.receipt = Receipt{Duplicate: true}
	h.orders()
	h.written(nil)
	equals(t, "nothing was written", h.orders(), "2 the journal has another event with this id")
}

func TestAnApprovalWhileTheJournalHangs(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{guarded}})
	h.commits = nil
	for i := range maxPending + 5 {
		h.step(Approve{ID: fmt.Sprint(i), Holder: fmt.Sprint("x", i)})
	}
	refused := h.orders()
	if len(refused) == 0 || !strings.Contains(refused[0], "too many commits") {
		t.Errorf("told: %v", refused)
	}
	n := len(h.committed)
	h.written(nil)
	equal(t, "everybody is told", len(refused)+len(h.orders()), maxPending+5)
	equal(t, "bounded", n <= maxPending+1, true)
}

// An order may come before there are rules, and while nothing can be seen.
func TestOrdersBeforeThereAreRules(t *testing.T) {
	h := newHouse(t, houseOptions{idle: true})
	h.step(GateWaits{Kind: BlindQuota, Until: start.Add(time.Hour)})
	h.step(Approve{ID: "1", Holder: "bob", Allowed: true})
	h.step(Approve{ID: "2", Holder: "eve", Undo: true})
	h.step(Enforce{ID: "3", On: false})
	h.step(Refreshed{What: "an access token was fetched"})
	h.step(Notice{Effect: mailNotice("x")})
	equals(t, "told", h.orders(), "1 <nil>", `2 nothing is approved or blocked under "eve"`, "3 <nil>")
	h.only("commit", "apply").expect("kept", "commit approval", "commit enforce", "commit token")
	h.step(Installed{Ruleset: rules(t, guarded)})
	h.until(time.Hour)
	h.shows(`allow allow(reason="approved")`)
}

func TestApprovalsOfRules(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{`
def on_playback(now):
	log(now.said)
	disapprove(now.who)
	deny("x")
def f(e):
	approve("bob", for_ = "5m")
	approve("bob")
	approve("bob", for_ = "2m")
at("12:05", f)
`}})
	h.until(4 * time.Minute)
	equal(t, "said at every look, kept once", len(ofApprovals(h.kept)), 1)
	equal(t, "by whom", string(ofApprovals(h.kept)[0].Value), `{"allowed":false,"by":"rule home.star:4:12","at":"2026-03-02T12:00:00+01:00"}`)
	h.causes()
	h.until(5 * time.Minute)
	equals(t, "then", h.causes(), "approved", "blocked")
	got := ofApprovals(h.kept)
	equal(t, "the last word counts", got[len(got)-1].String(), `disapprove(device_key="bob")`)
}

// ofApprovals are the writes of approvals in records.
func ofApprovals(records []Record) []Write {
	var out []Write
	for _, rec := range records {
		for _, w := range rec.State {
			if strings.HasPrefix(w.Key, reservedApproval) {
				out = append(out, w)
			}
		}
	}
	return out
}

// Who reads the journal finds that somebody outside of the rules was behind it.
func TestApprovedByATopic(t *testing.T) {
	set := rules(t, "def on_press(e):\n\tapprove(e.who)\ndef on_playback(now):\n\tpublish('press', who = 'x')")
	topic, err := NewTopic("slack:U1", []Field{{"who", starlarkString("bob")}})
	if err != nil {
		t.Fatal(err)
	}
	d := set.Evaluate(t.Context(), Event{ID: "1", Account: "home", Kind: "press", Time: start, Data: topic}, Facts{}, nil)
	equal(t, "by", fmt.Sprint(State{}.With(d.State, start).Approvals(start)[0].By, d.Err), "slack:U1, rule home.star:2:9<nil>")
	d = set.Evaluate(t.Context(), playback(bob), Facts{}, nil)
	equal(t, "by", State{}.With(d.State, start).Approvals(start)[0].By, "rule home.star:2:9")
}

func TestAtMostFiveHundredApprovals(t *testing.T) {
	many := "def on_playback(now):\n\tfor i in range(%d):\n\t\tapprove('x%%d' %% i)\n\t\tdisapprove('x%%d' %% i)\n"
	evaluate := func(n int, s State) Decision {
		// It is not about time: with the detector of races, on a busy machine, 2 s are not enough.
		set, err := Load(snapshot("home.star", fmt.Sprintf(many, n)), Limits{Wall: time.Minute}, newFakes().modules...)
		if err != nil {
			t.Fatal(err)
		}
		return set.Evaluate(t.Context(), playback(bob), Facts{}, s)
	}
	d := evaluate(keptApprovals, nil)
	if d.Err != nil {
		t.Fatal(d.Err)
	}
	state := State{}.With(d.State, start)
	equal(t, "kept", len(state.Approvals(start)), keptApprovals)
	byHand := State{}
	for i := range keptApprovals {
		byHand = byHand.With([]Write{approvalWrite(fmt.Sprint("x", i), Approval{By: "cli"}, 0)}, start)
	}
	for name, d := range map[string]Decision{
		"in one turn": evaluate(keptApprovals+1, nil),
		"and later":   evaluate(keptApprovals+1, byHand),
	} {
		if d.Err == nil || !strings.Contains(d.Err.Error(), "more than 500 approvals") {
			t.Errorf("%s: %v", name, d.Err)
		}
	}
	// A stranger with ever new names does not make turns fail of a rule that blocks
	// them: the oldest block of a rule is given up, and nobody else's word.
	blocks := State{}
	for i := range keptApprovals {
		a := Approval{By: "rule x", At: start.Add(time.Duration(keptApprovals-i) * time.Second)}
		switch i % 4 {
		case 1:
			a.Allowed = true
		case 2:
			a.By = "cli"
		case 3:
			a.By = "slack:U1, rule x"
		}
		blocks = blocks.With([]Write{approvalWrite(fmt.Sprint("b", i), a, 0)}, start)
	}
	d = evaluate(125, blocks)
	if d.Err != nil {
		t.Fatal(d.Err)
	}
	equal(t, "the oldest", d.State[0].String(), `undo(device_key="b496")`)
	left := State{}.With(d.State, start)
	for _, row := range blocks.With(d.State, start).Approvals(start) {
		if strings.HasPrefix(row.Holder, "b") && row.By == "rule x" && !row.Allowed {
			t.Errorf("%s is left", row.Holder)
		}
	}
	equal(t, "new ones", len(left.Approvals(start)), 125)
	equal(t, "in all", len(blocks.With(d.State, start).Approvals(start)), keptApprovals)
	if d := evaluate(126, blocks); d.Err == nil {
		t.Error("a person's word was given up")
	}
	if d := evaluate(keptApprovals, state); d.Err != nil {
		t.Errorf("those that are there: %v", d.Err)
	}

	var kept Recovered
	for key, e := range state {
		kept.State = append(kept.State, Write{Key: key, Value: e.Value})
	}
	h := newHouse(t, houseOptions{kept: kept, rules: []string{guarded}})
	h.step(Approve{ID: "1", Holder: "one more"})
	h.step(Approve{ID: "2", Holder: "x7", Allowed: true})
	h.step(Approve{ID: "3", Holder: "x8", Undo: true})
	h.step(Approve{ID: "4", Holder: "one more"})
	equals(t, "from outside", h.orders(), "1 <nil>", "2 <nil>", "3 <nil>", "4 <nil>")
	equal(t, "in all", len(h.l.state.Approvals(h.now)), keptApprovals-1)
}

// No rule reads or writes what is reserved, and it takes none of a rule's room.
func TestReservedKeys(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{`
def on_playback(now):
	for key in ("\0approval bob", "\0enforce", "\0ledger bob", "\0"):
		log(state.get(key))
		state.set(key, {"allowed": True, "on": False})
		log(state.get(key)["on"])
	log(now.said)
	state.delete("\0ledger bob")
`}})
	equals(t, "read", h.causes(), "None", "False", "None", "False", "None", "False", "None", "False", "None")
	h.until(time.Minute)
	equal(t, "not approved", h.causes()[8], "None")
	equal(t, "enforced", h.l.enforce, true)
	equals(t, "ledger", holdersOf(h.recovered().State), "bob")
	if _, ok := h.l.state["\x00approval bob"]; ok {
		t.Error("a rule has written an approval")
	}

	full := State{}
	for i := range 5 * stateKeys {
		full[fmt.Sprint(reservedApproval, i)] = Entry{Value: []byte("{}")}
	}
	if d := rules(t, "def on_playback(now):\n\tstate.set('k', 1)").Evaluate(t.Context(), playback(bob), Facts{}, full); d.Err != nil {
		t.Error(d.Err)
	}
}

func TestWritePrintsAsItsCall(t *testing.T) {
	long := approvalWrite("a\"b", Approval{Allowed: true, At: start}, 90*time.Minute)
	for _, c := range []struct {
		w    Write
		want string
	}{
		{long, `approve(device_key="a\"b", for_="1h30m")`},
		{approvalWrite("a", Approval{}, 0), `disapprove(device_key="a")`},
		{Write{Key: reservedApproval + "a"}, `undo(device_key="a")`},
		{Write{Key: "k"}, `state.delete(key="k")`},
		{Write{Key: "k", Value: []byte(`{"a":[1,null]}`)}, `state.set(key="k", value={"a": [1, None]})`},
		{Write{Key: "k", Value: []byte(`1`), Length: time.Hour}, `state.set(key="k", value=1, ttl="1h")`},
	} {
		equal(t, "prints", c.w.String(), c.want)
	}
	rows := State{}.With([]Write{long, approvalWrite("z", Approval{}, 0), {Key: reservedApproval + "broken", Value: []byte("{")}}, start).Approvals(start)
	equal(t, "rows", fmt.Sprintln(len(rows), rows[0].Holder, rows[0].Until.Sub(start), rows[1].Holder), "2 a\"b 1h30m0s z\n")
	equal(t, "by holder", slices.IsSortedFunc(rows, func(a, b ApprovalRow) int { return strings.Compare(a.Holder, b.Holder) }), true)
	equal(t, "over", len(State{reservedApproval + "x": {Value: []byte("{}"), Expires: start}}.Approvals(start)), 0)
}

// The power goes between the commit and its answer: what was kept counts, and the
// message that went with it is sent.
func TestARestartBeforeTheAnswer(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{guarded + "\t\tmail.send(now.who)\n"}})
	h.until(time.Second)
	h.commits, h.applying = nil, nil
	h.step(Approve{ID: "1", Holder: "bob", Allowed: true, For: time.Hour})
	h.plays(snap{Who: "eve"})
	h.step(LookSoon{})
	for _, a := range h.committed {
		h.answered(a, nil) // nobody hears it
	}
	equals(t, "not told", h.orders())
	h.only("apply").expect("not sent", `apply mail.send(text="ann")`)
	h.plays(bob)
	h.restarts()
	h.shows(`allow allow(reason="approved")`)
	h.only("apply").expect("sent", `apply mail.send(text="eve")`)
}
