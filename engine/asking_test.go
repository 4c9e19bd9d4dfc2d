package engine

import (
	"fmt"
	"testing"
	"time"
)

func TestATurnWaitsForItsAnswer(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{curious}})
	h.expect("it asks", "show unknown unknown", "look", whoCall)
	h.now = h.now.Add(time.Second)
	h.hears("a stranger")
	h.expect("and decides, and pauses on the look of a second ago", "pause bob",
		`show deny deny(reason="a stranger") light.set(color="red") pause(every="10s")`,
		"commit playback look", "commit pause", `apply mail.send(text="bob plays", every="30m")`, "done sent")
	rec := h.records[0]
	equal(t, "the answer is kept", fmt.Sprintf("%s %s", rec.Event.Answers[0].Call, rec.Event.Answers[0].Data), `ask.one(q="who") "a stranger"`)
	equal(t, "the event is of when it happened", rec.Event.Time.Equal(start), true)
	equals(t, "nothing of the first try is told", h.causes(), "bob look")
}

// An error is a value; a host that gives no answer must not be asked for ever.
func TestNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(h *house)
		want string
	}{
		"an error":   {func(h *house) { h.hears("!no budget") }, "error: no budget"},
		"none":       {func(h *house) { h.step(Answered{N: 1}) }, "error: no answer within 5s"},
		"another":    {func(h *house) { h.step(Answered{N: 1, Answers: answersOf("what", "x")}) }, "error: no answer within 5s"},
		"in vain":    {func(h *house) { h.until(5 * time.Second) }, "error: no answer within 5s"},
		"of another": {func(h *house) { h.step(Answered{N: 7, Answers: answersOf("who", "x")}); h.until(5 * time.Second) }, "error: no answer within 5s"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tallow(ask.one('who'))"}})
			h.now = h.now.Add(time.Second)
			c.do(h)
			h.shows(fmt.Sprintf("allow allow(reason=%q)", c.want))
			h.only("ask").expect("asked once", whoCall)
		})
	}
}

func TestALateAnswerIsIgnored(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{curious}})
	h.until(4*time.Second + 999*time.Millisecond)
	h.shows("unknown unknown")
	h.sees = nil // the look that follows hangs
	h.until(6 * time.Second)
	h.shows(`deny deny(reason="a stranger") light.set(color="red") pause(every="10s")`)
	h.trace = nil
	h.hears("a friend")
	h.expect("too late")
	h.step(Answered{N: 2, Answers: answersOf("who", "a friend")})
	h.expect("nobody asked")
}

// One answer serves the same question for ten seconds.
func TestAnAnswerServesLaterTurns(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{curious}, pace: 4 * time.Second})
	h.hears("a friend")
	h.until(9 * time.Second)
	h.only("look", "ask").expect("looks", "look", whoCall, "look", "look")
	h.until(13 * time.Second)
	h.only("look", "ask").expect("it is old", "look", whoCall)
	equal(t, "the same answer", h.records[0].Event.Answers[0].At.Equal(start), true)
}

// A pause is sent on a look at most two seconds old. When the answers take longer
// the next look follows at once, and is decided with them: also when there were
// as many, and as slow, as may be.
func TestSlowAnswersAndAPause(t *testing.T) {
	for n := 1; n <= 4; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			src := "def on_playback(now):\n\tfor q in range(%d):\n\t\task.one(q)\n\tdeny('x')\n\tpause()"
			h := newHouse(t, houseOptions{rules: []string{fmt.Sprintf(src, n)}})
			h.sees = func() Input { return Looked{Data: bob, Got: h.now} }
			h.trace = nil
			for range n {
				h.until(h.now.Sub(start) + 4900*time.Millisecond/time.Duration(n))
				h.hears("yes")
			}
			asked := make([]string, 0, n+3)
			for q := 1; q < n; q++ {
				asked = append(asked, fmt.Sprintf("ask ask.one(q=%d)", q))
			}
			h.only("ask", "look", "pause").expect("looks once more, and pauses", append(asked, "look", "pause bob")...)
			h.until(h.now.Sub(start) + 5*time.Second)
			h.only("ask", "look", "pause").expect("and then at the usual pace")
		})
	}
}

