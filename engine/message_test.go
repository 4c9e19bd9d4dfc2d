package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.starlark.net/starlark"
)

// doSay is chat.say(text, offers="", every=None, lane="chat"): a message with buttons, each named for its topic.
func doSay(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text, offers, every, lane starlark.Value = starlark.None, starlark.None, starlark.None, starlark.String("chat")
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "text", &text, "offers?", &offers, "every?", &every, "lane?", &lane); err != nil {
		return nil, err
	}
	t, err := Recording(th, b)
	if err != nil {
		return nil, err
	}
	e := Effect{Args: called{names: []string{"text", "offers", "every", "lane"}, values: []starlark.Value{text, offers, every, lane}}, Lane: string(lane.(starlark.String))}
	if e.Every, err = duration(b, every); err != nil {
		return nil, err
	}
	if e.Every > 0 {
		e.Key = "say " + text.String() + t.Holder()
	}
	e.Expires = t.Event().Time.Add(24 * time.Hour)
	return starlark.None, t.Once(th, b, e)
}

// chatter follows up chat.say with chat.note.
type chatter struct{}

func said1(e Effect, name string) string {
	for _, a := range e.Args.Arguments() {
		if s, ok := a.Value.(starlark.String); ok && a.Name == name {
			return string(s)
		}
	}
	return ""
}

func (chatter) Offers(e Effect) []Offer {
	var out []Offer
	for _, topic := range strings.Fields(said1(e, "offers")) {
		out = append(out, Offer{Label: strings.ToUpper(topic), Topic: topic, Fields: []Field{{"of", starlark.String(said1(e, "text"))}}})
	}
	return out
}

func note(key, format string, args ...any) Effect {
	return Effect{Call: "chat.note", Key: key, Args: called{names: []string{"text"}, values: []starlark.Value{starlark.String(fmt.Sprintf(format, args...))}}}
}

func (chatter) Follow(e Effect, f Following) []Effect {
	text := said1(e, "text")
	if f.Story != nil {
		s := f.Story
		text += fmt.Sprintf(": %s %s paused %d back %d", s.Phase, s.Lasted, s.Pauses, s.Returns)
	}
	if f.Decided != nil {
		text += fmt.Sprintf(": %s by %s", f.Decided.Label, f.Decided.By)
	}
	up := note("up "+string(f.Receipt), "%s", text)
	up.Answer = f.Decided != nil
	out := []Effect{up}
	if f.Merged {
		out = nil
	}
	if f.News {
		out = append(out, note("", "%s below %s loud=%v", f.Story.Phase, f.Receipt, f.Loud))
	}
	return out
}

func (chatter) Merge(several []Merging, away bool) (Effect, int) {
	var texts []string
	for _, m := range several {
		text := said1(m.Effect, "text")
		if m.Story != nil {
			text += " " + string(m.Story.Phase)
		}
		texts = append(texts, text)
	}
	e := note("", "%s away=%v", strings.Join(texts, "|"), away)
	e.Call = "chat.say"
	return e, len(several)
}

// chatting is a house with an intruder, whose messages are taken and named r1, r2 ...
func chatting(t *testing.T, src string) *house {
	h := newHouse(t, houseOptions{idle: true, pace: 10 * time.Second})
	h.taken()
	h.begins(src)
	return h
}

// begins has an idle house take up its rules.
func (h *house) begins(src string) {
	h.t.Helper()
	h.options.rules, h.options.idle = []string{src}, false
	h.step(Installed{Ruleset: rules(h.t, src)})
	h.until(time.Second)
}

func (h *house) taken() {
	n := 0
	h.mails = func(a ApplyNow) Input {
		n++
		if a.Effect.Thread != nil {
			h.say("below %s quiet=%v", a.Effect.Thread, a.Effect.Quiet)
		}
		return Applied{ID: a.Effect.ID, Outcome: Outcome{Result: "sent", Detail: json.RawMessage(fmt.Sprintf(`"r%d"`, n))}}
	}
}

const doorRules = `
def on_playback(now):
	if now.who == "ann" or now.said == "approved" or state.get("open"):
		allow()
	elif now.who:
		deny("stranger")
		if now.plays:
			pause(every = "10s")
			chat.say(now.who + " plays", every = "30m", offers = "let block")

def on_let(e):
	log(e.by + " " + e.of)
	if state.get("jammed"):
		fail("jammed")
	state.set("open", True, ttl = "1h")

def on_block(e):
	pass

def on_jam(e):
	state.set("jammed", True)
`

