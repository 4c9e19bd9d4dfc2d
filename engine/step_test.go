package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// chaos gives a loop inputs in any order, and checks what must hold whatever
// happens.
type chaos struct {
	t       *rapid.T
	l       *Loop
	sets    []*Ruleset
	now     time.Time
	wake    time.Time
	enforce bool
	held    bool

	looks, pauses int
	commits       []int
	applying      []string
	pausing       string
	ids           map[string]bool
	looked        Looked // the last
	denied        string // whom the last turn on a look denied
	stopped       bool

	asking     []AskNow
	orders     map[string]bool // that nobody was told about yet
	ordered    int
	sent, told int  // pauses
	worked     int  // of those sent: answered "paused", and not doubtful
	verified   int  // told to be silent, failed or unseen
	resumed    int  // told to be played again, and not counted in verified
	came       bool // a look is there whose turn may wait
}

func (c *chaos) step(in Input) {
	switch in := in.(type) {
	case Looked:
		if c.looks > 0 { // else nobody asked
			c.looks, c.looked, c.came = 0, in, true
		}
	case LookFailed:
		c.looks = 0
	case PauseDone:
		if c.pauses > 0 && !in.Sent.IsZero() {
			c.sent++
			if in.Outcome == "paused" && !in.Doubtful {
				c.worked++
			}
		}
		c.pauses = 0
	}
	actions, wake := c.l.Step(c.now, in)
	c.wake = wake
	for _, a := range actions {
		if c.stopped { // only what was sent is settled
			sent, ok := in.(Applied)
			switch a.(type) {
			case DoneNow, CommitNow, Tell:
				if ok && sent.Outcome.Result == "sent" {
					continue
				}
			}
			c.t.Fatalf("%T after the stop", a)
		}
		switch a := a.(type) {
		case Tell:
			c.hear(a.Report)
		case AskNow:
			if c.l.asking == nil || c.l.asking.n != a.N || len(a.Asks) == 0 {
				c.t.Fatalf("asks %v, and does not wait for it", a.Asks)
			}
			c.asking = append(c.asking, a)
		case LookNow:
			if c.l.look.deciding {
				c.t.Fatal("a look while the last one waits for answers")
			}
			if c.looks++; c.looks > 1 {
				c.t.Fatal("two looks at a time")
			}
		case PauseNow:
			if c.pauses++; c.pauses > 1 {
				c.t.Fatal("two pauses at a time")
			}
			c.pausing = a.Holder
			looked := c.came
			c.came = false
			switch held := c.looked.Data; {
			case !c.enforce || c.held:
				c.t.Fatal("a pause in a dry run, or on hold")
			case !looked || c.now.Sub(c.looked.Got) > PauseWithin || !a.Got.Equal(c.looked.Got):
				c.t.Fatalf("a pause on a look of %s ago", c.now.Sub(c.looked.Got))
			case !held.Active() || held.Holder() != a.Holder || a.Holder != c.denied || a.Target != held.Target():
				c.t.Fatalf("a pause of %s, denied is %q, seen is %v", a.Holder, c.denied, held)
			}
		case CommitNow:
			if (!c.enforce || c.held) && a.Record.Event != nil && a.Record.Event.Kind != KindFollowUp && len(a.Record.Outbox) > 0 {
				c.t.Fatal("a message in a dry run, or on hold")
			}
			for _, w := range a.Record.State {
				if isReserved(w.Key) != strings.HasPrefix(w.Key, "\x00") {
					c.t.Fatalf("a rule writes %q", w.Key)
				}
			}
			if a.Record.Event != nil {
				again := a.Record.Event.Kind == KindTimer || strings.HasPrefix(a.Record.Event.ID, "home/press/")
				if c.ids[a.Record.Event.ID] && !again {
					c.t.Fatalf("event %s twice", a.Record.Event.ID)
				}
				c.ids[a.Record.Event.ID] = true
			}
			c.commits = append(c.commits, a.N)
		case ApplyNow:
			c.applying = append(c.applying, a.Effect.ID)
			if (!c.enforce || c.held) && !a.Effect.Answer {
				c.t.Fatal("a message in a dry run, or on hold")
			}
		}
	}
	if c.l.later == nil {
		c.messages()
	}
	if len(c.commits) > maxPending+2 {
		c.t.Fatalf("%d commits on their way", len(c.commits))
	}
	if c.l.asking == nil && len(c.l.jobs) > 0 && !(c.l.lookFirst(c.now) && !c.wake.After(c.l.look.anew)) {
		c.t.Fatalf("%d turns wait for nothing", len(c.l.jobs))
	}
}