// While one turn waits the others wait behind it, in order.
func TestOthersWaitBehind(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{`
def on_playback(now):
	log(now.who, now.cause, state.get("k"))
	if now.cause == "look" and now.who == "ann":
		state.set("k", 1, ttl="17s")
	allow()
def f(e):
	log("f", ask.one("f"))
	state.set("f", 1)
def g(e):
	log("g")
	publish("x")
def on_x(e):
	log("x", ask.one("x"), state.get("f"))
every("15s", f)
every("15s", g)
`}})
	h.until(14 * time.Second)
	h.sees = nil
	h.step(LookSoon{})
	h.causes()
	h.trace = nil
	h.until(15 * time.Second)
	h.expect("f asks", "ask ask.one(q=\"f\")")
	h.until(16 * time.Second)
	h.looking = false
	h.step(Looked{Data: bob, Got: h.now})
	h.until(17 * time.Second) // the ttl ends
	equals(t, "meanwhile", h.causes())
	h.expect("no turn, and no look")
	h.hears("1")
	equals(t, "f, and what is seen", h.causes(), "f 1", "bob look None")
	h.hears("2")
	equals(t, "then in order", h.causes(), "g", "x 2 1", "bob clock None", "bob state None")
	h.only("commit", "ask", "look").expect("all are kept", "commit timer", "commit playback look", `ask ask.one(q="x")`, "commit timer")
}

// Two timers that ask at the same moment do so one after the other, and the
// second is told what the first was.
func TestTwoTimersAsk(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{"def f(e):\n\tlog('f', ask.one('who'))\ndef g(e):\n\tlog('g', ask.one('who'))\nevery('20s', f)\nevery('20s', g)\ndef on_playback(now):\n\tallow()"}})
	h.causes()
	h.until(21 * time.Second)
	h.only("ask").expect("once", whoCall)
	h.hears("ann")
	equals(t, "both", h.causes(), "f ann", "g ann")
	h.until(40 * time.Second)
	h.only("ask").expect("and again", whoCall)
	h.until(45 * time.Second)
	equals(t, "in vain", h.causes(), "f error: no answer within 5s", "g error: no answer within 5s")
}

// Timers whose questions take longer than they may wait do not pile up.
func TestTimersDoNotPileUp(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{`
def f(e):
	for q in range(4):
		ask.one("%d %d" % (e.time.unix, q))
every("1s", f)
def on_playback(now):
	allow()
`}})
	h.until(time.Hour)
	if n := len(h.l.jobs); n > 2*(60+20) {
		t.Errorf("%d turns wait", n)
	}
}

// Outbox, commits, and a pause that is on its way go on while a turn waits.
func TestTheRestGoesOn(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{"def on_playback(now):\n\tif now.who == 'ann':\n\t\tallow()\n\t\treturn\n\tdeny('x')\n\tpause()\n\tmail.send(now.item)\ndef f(e):\n\task.one('who')\nevery('10s', f)"}})
	h.commits, h.pauses, h.mails = nil, nil, nil
	h.trace = nil
	h.until(9 * time.Second)
	h.plays(snap{Who: "bob", Item: "2", Plays: true})
	h.step(LookSoon{})
	h.until(10 * time.Second)
	h.only("pause", "commit", "ask").expect("all at once", "pause bob", "commit playback look", whoCall)
	h.step(PauseDone{Holder: "bob", Sent: h.now, Outcome: "paused"})
	h.written(nil)
	h.only("pause", "commit", "apply", "look").expect("meanwhile", "commit pause", `apply mail.send(text="2")`)
	h.step(Applied{ID: h.applying[len(h.applying)-1].ID, Outcome: Outcome{Result: "sent"}})
	h.only("done").expect("and it is sent", "done sent")
	h.sees = nil
	h.hears("yes")
	h.until(20 * time.Second)
	h.only("look").expect("looks go on", "look")
}

// The ruleset that is in force when the answer comes decides.
func TestARulesetInstalledWhileATurnWaits(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{curious}})
	h.step(Installed{Ruleset: rules(t, "def on_playback(now):\n\tlog('new', now.cause)\n\tallow('new')")})
	equals(t, "it waits as well", h.causes())
	h.hears("a stranger")
	equals(t, "both by the new one", h.causes(), "new look", "new reload")
	h.shows(`allow allow(reason="new")`)

	// The file that asked is gone.
	h = newHouse(t, houseOptions{first: ann, rules: []string{"every('10s', lambda e: log('tick', ask.one('who')))"}})
	h.causes()
	h.until(10 * time.Second)
	h.step(Installed{Ruleset: rules(t, "def on_playback(now):\n\tlog(now.cause)")})
	h.hears("ann")
	equals(t, "nothing of it", h.causes(), "clock", "reload")
}