// head is the id of the message that was sent first.
func (h *house) head() string {
	h.t.Helper()
	for _, rec := range h.records {
		if len(rec.Outbox) > 0 {
			return rec.Outbox[0].ID
		}
	}
	h.t.Fatal("nothing was sent")
	return ""
}

func TestAPressPublishesAndSettles(t *testing.T) {
	h := chatting(t, doorRules)
	h.only("apply").expect("announced", `apply chat.say(text="bob plays", offers="let block", every="30m", lane="chat")`)
	h.reports = nil
	h.step(Press{ID: "1", Press: "p1", Message: h.head(), Offer: 0, By: "slack:U1"})
	if got := strings.Join(h.did(), "\n"); got != `1 state.set(key="open", value=True, ttl="1h") log slack:U1 bob plays` {
		t.Errorf("the press did %s", got)
	}
	h.only("apply", "show", "commit").expect("kept, decided anew, and said",
		"commit let", "commit playback state", "show allow allow()", "commit follow-up",
		`apply chat.note(text="bob plays: allowed 0s paused 1 back 0: LET by slack:U1")`, `apply chat.note(text="allowed below \"r1\" loud=false")`)

	h.step(Press{ID: "2", Press: "p2", Message: h.head(), Offer: 1, By: "slack:U2"})
	if got := strings.Join(h.did(), "\n"); got != "2 failed: slack:U1 decided that before, at "+h.now.In(zone).Format("15:04")+": LET" {
		t.Errorf("the second press: %s", got)
	}
	h.only("commit", "apply").expect("and the message says it again", "commit follow-up",
		`apply chat.note(text="bob plays: allowed 0s paused 1 back 0: LET by slack:U1")`)
	h.restarts()
	h.step(Press{ID: "3", Press: "p2", Message: h.kept[0].Outbox[0].ID, Offer: 1, By: "slack:U2"})
	if got := strings.Join(h.did(), "\n"); !strings.Contains(got, "U1 decided that before") {
		t.Errorf("after a restart: %s", got)
	}
}

func TestAPressThatCannotCount(t *testing.T) {
	h := chatting(t, doorRules)
	head := h.head()
	press := func(id string, p Press, want string) {
		t.Helper()
		h.reports = nil
		p.ID = id
		h.step(p)
		if got := strings.Join(h.did(), "\n"); !strings.Contains(got, want) {
			t.Errorf("press %+v: %s, want %s", p, got, want)
		}
	}
	press("1", Press{Press: "a", Message: "home/playback/0/1", By: "slack:U1"}, "too old to be answered")
	press("2", Press{Press: "b", Message: head, Offer: 2, By: "slack:U1"}, "no button 3")
	press("3", Press{Press: "c", Message: head, Offer: -1, By: "slack:U1"}, "no button 0")
	h.step(Publish{ID: "jam", Topic: "jam", By: "cli"})
	press("4", Press{Press: "d", Message: head, By: "slack:U1"}, "jammed")
	h.trace = nil
	press("5", Press{Press: "e", Message: head, Offer: 1, By: "slack:U1"}, "5")
	if p := h.l.posts[head]; p.Decided == nil || p.Decided.Label != "BLOCK" {
		t.Errorf("a failed press took the buttons away: %+v", p)
	}
	h.now = h.now.Add(postLasts)
	press("6", Press{Press: "f", Message: head, By: "slack:U1"}, "too old to be answered")
}

func TestAPressThatTheJournalDoesNotTake(t *testing.T) {
	h := chatting(t, doorRules)
	head := h.head()
	h.commits = func() error { return errDisk }
	h.reports = nil
	h.step(Press{ID: "1", Press: "a", Message: head, By: "slack:U1"})
	if got := strings.Join(h.did(), "\n"); got != "1 failed: no space left" {
		t.Errorf("the press: %s", got)
	}
	h.commits = func() error { return nil }
	if p := h.l.posts[head]; p.Decided != nil {
		t.Errorf("decided although nothing was kept: %+v", p.Decided)
	}
	h.shows(`fault deny(reason="stranger") pause(every="10s")`)
	h.step(Press{ID: "2", Press: "a", Message: head, By: "slack:U1"})
	if got := strings.Join(h.did(), "\n"); !strings.HasPrefix(got, "2 state.set") {
		t.Errorf("pressed again: %s", got)
	}
}

