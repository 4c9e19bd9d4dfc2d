package engine

import (
	"encoding/json"
	"fmt"
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

func argumentOf(e Effect, name string) string {
	for _, a := range e.Args.Arguments() {
		if s, ok := a.Value.(starlark.String); ok && a.Name == name {
			return string(s)
		}
	}
	return ""
}

func (chatter) Offers(e Effect) []Offer {
	var out []Offer
	for _, topic := range strings.Fields(argumentOf(e, "offers")) {
		out = append(out, Offer{Label: strings.ToUpper(topic), Topic: topic, Fields: []Field{{"of", starlark.String(argumentOf(e, "text"))}}})
	}
	return out
}

func note(key, format string, args ...any) Effect {
	return Effect{Call: "chat.note", Key: key, Args: called{names: []string{"text"}, values: []starlark.Value{starlark.String(fmt.Sprintf(format, args...))}}}
}

func (chatter) Follow(e Effect, f Following) []Effect {
	text := argumentOf(e, "text")
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
		text := argumentOf(m.Effect, "text")
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