// The ruleset that decides instead of one that fails may ask as well, and so may
// the one that fails.
func TestTheFallbackAsks(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{curious}})
	h.hears("a friend")
	h.until(11 * time.Second)
	h.causes()
	h.step(Installed{Ruleset: rules(t, "def on_playback(now):\n\task.one('new')\n\tfail('x')")})
	h.only("ask").expect("the new one asks", whoCall, `ask ask.one(q="new")`)
	h.hears("yes")
	h.only("ask").expect("then the old one", whoCall)
	h.hears("a stranger")
	h.shows(`deny deny(reason="a stranger") light.set(color="red") pause(every="10s")`)
	r := reported[TurnReport](h)
	equal(t, "degraded", r[0].Decision.Degraded, h.l.rules.Hash)
	equal(t, "answers", len(r[0].Decision.Event.Answers), 2)
}

func TestATurnFailsAfterItsAnswer(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tif ask.one('who') == 'x':\n\t\tfail('x')\n\tdeny('x')\n\tpause()"}})
	h.hears("y")
	h.only("pause").expect("pauses", "pause bob")
	h.answers = func(Ask) string { return "x" }
	h.until(10 * time.Second)
	h.shows(`fault unknown pause(every="10s")`)
	h.only("pause").expect("pauses as it stood", "pause bob")
}

// on_blind may ask, too. What was seen before must not stand meanwhile.
func TestOnBlindAsks(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{"def on_playback(now):\n\tallow()\ndef on_blind(p):\n\tlight.set('amber')\n\tmail.send(ask.one('why'))\n\tlog(p.kind)\n"}})
	h.shows("allow allow()")
	h.until(10 * time.Second)
	h.step(GateWaits{Kind: BlindQuota, Until: start.Add(time.Hour)})
	h.shows("unknown unknown")
	h.step(GateWaits{Kind: BlindQuota, Until: start.Add(2 * time.Hour)})
	h.step(GateWaits{Kind: BlindQuota, Until: start.Add(3 * time.Hour)})
	h.causes()
	h.trace = nil
	h.hears("so")
	equals(t, "one turn", h.causes(), "quota")
	h.expect("then", "commit blind", `show blind unknown light.set(color="amber")`, `apply mail.send(text="so")`, "done sent")
}

// The player is seen again while on_blind waits for its answer.
func TestSeenAgainWhileOnBlindAsks(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{"def on_playback(now):\n\tlog(now.who)\n\tallow()\ndef on_blind(p):\n\task.one('why')\n\tlog(p.kind)\n"}})
	h.sees = nil
	h.until(76 * time.Second) // the look at 60 s hangs
	h.causes()
	h.only("ask").expect("asks", `ask ask.one(q="why")`)
	h.step(Looked{Data: bob, Got: h.now})
	h.shows("unknown unknown")
	h.hears("so")
	equals(t, "in order", h.causes(), BlindUnreachable, "bob")
	h.shows("allow allow()")
}

// A wait of the gate is judged by when the next look is due, which is not known
// while the turn of the last one waits.
func TestTheGateWaitsWhileALookAsks(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		want string
	}{
		{40 * time.Second, "allow allow(reason=\"a friend\")"}, // the next look is due in a minute
		{64 * time.Second, "allow allow(reason=\"a friend\")"},
		{66 * time.Second, "blind unknown light.set(color=\"amber\")"},
	} {
		h := newHouse(t, houseOptions{first: ann, rules: []string{curious}})
		h.step(GateWaits{Kind: BlindRateLimited, Until: start.Add(c.wait)})
		h.step(GateWaits{Kind: BlindRateLimited, Until: start.Add(7 * time.Second)})
		h.now = h.now.Add(time.Second)
		h.hears("a friend")
		h.shows(c.want)
		h.trace = nil
		h.until(max(c.wait, time.Minute) - time.Millisecond)
		h.only("look").expect("not yet")
		h.until(max(c.wait, time.Minute))
		h.only("look").expect("looks", "look")
	}
}

// However many questions a turn puts, and however slow each answer is, it is
// decided after five seconds: the questions that are left have no answer.
func TestATurnWaitsFiveSecondsInAll(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tlog([ask.one(q) for q in range(4)])\n\tdeny('x')"}})
	for range 2 {
		h.until(h.now.Sub(start) + 2*time.Second)
		h.hears("yes")
	}
	h.only("ask").expect("three of four are put", `ask ask.one(q=0)`, `ask ask.one(q=1)`, `ask ask.one(q=2)`)
	h.until(5*time.Second - time.Millisecond)
	h.shows("unknown unknown")
	h.until(5 * time.Second)
	equal(t, "decided", h.l.stands.Verdict.Kind, Deny)
	equal(t, "at", h.records[0].Event.Time, start)
	equal(t, "next look", h.wake.After(start.Add(5*time.Second)), true)
}