// What is pressed on hold counts, and the message says so, although nothing else is sent.
func TestAPressOnHold(t *testing.T) {
	h := chatting(t, doorRules)
	h.step(Hold{ID: "h", For: time.Hour, By: "cli"})
	h.trace = nil
	h.step(Press{ID: "1", Press: "a", Message: h.head(), Offer: 1, By: "slack:U1"})
	h.only("apply").expect("said", `apply chat.note(text="bob plays: playing 0s paused 1 back 0: BLOCK by slack:U1")`)
}

func TestAStory(t *testing.T) {
	h := chatting(t, doorRules)
	h.trace = nil
	h.until(61 * time.Second)
	h.only("apply").expect("how often he was paused, once a minute", `apply chat.note(text="bob plays: playing 1m0s paused 6 back 0")`)
	h.plays(snap{Who: "bob", Item: "1"}) // silent from here on
	h.until(130 * time.Second)
	h.only("apply").expect("a minute of silence", `apply chat.note(text="bob plays: gave up 1m0s paused 7 back 0")`, `apply chat.note(text="gave up below \"r1\" loud=false")`)
	h.restarts()
	h.taken()
	h.plays(bob)
	h.until(150 * time.Second)
	h.only("apply").expect("back, over a restart", `apply chat.note(text="bob plays: playing 2m20s paused 8 back 1")`, `apply chat.note(text="playing below \"r1\" loud=false")`)
	h.plays(snap{})
	h.until(15 * time.Minute)
	h.only("apply").expect("gave up again, and ten minutes without a deny",
		`apply chat.note(text="bob plays: playing 2m30s paused 9 back 1")`,
		`apply chat.note(text="bob plays: gave up 2m30s paused 9 back 1")`, `apply chat.note(text="gave up below \"r1\" loud=false")`,
		`apply chat.note(text="bob plays: over 2m30s paused 9 back 1")`, `apply chat.note(text="over below \"r1\" loud=true")`)
	h.plays(bob)
	h.until(15*time.Minute + 15*time.Second)
	h.only("apply").expect("back while the message is held back: the old story goes on",
		`apply chat.note(text="bob plays: playing 15m10s paused 10 back 2")`, `apply chat.note(text="playing below \"r1\" loud=false")`)
	h.plays(snap{})
	h.until(40 * time.Minute)
	h.only("apply")
	if last := h.trace[len(h.trace)-1]; !strings.Contains(last, `over below \"r1\" loud=false`) {
		t.Errorf("a third time loud, or not over: %s", last)
	}
	h.trace = nil
	h.plays(bob)
	h.until(41 * time.Minute)
	h.only("apply")
	if first := append(h.trace, "nothing")[0]; !strings.HasPrefix(first, "apply chat.say") {
		t.Errorf("a new story begins with a message: %s", first)
	}
}

func TestMessagesOfAStory(t *testing.T) {
	h := chatting(t, `
def on_playback(now):
	if not now.who:
		return
	deny("stranger")
	chat.say("here", every = "5m")
	if now.pauses != None and now.denied_for > time.parse_duration("20s"):
		chat.say("still here", every = "1h")
	if now.denied_for > time.parse_duration("40s"):
		chat.say("and still", every = "1h")
`)
	h.until(6 * time.Minute)
	h.only("apply chat.say", "below").expect("one alone, the next shown beside its thread, the third only there, and the reminder alone",
		`apply chat.say(text="here", every="5m", lane="chat")`,
		`apply chat.say(text="still here", every="1h", lane="chat")`, `below "r1" quiet=false`,
		`apply chat.say(text="and still", every="1h", lane="chat")`, `below "r1" quiet=true`,
		`apply chat.say(text="here", every="5m", lane="chat")`)
}

