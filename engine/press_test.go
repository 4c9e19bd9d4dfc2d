package engine

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

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
