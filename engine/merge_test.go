package engine

import (
	"encoding/json"
	"testing"
	"time"
)

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

// What went together with a message that is given up while enforcement is switched off goes with it.
func TestADigestThatIsGivenUpInADryRun(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{talker}})
	h.until(time.Second)
	h.mails = nil
	for _, item := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		h.item(item)
	}
	h.mailed(h.applying[len(h.applying)-1], Applied{Outcome: Outcome{Result: "sent"}})
	digest := h.applying[len(h.applying)-1]
	h.step(Enforce{ID: "o", On: false})
	h.trace = nil
	h.mailed(digest, Applied{Final: true, Outcome: Outcome{Error: "never"}})
	h.until(h.now.Sub(start) + time.Minute)
	equal(t, "nothing waits", h.l.box.count, 0)
	h.only("apply").expect("and nothing is sent")
}