// While a story's first message waits, what comes of it waits for it.
func TestAStoryWaitsForItsHead(t *testing.T) {
	h := newHouse(t, houseOptions{idle: true, pace: 10 * time.Second})
	var tried []Effect
	h.mails = func(a ApplyNow) Input {
		tried = append(tried, a.Effect)
		return Applied{ID: a.Effect.ID, Outcome: Outcome{Result: "failed", Error: "no network"}}
	}
	h.begins(doorRules)
	h.until(time.Minute)
	h.plays(snap{Who: "bob"})
	h.until(5 * time.Minute)
	for _, e := range tried {
		if e.Call != "chat.say" {
			t.Fatalf("%s went before the message it is about", e)
		}
	}
	h.trace = nil
	h.taken()
	h.until(7 * time.Minute)
	h.only("apply").expect("then all of it", `apply chat.say(text="bob plays", offers="let block", every="30m", lane="chat")`,
		`apply chat.note(text="bob plays: gave up 1m0s paused 7 back 0")`, `apply chat.note(text="gave up below \"r1\" loud=false")`)
}

const talker = `
def on_playback(now):
	allow()
	chat.say(now.item, offers = "let" if now.item.startswith("?") else "")

def on_let(e):
	pass
`

func TestMerging(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{talker}})
	h.until(time.Second)
	refused := Outcome{Result: "failed", Error: "no network"}
	h.mails = func(a ApplyNow) Input { return Applied{ID: a.Effect.ID, Outcome: refused} }
	for _, item := range []string{"1", "2", "?3", "4", "5", "6"} {
		h.item(item)
	}
	h.until(90 * time.Second)
	h.trace, h.done = nil, nil
	h.taken()
	h.until(3 * time.Minute)
	h.only("apply", "done").expect("in order, what was late as one; a question for itself",
		`apply chat.say(text="1|2 away=true")`, "done sent", "done merged",
		`apply chat.say(text="?3", offers="let", lane="chat")`, "done sent",
		`apply chat.say(text="4|5|6 away=true")`, "done sent", "done merged", "done merged")
	equal(t, "waiting", h.l.box.count, 0)

	h.mails = nil
	for _, item := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		h.item(item)
	}
	h.trace = nil
	first := h.applying[len(h.applying)-1]
	h.mailed(first, Applied{Outcome: Outcome{Result: "sent"}})
	h.only("apply").expect("too many at once", `apply chat.say(text="b|c|d|e|f|g|h away=false")`)
	one := h.applying[len(h.applying)-1]
	h.item("i")
	h.mailed(one, Applied{Outcome: Outcome{Error: "no network"}})
	equal(t, "all of them wait again", h.l.box.count, 8)
	h.trace = nil
	h.until(h.now.Sub(start) + 3*time.Second)
	h.only("apply").expect("and go together with those that came since", `apply chat.say(text="b|c|d|e|f|g|h|i away=false")`)
	h.mailed(h.applying[len(h.applying)-1], Applied{Final: true, Outcome: Outcome{Error: "never"}})
	equal(t, "only the first is given up", h.l.box.count, 7)
}

// Somebody deleted the message that began a story, or its thread is closed: what belongs below it stands alone. It is an
// alarm, and must be seen.
func TestAThreadThatIsGone(t *testing.T) {
	h := newHouse(t, houseOptions{idle: true, pace: 10 * time.Second})
	n := 0
	h.mails = func(a ApplyNow) Input {
		if a.Effect.Thread != nil {
			return Applied{ID: a.Effect.ID, Final: true, Outcome: Outcome{Result: "failed", Error: "thread_not_found"}}
		}
		n++
		return Applied{ID: a.Effect.ID, Outcome: Outcome{Result: "sent", Detail: json.RawMessage(fmt.Sprintf(`"r%d"`, n))}}
	}
	h.begins(`
def on_playback(now):
	deny("stranger")
	chat.say("here", every = "5m")
	if now.denied_for > time.parse_duration("20s"):
		chat.say("still here", every = "1h")
`)
	h.trace = nil
	h.until(time.Minute)
	h.only("apply", "done").expect("tried below, and then alone", `apply chat.say(text="still here", every="1h", lane="chat")`,
		`apply chat.say(text="still here", every="1h", lane="chat")`, "done sent")
	for _, s := range h.l.stories {
		if string(h.l.posts[s.Head].Receipt) != `"r2"` {
			t.Errorf("the story does not go on with what is there: %+v", s)
		}
	}
}

