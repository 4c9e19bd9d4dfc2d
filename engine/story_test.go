package engine

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

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