// messages checks what is kept of messages.
func (c *chaos) messages() {
	if len(c.l.posts) > keptPosts || len(c.l.stories) > keptStories {
		c.t.Fatalf("%d posts, %d stories", len(c.l.posts), len(c.l.stories))
	}
	for key, s := range c.l.stories {
		p := c.l.posts[s.Head]
		if p == nil || p.Below != "" || p.About != s.Holder || s.key() != key {
			c.t.Fatalf("the story of %s is told by %+v", s.Holder, p)
		}
		if s.Loud < 0 || s.Loud > loudMost || s.Lasted < 0 || s.Away < 0 {
			c.t.Fatalf("%+v", s)
		}
	}
	for id, p := range c.l.posts {
		if p.ID != id || p.Decided != nil && !p.Offers {
			c.t.Fatalf("%s is %+v", id, p)
		}
		if p.Receipt == nil && c.l.box.find(id) == nil && !c.on(id) {
			c.t.Fatalf("%s was neither sent nor does it wait", id)
		}
	}
	waiting := 0
	for _, lane := range c.l.box.lanes {
		waiting += len(lane)
	}
	if waiting != c.l.box.count || c.l.waited != nil {
		c.t.Fatalf("%d messages wait, counted as %d; %v", waiting, c.l.box.count, c.l.waited)
	}
}

// on says that a message is in a commit on its way.
func (c *chaos) on(id string) bool {
	for _, p := range c.l.pending {
		for _, m := range p.messages {
			if m.ID == id {
				return true
			}
		}
	}
	return false
}

// hear checks a report.
func (c *chaos) hear(r Report) {
	switch r := r.(type) {
	case TurnReport:
		if r.Held != nil && r.Decision.Err == nil {
			c.denied = ""
			if r.Decision.Verdict.Kind == Deny {
				c.denied = r.Held.Holder()
			}
		}
		if len(r.Decision.Asks) > 0 || len(r.Decision.Event.Answers) > askRounds {
			c.t.Fatalf("decided with %d answers and %d questions", len(r.Decision.Event.Answers), len(r.Decision.Asks))
		}
	case EnforceReport:
		c.enforce = r.On
	case HoldReport:
		if c.held = !r.Until.IsZero(); c.held && !r.Until.After(c.now) {
			c.t.Fatalf("on hold until %s, and it is %s", r.Until, c.now)
		}
	case OverrideReport:
		if (r.Every > 0) != r.Until.After(c.now) {
			c.t.Fatalf("an override of %s until %s, and it is %s", r.Every, r.Until, c.now)
		}
	case OrderReport:
		if !c.orders[r.ID] {
			c.t.Fatalf("order %s is told twice", r.ID)
		}
		delete(c.orders, r.ID)
	case PauseReport:
		if r.Outcome != "" && r.Message != "the device has no id: it cannot be paused from here" {
			c.told++
		}
	case VerifiedReport:
		switch r.Outcome {
		case VerifiedSilent, VerifiedFailed, VerifiedUnseen:
			if c.verified++; c.verified > c.worked {
				c.t.Fatalf("%d pauses worked, and a look is told to show that %s is %s", c.worked, r.Holder, r.Outcome)
			}
		case VerifiedResumed:
			if c.resumed++; c.resumed > c.verified {
				c.t.Fatalf("%s is played again, and was never silent", r.Holder)
			}
		default:
			c.t.Fatalf("a pause came to %q", r.Outcome)
		}
		if (r.After != 0) && r.Outcome != VerifiedResumed || r.After < 0 {
			c.t.Fatalf("%s after %s", r.Outcome, r.After)
		}
	}
}