// What was sent while the loop stops is off the outbox, with all that was part of it, and can be followed up after the
// start.
func TestADigestThatIsSentAtTheStop(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{talker}})
	h.until(time.Second)
	h.mails = nil
	for _, item := range []string{"?1", "2", "3", "4", "5", "6", "7", "8"} {
		h.item(item)
	}
	question := h.applying[len(h.applying)-1]
	h.mailed(question, Applied{Outcome: Outcome{Result: "sent", Detail: json.RawMessage(`"r1"`)}})
	digest := h.applying[len(h.applying)-1]
	h.step(Stop{})
	h.trace = nil
	h.mailed(digest, Applied{Outcome: Outcome{Result: "sent", Detail: json.RawMessage(`"r2"`)}})
	h.only("done").expect("all of it", "done sent", "done merged", "done merged", "done merged", "done merged", "done merged", "done merged")

	h = newHouse(t, houseOptions{rules: []string{talker}})
	h.until(time.Second)
	h.mails = nil
	h.item("?1")
	question = h.applying[len(h.applying)-1]
	h.step(Stop{})
	h.mailed(question, Applied{Outcome: Outcome{Result: "sent", Detail: json.RawMessage(`"r1"`)}})
	h.restarts()
	if p := h.l.posts[question.ID]; p == nil || string(p.Receipt) != `"r1"` {
		t.Errorf("after the start nobody knows where the message is: %+v", p)
	}
}

// An intruder of two days has many reminders. One press settles all of them, in few commits: as many as may wait are
// needed for what goes on meanwhile.
func TestAPressSettlesManyReminders(t *testing.T) {
	h := chatting(t, strings.Replace(doorRules, "pause(every = \"10s\")", "", 1))
	for hour := range 36 {
		h.until(time.Duration(hour) * time.Hour)
	}
	equal(t, "messages", len(h.l.posts), keptPosts)
	ids := slices.Sorted(maps.Keys(h.l.posts))
	h.commits = nil
	h.step(Press{ID: "1", Press: "p1", Message: ids[len(ids)-1], Offer: 1, By: "slack:U1"})
	h.written(nil)
	if n := len(h.l.pending); n > 8 {
		t.Errorf("%d commits are on their way at once", n)
	}
	h.trace = nil
	h.commits = func() error { return nil }
	h.written(nil)
	h.until(h.now.Sub(start) + time.Minute)
	said := map[string]bool{}
	for _, line := range h.only("apply chat.note").trace {
		if strings.Contains(line, "BLOCK by slack:U1") {
			said[line] = true
		}
	}
	if len(said) == 0 || h.l.fault != "" {
		t.Errorf("fault %q, said %v", h.l.fault, said)
	}
	for id, p := range h.l.posts {
		if p.Decided == nil {
			t.Errorf("%s is not settled", id)
		}
	}
}

// The power goes between the commit of a press and that of what follows it: the message says it after the start.
func TestACrashBetweenAPressAndItsAnswer(t *testing.T) {
	h := chatting(t, doorRules)
	h.until(31 * time.Minute)
	equal(t, "messages", len(h.l.posts), 2)
	h.commits = nil
	h.step(Press{ID: "1", Press: "p1", Message: h.head(), Offer: 1, By: "slack:U1"})
	h.step(h.answered(h.committed[0], nil)) // the press is kept, and nothing else
	h.commits = func() error { return nil }
	h.restarts()
	h.taken()
	h.until(32 * time.Minute)
	n := 0
	for _, line := range h.only("apply chat.note").trace {
		if strings.Contains(line, "BLOCK by slack:U1") {
			n++
		}
	}
	if n < 2 {
		t.Errorf("both messages should say who decided: %q", h.trace)
	}
}

// The journal takes a press and not what follows it: that is made up for.
func TestAnAnswerThatTheJournalDoesNotTake(t *testing.T) {
	h := chatting(t, doorRules)
	h.plays(snap{Who: "bob", Item: "1"})
	h.until(3 * time.Minute)
	h.commits = nil
	h.step(Press{ID: "1", Press: "p1", Message: h.head(), Offer: 1, By: "slack:U1"})
	h.written(nil)
	h.trace = nil
	h.commits = func() error { return nil }
	h.written(errDisk)
	h.until(4 * time.Minute)
	h.only("apply chat.note")
	if !strings.Contains(strings.Join(h.trace, "\n"), "BLOCK by slack:U1") {
		t.Errorf("the message never says it: %q", h.trace)
	}
}