// A timer that asks, again and again, does not keep the player from being looked
// at: what is seen is decided before the timers that wait.
func TestLooksGoOnWhileTimersAsk(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, pace: 5 * time.Second, rules: []string{`
def slow(e):
	for q in range(4):
		ask.one(str(e.time) + str(q))
def slower(e):
	slow(e)
every("10s", slow)
every("10s", slower)
def on_playback(now):
	if now.who == "bob":
		deny("x")
		pause()
	else:
		allow()
`}})
	h.until(10 * time.Second)
	h.sees = func() Input { return Looked{Data: bob, Got: h.now} }
	h.trace = nil
	h.until(2 * time.Minute) // nothing is ever answered
	if looks := len(h.only("look", "pause").trace); looks < 20 {
		t.Errorf("%d looks and pauses in 110 s", looks)
	}
	if pauses := len(h.only("pause").trace); pauses < 7 {
		t.Errorf("%d pauses in 110 s", pauses)
	}
}

// What stood is not decided anew with an answer that comes when nothing is seen
// any more.
func TestNothingIsDecidedOfWhatIsNotSeen(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{`
def on_playback(now):
	allow()
	if now.cause == "state":
		log(ask.one("x"))
`}})
	h.until(time.Second)
	h.fails(BlindUnreachable)
	h.step(Approve{ID: "1", Holder: "bob", Allowed: true}) // decided anew: asks
	equal(t, "asks", h.l.asking != nil, true)
	h.step(LookSoon{})
	equal(t, "the look failed", h.l.sight.failing(), true)
	h.causes()
	h.hears("late")
	equals(t, "dropped", h.causes())
	equal(t, "goes on", h.l.asking == nil, true)
}

// Somebody wants a look while a turn waits: it follows.
func TestLookSoonWhileATurnWaits(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{curious}})
	h.step(LookSoon{})
	h.step(LookSoon{})
	h.now = h.now.Add(time.Second)
	h.trace = nil
	h.hears("a friend")
	h.only("look", "ask").expect("one more", "look")

	h = newHouse(t, houseOptions{first: ann, rules: []string{"every('10s', lambda e: log(ask.one('who')))\ndef on_playback(now):\n\tallow()"}})
	h.until(10 * time.Second)
	h.trace = nil
	h.step(LookSoon{})
	h.only("look", "ask").expect("a timer's turn does not hold it up", "look")
}

// What waits at the stop was not promised yet; nothing of it happens after that.
func TestStopWhileATurnWaits(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{curious}})
	h.hears("a friend")
	h.plays(bob)
	h.until(time.Minute)
	h.trace = nil
	h.step(Stop{})
	h.expect("what is seen and decided is kept already")
	h.hears("a stranger")
	h.step(Wake{})
	h.expect("nothing more")
	equal(t, "no wake", h.wake, time.Time{})

	h.restarts()
	h.hears("a stranger")
	h.only("pause", "apply").expect("after the start", "pause bob", `apply mail.send(text="bob plays", every="30m")`)
}

// Too many commits wait when the answer comes: the turn is decided and not kept.
func TestAnAnswerWhileTheJournalHangs(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{curious}})
	h.commits = nil
	for range maxPending + 1 {
		h.step(Approve{ID: "1", Holder: "x", By: "cli"})
	}
	h.hears("a friend")
	h.shows(`fault allow(reason="a friend")`)
	h.written(nil)
	h.commits = func() error { return nil }
	h.until(time.Minute)
	h.hears("a friend")
	h.shows(`allow allow(reason="a friend")`)
}

// The ttl of an approval, and of state, ends while a turn waits: what had ended
// when the answer came had ended.
func TestAnApprovalEndsWhileATurnWaits(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tlog(now.cause, ask.one('who'), now.said)\n\tif now.said == 'approved':\n\t\tallow()\n\telse:\n\t\tdeny('x')"}})
	h.hears("x")
	h.step(Approve{ID: "1", Holder: "bob", Allowed: true, For: 58 * time.Second})
	h.until(57 * time.Second)
	h.shows("allow allow()")
	h.step(LookSoon{})
	h.until(59 * time.Second)
	h.causes()
	h.hears("y")
	equals(t, "turns", h.causes(), "look y None", "state y None")
	h.shows("deny deny(reason=\"x\")")
}