// order makes an id that somebody waits for.
func (c *chaos) order() string {
	if c.orders == nil {
		c.orders = map[string]bool{}
	}
	c.ordered++
	id := fmt.Sprint(c.ordered)
	c.orders[id] = true
	return id
}

// settled checks that the loop does not want to be woken again and again.
func (c *chaos) settled() {
	for range 5 {
		if c.wake.IsZero() || c.wake.After(c.now) {
			return
		}
		c.step(Wake{})
	}
	if !c.wake.IsZero() && !c.wake.After(c.now) {
		c.t.Fatalf("wants to be woken at %s, and it is %s", c.wake, c.now)
	}
}

func (c *chaos) input() Input {
	pick := func(label string, n int) int { return rapid.IntRange(0, n-1).Draw(c.t, label) }
	soon := func() time.Time {
		return rapid.SampledFrom([]time.Time{{}, c.now.Add(-time.Hour), c.now, c.now.Add(time.Second), c.now.Add(7 * time.Second), c.now.Add(time.Hour)}).Draw(c.t, "until")
	}
	kind := func() string {
		return rapid.SampledFrom(append(BlindKinds(), "")).Draw(c.t, "kind")
	}
	switch pick("input", 28) {
	case 0, 1, 2, 3:
		s := snap{
			Who:   rapid.SampledFrom([]string{"", "ann", "bob", "eve", "bad"}).Draw(c.t, "who"),
			Item:  rapid.SampledFrom([]string{"1", "2"}).Draw(c.t, "item"),
			Plays: rapid.Bool().Draw(c.t, "plays"), NoID: pick("no id", 5) == 0,
		}
		if dated := pick("dated", 4); dated > 0 {
			s.Since = start.Add(time.Duration(dated) * time.Second) // often the same, sometimes older than the pause
			if dated == 3 {
				s.Since = c.now.Add(-time.Duration(rapid.Int64Range(-1e9, 1e10).Draw(c.t, "since")))
			}
		}
		got := c.now.Add(-time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(c.t, "age")))
		return Looked{Data: s, Got: got, Surplus: rapid.Bool().Draw(c.t, "surplus")}
	case 4:
		return LookFailed{Kind: kind(), RetryAt: soon(), Refused: rapid.Bool().Draw(c.t, "refused")}
	case 5:
		return GateWaits{Kind: kind(), Until: soon()}
	case 6:
		sent := rapid.SampledFrom([]time.Time{{}, c.now}).Draw(c.t, "sent")
		return PauseDone{Holder: c.pausing, Sent: sent, Outcome: rapid.SampledFrom([]string{"paused", "already", "failed"}).Draw(c.t, "outcome"), Doubtful: pick("doubtful", 2) == 0, RetryAt: soon(), Kind: kind()}
	case 7:
		if len(c.applying) == 0 {
			return Applied{ID: "nobody's"}
		}
		id := c.applying[0]
		c.applying = c.applying[1:]
		return Applied{ID: id, RetryAt: soon(), Final: pick("final", 4) == 0, Outcome: Outcome{Detail: json.RawMessage(strconv.Quote(id)), Result: rapid.SampledFrom([]string{"sent", "failed"}).Draw(c.t, "result"), Error: rapid.SampledFrom([]string{"", "no"}).Draw(c.t, "error")}}
	case 8, 9:
		if len(c.commits) == 0 {
			return CommitDone{N: 999}
		}
		i := pick("which", len(c.commits))
		n := c.commits[i]
		c.commits = append(c.commits[:i:i], c.commits[i+1:]...)
		in := CommitDone{N: n, Receipt: Receipt{Duplicate: pick("duplicate", 5) == 0}}
		if pick("fails", 3) == 0 {
			in.Err = errDisk
		}
		return in
	case 10:
		return Installed{Ruleset: c.sets[pick("ruleset", len(c.sets))]}
	case 11:
		return LookSoon{}
	case 12, 13, 14:
		if len(c.asking) == 0 {
			return Answered{N: pick("late", 5)}
		}
		i := pick("question", len(c.asking))
		a := c.asking[i]
		c.asking = append(c.asking[:i:i], c.asking[i+1:]...)
		return (&house{now: c.now}).answersTo(a, func(Ask) string {
			return rapid.SampledFrom([]string{"a friend", "a stranger", "!no"}).Draw(c.t, "answer")
		})
	case 15, 16:
		who := rapid.SampledFrom([]string{"bob", "eve"}).Draw(c.t, "about")
		return Approve{ID: c.order(), Holder: who, Allowed: rapid.Bool().Draw(c.t, "allowed"), Undo: pick("undo", 3) == 0, For: rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute}).Draw(c.t, "for")}
	case 17:
		return Enforce{ID: c.order(), On: rapid.Bool().Draw(c.t, "on")}
	case 18:
		return rapid.SampledFrom([]Input{Notice{Effect: mailNotice("a")}, Notice{Effect: mailNotice("b")}, Refreshed{What: "x"}}).Draw(c.t, "of gatefold")
	case 20:
		return Hold{ID: c.order(), For: rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute, time.Hour}).Draw(c.t, "hold")}
	case 21:
		return Override{ID: c.order(), For: time.Minute, Every: rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second, time.Minute}).Draw(c.t, "every")}
	case 22:
		return Publish{ID: c.order(), Topic: rapid.SampledFrom([]string{"x", "y", KindPlayback}).Draw(c.t, "topic"), Fields: []Field{{"n", starlarkString("1")}}, By: "cli"}
	case 19:
		return MarkFailed{ID: "x", Err: errDisk}
	case 23:
		return Configured{Enforce: rapid.Bool().Draw(c.t, "configured")}
	case 24:
		c.l.o.Pacer = pacer(rapid.SampledFrom([]time.Duration{time.Second, 20 * time.Second}).Draw(c.t, "pace"))
		return Replan{}
	case 25:
		return GateOpens{}
	case 26, 27:
		ids := slices.Sorted(maps.Keys(c.l.posts))
		if len(ids) == 0 {
			return Wake{}
		}
		return Press{
			ID: c.order(), Press: fmt.Sprint(pick("press", 3)), Message: rapid.SampledFrom(ids).Draw(c.t, "message"),
			Offer: pick("offer", 3) - 1, By: "slack:U1", Receipt: json.RawMessage(`"r0"`),
		}
	}
	return Wake{}
}