// Nor does it take how a story went on.
func TestNewsThatTheJournalDoesNotTake(t *testing.T) {
	h := chatting(t, doorRules)
	h.plays(snap{})
	h.until(50 * time.Second)
	h.commits = func() error { return errDisk }
	h.until(3 * time.Minute)
	h.trace = nil
	h.commits = func() error { return nil }
	h.until(5 * time.Minute)
	h.only("apply").expect("it is told late", `apply chat.note(text="bob plays: gave up 0s paused 1 back 0")`, `apply chat.note(text="gave up below \"r1\" loud=false")`)
}

// A message of a new story that is not sent does not hand that story to one of an old story: what was said yesterday stays.
func TestAStoryWhoseHeadIsReplaced(t *testing.T) {
	h := chatting(t, strings.Replace(doorRules, `"30m"`, `"10m"`, 1))
	h.plays(snap{})
	for hour := range 26 { // longer than a story goes on
		h.until(time.Duration(hour) * time.Hour)
	}
	old := h.head()
	h.mails = func(a ApplyNow) Input {
		return Applied{ID: a.Effect.ID, Outcome: Outcome{Result: "failed", Error: "no network"}}
	}
	h.plays(bob)
	h.until(25*time.Hour + 25*time.Minute) // the reminder takes the place of the message
	equal(t, "stories", len(h.l.stories), 1)
	for _, s := range h.l.stories {
		if s.Head == old || h.l.posts[s.Head] == nil {
			t.Errorf("the story of today is told by the message of yesterday: %+v", s)
		}
	}
}

// What an earlier story said first is no reminder in this one.
func TestTheMessagesOfAnotherStory(t *testing.T) {
	h := chatting(t, `
def on_playback(now):
	if not now.who:
		return
	deny("stranger")
	for text in ("here", "late") if now.item != "2" else ("late", "here"):
		chat.say(text, every = "10m")
`)
	h.plays(snap{})
	h.until(20 * time.Minute)
	h.trace = nil
	h.plays(snap{Who: "bob", Item: "2", Plays: true})
	h.until(21 * time.Minute)
	h.only("apply chat.say", "below").expect("the second one goes into the thread",
		`apply chat.say(text="late", every="10m", lane="chat")`, `apply chat.say(text="here", every="10m", lane="chat")`, `below "r7" quiet=false`)
}

// Nobody looks for a quarter of an hour, and the intruder plays on: his pauses count on.
func TestAStoryGoesOnAfterAGap(t *testing.T) {
	for _, what := range []string{"restart", "blind"} {
		t.Run(what, func(t *testing.T) {
			h := chatting(t, doorRules)
			h.until(5 * time.Minute)
			if what == "restart" {
				h.now = h.now.Add(15 * time.Minute)
				h.restarts()
				h.taken()
			} else {
				h.fails(BlindUnreachable)
				h.until(20 * time.Minute)
				h.plays(bob)
			}
			h.until(22 * time.Minute)
			for _, s := range h.l.stories {
				if s.Pauses < 31 {
					t.Errorf("the message that said 31 says %d pauses", s.Pauses)
				}
			}
		})
	}
}

// A clock that is set back makes nobody's story longer, nor shorter than nothing.
func TestAStoryAndAClockThatIsSetBack(t *testing.T) {
	h := chatting(t, doorRules)
	h.until(3 * time.Hour)
	h.plays(snap{})
	h.until(3*time.Hour + 5*time.Minute)
	h.now = start.Add(time.Hour)
	h.plays(bob)
	h.step(LookSoon{})
	for _, s := range h.l.stories {
		if s.Pauses > 1083 || s.Away < 0 || s.Played.After(h.now) || s.Told.After(h.now) {
			t.Errorf("%+v", s)
		}
	}
}