var chaosSources = []string{
	intruder,
	intruder + "\nevery('7s', lambda e: state.set('tick', e.time.unix, ttl='3s'))\nat('12:01', lambda e: mail.send('noon'))",
	"def on_playback(now):\n\tif now.who == 'bad' or now.item == '2':\n\t\tfail('bad')\n\tdeny('all')\n\tpause(every='3s')\n\tmail.send(now.who, every='5s', ttl='4s')\n\tstate.set(now.who or 'nobody', now.item, ttl='1s')\ndef on_blind(p):\n\tfail('blind')",
	curious + "\ndef f(e):\n\tmail.send(ask.one('f') + ask.one('who'), every='9s')\n\tapprove('eve', for_='5s')\nevery('5s', f)\nevery('3s', lambda e: state.set(ask.one(e.time.unix), 1, ttl='2s'))",
	"def on_playback(now):\n\tif now.said == 'approved':\n\t\tallow()\n\telse:\n\t\tdeny(ask.one(now.who))\n\t\tpause(every='1s')\n\tif now.plays:\n\t\tdisapprove(now.who)\ndef on_blind(p):\n\tmail.send(ask.one(p.kind))",
	"def on_playback(now):\n\tdeny('x')\n\tpause()\ndef on_x(e):\n\tstate.set('x', ask.one(e.by), ttl='5s')\n\tmail.send('x', every='7s')\n\tif ask.one(e.n) == 'a stranger':\n\t\tfail('x')",
	"def on_playback(now):\n\tallow()\n\tpublish('x', n=1)\ndef on_x(e):\n\tmail.send('x', lane=str(e.n))\n\tpoll(every='1s')",
	"def on_playback(now):\n\tif now.who and not state.get('open'):\n\t\tdeny('x')\n\t\tpause(every='5s')\n\t\tchat.say(now.who, offers='let', every='20s')\n\t\tchat.say('more ' + now.who, every='9s')\n\t\tchat.say(now.item)\ndef on_let(e):\n\tstate.set('open', True, ttl='7s')",
	"def on_playback(now):\n\tdeny('x')\n\tchat.say(now.who + now.item, offers='let block')\ndef on_let(e):\n\tif ask.one('let') == 'a stranger':\n\t\tfail('no')\ndef on_block(e):\n\tchat.say('blocked', offers='let')",
}

func TestStep(t *testing.T) {
	var sets []*Ruleset
	for _, src := range chaosSources {
		sets = append(sets, rules(t, src))
	}
	rapid.Check(t, func(t *rapid.T) {
		c := &chaos{t: t, sets: sets, now: start, enforce: rapid.Bool().Draw(t, "enforce"), ids: map[string]bool{}}
		c.l = NewLoop(LoopOptions{Account: "home", Enforce: c.enforce, Pacer: pacer(20 * time.Second), Zone: zone, Decode: decodeSnap, Modules: newFakes().modules,
			Parse: func(text string) (Effect, error) { return ParseEffect(text, newFakes().modules...) }}, Recovered{}, c.now)
		if rapid.Bool().Draw(t, "installed") {
			c.step(Installed{Ruleset: rapid.SampledFrom(sets).Draw(t, "ruleset")})
		}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			switch wait := rapid.IntRange(0, 9).Draw(t, "wait"); {
			case wait < 4 && !c.wake.IsZero() && c.wake.After(c.now):
				c.now = c.wake
			case wait < 8:
				c.now = c.now.Add(time.Duration(rapid.Int64Range(0, int64(15*time.Second)).Draw(t, "time")))
			case wait == 8:
				c.now = c.now.Add(-time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "back")))
			default:
				c.now = c.now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Hour)).Draw(t, "sleep")))
			}
			c.step(c.input())
			c.settled()
		}
		for n := 0; c.l.asking != nil || len(c.l.jobs) > 0; n++ { // somebody may wait for a turn that waits
			if n > 1000 {
				t.Fatalf("%d turns are never decided", len(c.l.jobs))
			}
			if q := c.l.asking; q != nil {
				c.step((&house{now: c.now}).answersTo(AskNow{N: q.n, Asks: q.asks}, func(Ask) string { return "a friend" }))
				continue
			}
			c.now = c.l.look.anew
			c.step(Wake{})
		}
		for len(c.commits) > 0 {
			n := c.commits[0]
			c.commits = c.commits[1:]
			c.step(CommitDone{N: n})
		}
		if len(c.orders) > 0 {
			t.Fatalf("nobody was told about %v", c.orders)
		}
		c.step(Stop{})
		c.stopped = true
		c.step(c.input())
	})
}

// The same inputs at the same times make the same actions.
func TestStepIsPure(t *testing.T) {
	set := rules(t, intruder+"\nevery('7s', lambda e: state.set('tick', e.time.unix, ttl='3s'))")
	run := func() string {
		l := NewLoop(LoopOptions{Account: "home", Enforce: true, Pacer: pacer(5 * time.Second), Zone: zone}, Recovered{}, start)
		out, now := "", start
		for i := range 300 {
			ins := []Input{Installed{Ruleset: set}, Looked{Data: bob, Got: now}, Wake{}, CommitDone{N: i / 3}, LookSoon{}, LookFailed{Kind: BlindQuota}, Looked{Data: ann, Got: now}}
			actions, wake := l.Step(now, ins[i%len(ins)])
			for _, a := range actions {
				if tell, ok := a.(Tell); ok {
					out += fmt.Sprintf("%T\n", tell.Report)
					continue
				}
				out += fmt.Sprintf("%T\n", a)
				if c, ok := a.(CommitNow); ok {
					out += string(c.Record.Facts) + string(c.Record.Decision) + "\n"
				}
			}
			out += wake.String() + "\n"
			now = now.Add(700 * time.Millisecond)
		}
		return out
	}
	equal(t, "actions", run(), run())
}