// A message that was given up is nobody's story after the start, even if the power went before the journal heard so.
func TestAStoryWithoutItsHeadAfterTheStart(t *testing.T) {
	h := newHouse(t, houseOptions{idle: true, pace: 10 * time.Second})
	h.mails = nil
	h.begins(strings.Replace(doorRules, `"30m"`, `"10m"`, 1))
	first := h.applying[0]
	h.commits = func() error { return errDisk }
	h.mailed(first, Applied{Final: true, Outcome: Outcome{Error: "channel_not_found"}})
	h.commits = func() error { return nil }
	h.restarts()
	equal(t, "stories", len(h.l.stories), 0)
	h.taken()
	h.until(11 * time.Minute)
	equal(t, "the next message begins one", len(h.l.stories), 1)
	for _, s := range h.l.stories {
		if p := h.l.posts[s.Head]; p == nil || len(p.Receipt) == 0 || p.Below != "" {
			t.Errorf("%+v: %+v", s, p)
		}
	}
	for _, w := range h.recovered().State {
		if strings.HasPrefix(w.Key, reservedStory) && strings.Contains(string(w.Value), first.ID) {
			t.Error("the journal keeps the story for ever")
		}
	}
}

// A message was sent, and the power went before the journal heard where it is: the press says it.
func TestAPressSaysWhereItsMessageIs(t *testing.T) {
	h := newHouse(t, houseOptions{idle: true, pace: 10 * time.Second})
	h.mails = nil
	h.begins(doorRules)
	first := h.applying[0]
	h.commits = func() error { return errDisk }
	h.mailed(first, Applied{Outcome: Outcome{Result: "sent", Detail: json.RawMessage(`"r1"`)}})
	h.commits = func() error { return nil }
	h.restarts()
	h.taken()
	h.until(20 * time.Second)
	h.trace = nil
	h.step(Press{ID: "1", Press: "p1", Message: first.ID, Offer: 1, By: "slack:U1", Receipt: json.RawMessage(`"r1"`)})
	h.only("apply chat.note").expect("said", `apply chat.note(text="bob plays: BLOCK by slack:U1")`)
}

// The journal takes nothing for an hour: what it is owed does not grow with every message that is not kept.
func TestWhatIsOwedStaysSmall(t *testing.T) {
	h := chatting(t, doorRules)
	h.plays(snap{})
	h.until(time.Minute)
	h.commits = func() error { return errDisk }
	h.plays(snap{Who: "eve", Plays: true})
	h.until(time.Hour)
	if n := len(h.l.owed); n > 10 {
		t.Errorf("%d rows are owed", n)
	}
	h.commits = func() error { return nil }
	h.until(2 * time.Hour)
	equal(t, "rows that are owed when it does again", len(h.l.owed), 0)
	for _, w := range h.recovered().State {
		if id, ok := strings.CutPrefix(w.Key, reservedPost); ok && h.l.posts[id] == nil {
			t.Errorf("the journal keeps %s, which nobody knows", id)
		}
	}
}

// Two presses at once, under a message and under its reminder: the first one counts, as it does under one message.
func TestTwoPressesUnderTwoMessages(t *testing.T) {
	h := chatting(t, doorRules)
	h.until(31 * time.Minute)
	ids := slices.Sorted(maps.Keys(h.l.posts))
	equal(t, "messages", len(ids), 2)
	h.commits = nil
	h.step(Press{ID: "1", Press: "p1", Message: ids[0], Offer: 0, By: "slack:U1"})
	h.step(Press{ID: "2", Press: "p2", Message: ids[1], Offer: 1, By: "slack:U2"})
	h.commits = func() error { return nil }
	h.written(nil)
	for _, id := range ids {
		if d := h.l.posts[id].Decided; d == nil || d.By != "slack:U1" {
			t.Errorf("%s: %+v", id, d)
		}
	}
}

// What an old message should say now must not hold up an alarm.
func TestFollowUpsHoldUpNobody(t *testing.T) {
	h := chatting(t, doorRules)
	mails := h.mails
	h.mails = func(a ApplyNow) Input {
		if a.Effect.Call == "chat.note" {
			return Applied{ID: a.Effect.ID, Outcome: Outcome{Result: "failed", Error: "no network"}}
		}
		return mails(a)
	}
	h.plays(snap{Who: "bob"})
	h.until(3 * time.Minute) // he gave up, and that waits
	h.trace = nil
	h.plays(snap{Who: "eve", Plays: true})
	h.until(3*time.Minute + 15*time.Second)
	h.only("apply chat.say").expect("announced at once", `apply chat.say(text="eve plays", offers="let block", every="30m", lane="chat")`)
}
