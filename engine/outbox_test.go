package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// poster sends what plays, in two lanes.
const poster = "def on_playback(now):\n\tallow()\n\tmail.send(now.item, lane='a')\n\tmail.send(now.item, lane='b')"

func posting(t *testing.T, src string) *house {
	h := newHouse(t, houseOptions{rules: []string{src}})
	h.until(time.Second)
	h.trace, h.applying, h.reports = nil, nil, nil
	h.mails = nil
	return h
}

func (h *house) item(item string) {
	h.plays(snap{Who: "bob", Item: item, Plays: true})
	h.step(LookSoon{})
}

func (h *house) mailed(e Effect, in Applied) {
	in.ID = e.ID
	if in.Outcome.Result == "" {
		in.Outcome.Result = "failed"
	}
	h.step(in)
}

func TestLanes(t *testing.T) {
	h := posting(t, poster)
	h.item("1")
	h.item("2")
	h.only("apply").expect("the first of each lane", `apply mail.send(text="1", lane="a")`, `apply mail.send(text="1", lane="b")`)
	h.mailed(h.applying[0], Applied{Outcome: Outcome{Result: "sent"}})
	h.only("apply", "done").expect("the next of that lane", "done sent", `apply mail.send(text="2", lane="a")`)
	h.mailed(h.applying[1], Applied{Outcome: Outcome{Error: "no"}})
	h.until(2*time.Second - 1)
	h.only("apply").expect("the order is kept")
	h.until(3 * time.Second)
	h.only("apply").expect("after a back-off", `apply mail.send(text="1", lane="b")`)
	h.mailed(h.applying[3], Applied{Outcome: Outcome{Result: "sent"}})
	h.mailed(h.applying[2], Applied{Outcome: Outcome{Result: "sent"}})
	h.mailed(h.applying[4], Applied{Outcome: Outcome{Result: "sent"}})
	h.mailed(h.applying[4], Applied{Outcome: Outcome{Result: "sent"}}) // nobody waits for it
	equal(t, "waiting", h.l.box.count, 0)
	equal(t, "lanes", len(h.l.box.lanes)+len(h.l.box.order), 0)
}

func TestRetries(t *testing.T) {
	h := posting(t, "def on_playback(now):\n\tallow()\n\tmail.send(now.item)")
	h.item("1")
	var waits []string
	for range 10 {
		begun := h.now
		h.trace = nil
		h.mailed(h.applying[len(h.applying)-1], Applied{Outcome: Outcome{Error: "no"}})
		n := len(h.applying)
		for len(h.applying) == n {
			h.until(h.now.Sub(start) + time.Second)
		}
		waits = append(waits, FormatDuration(h.now.Sub(begun)))
	}
	equal(t, "waits", strings.Join(waits, " "), "2s 4s 8s 16s 32s 1m 1m 1m 1m 1m")
	e := h.applying[len(h.applying)-1]
	// Told when: then, and it is no failure.
	h.reports = nil
	h.mailed(e, Applied{RetryAt: h.now.Add(time.Hour)})
	equal(t, "no report", len(reported[OutboxReport](h)), 0)
	n := len(h.applying)
	at := h.now.Sub(start)
	h.until(at + time.Hour - time.Second)
	equal(t, "not before", len(h.applying), n)
	h.until(at + time.Hour)
	equal(t, "then", len(h.applying), n+1)
	// Told when and failed: the later of both.
	h.mailed(e, Applied{RetryAt: h.now.Add(time.Second), Outcome: Outcome{Error: "no"}})
	equal(t, "report", reported[OutboxReport](h)[0].Outcome.Error, "no")
	at = h.now.Sub(start)
	h.until(at + 59*time.Second)
	equal(t, "the back-off is later", len(h.applying), n+1)
	h.until(at + time.Minute)
	h.trace = nil
	h.mailed(e, Applied{Final: true, Outcome: Outcome{Error: "never"}})
	h.expect("for good", "done failed")
	at = h.now.Sub(start)
	h.until(at + time.Hour)
	h.only("apply").expect("not again")
}

func TestExpiry(t *testing.T) {
	h := posting(t, "def on_playback(now):\n\tallow()\n\tmail.send(now.item, ttl='30s')")
	h.item("1")
	h.item("2")
	h.mailed(h.applying[0], Applied{RetryAt: h.now.Add(29 * time.Second)})
	h.until(30 * time.Second)
	equal(t, "tried in time", len(h.applying), 2)
	h.mailed(h.applying[0], Applied{Outcome: Outcome{Error: "no"}})
	h.trace = nil
	h.until(32 * time.Second)
	h.expect("both are too old", "done expired", "done expired")
	equal(t, "waiting", h.l.box.count, 0)
}

// A newer message replaces one of its key while that waits.
func TestReplacement(t *testing.T) {
	h := posting(t, "def on_playback(now):\n\tallow()\n\tmail.send(now.item, every='1m')")
	h.mails = nil
	h.until(2 * time.Minute)
	h.trace = nil
	equal(t, "on its way", len(h.applying), 1)
	h.mailed(h.applying[0], Applied{RetryAt: h.now.Add(time.Hour)})
	h.until(3 * time.Minute)
	h.only("done", "apply").expect("replaced, both that wait", "done replaced", "done replaced", `apply mail.send(text="Blue Train", every="1m")`)
	h.until(5 * time.Minute)
	h.only("done", "apply").expect("one on its way is not replaced, one behind it is", "done replaced")
	equal(t, "waiting", h.l.box.count, 2)
}

func TestOutboxIsBounded(t *testing.T) {
	h := posting(t, "def on_playback(now):\n\tallow()\n\tfor i in range(300):\n\t\tmail.send('%s %d' % (now.item, i), lane=str(i % 7))")
	for i := range 5 {
		h.now = h.now.Add(time.Millisecond)
		h.item(fmt.Sprint("item ", i))
	}
	equal(t, "waiting", h.l.box.count, outboxSize)
	equal(t, "discarded", len(h.only("done discarded").trace), 500)
	for _, lane := range h.l.box.lanes {
		if first := lane[1].message.Call; strings.Contains(first, "item 0") {
			t.Errorf("an old one was kept: %s", first)
		}
	}
	if w := h.l.box.lanes[`"0"`][0]; !w.inFlight || !strings.Contains(w.message.Call, "item 0 0") {
		t.Errorf("what is on its way was discarded")
	}
}

// Rules may name any number of channels.
func TestLanesAreForgotten(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{"def on_playback(now):\n\tallow()\n\tmail.send('x', lane=now.item)"}})
	for i := range 1000 {
		h.item(fmt.Sprint(i))
	}
	equal(t, "lanes", len(h.l.box.lanes)+len(h.l.box.order), 0)
}

// A message that the journal could not take off the outbox is told so again.
func TestMarkFailed(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{poster}})
	h.trace = nil
	h.step(MarkFailed{ID: "a", Outcome: Outcome{Result: "sent"}, Err: errDisk})
	h.expect("the fault shows", "show fault allow()")
	h.until(time.Minute)
	h.expect("after the next commit", "look", "commit playback look", "done sent", "show allow allow()")
	h.step(MarkFailed{ID: "a", Outcome: Outcome{Result: "sent"}, Err: errDisk})
	h.trace = nil
	h.step(Stop{})
	h.expect("or at the stop", "done sent")
	h = newHouse(t, houseOptions{rules: []string{poster}})
	for range outboxSize + 5 {
		h.step(MarkFailed{Err: errDisk})
	}
	equal(t, "bounded", len(h.l.unmarked), outboxSize)
}

func message(id string, after time.Duration, call string) Message {
	return Message{ID: id, Call: call, Pos: "home.star:1:1", Time: start.Add(after), Lane: "None"}
}

func TestOutboxOverARestart(t *testing.T) {
	kept := []Message{
		message("1", 0, `mail.send(text="one")`),
		message("2", 1, `mail.send(text="two")`),
		message("3", 2, `mail.sent(text="gone")`),
		message("4", 3, `broken(`),
		{ID: "5", Call: `mail.send(text="old")`, Expires: start, Lane: "other"},
		{ID: "6", Call: `mail.send(text="k1", every="1h")`, Key: "k", Every: time.Hour, Lane: "k"},
		{ID: "7", Call: `mail.send(text="k2", every="1h")`, Key: "k", Every: time.Hour, Lane: "k"},
	}
	h := &house{t: t, now: start}
	h.boot(houseOptions{rules: []string{poster}, kept: Recovered{Outbox: kept}})
	h.only("lost", "apply", "done").expect("taken up in order", "lost message", "lost message", "done failed", "done failed", "done replaced",
		`apply mail.send(text="one")`, "done expired", `apply mail.send(text="k2", every="1h")`)
	e := h.applying[0]
	equal(t, "as it was", fmt.Sprint(e.ID, e.Account, e.Pos, e.Time.Equal(start)), "1homehome.star:1:1true")
	h.mailed(e, Applied{Outcome: Outcome{Result: "sent"}})
	h.only("apply", "done").expect("then", "done sent", `apply mail.send(text="two")`)

	// Switching enforcement off discards what waits.
	h = &house{t: t, now: start}
	h.boot(houseOptions{dry: true, rules: []string{poster}, kept: Recovered{Outbox: kept[:2]}})
	h.only("apply", "done").expect("dry run", "done discarded", "done discarded")

	// More than the outbox takes.
	var many []Message
	for i := range outboxSize + 3 {
		many = append(many, message(fmt.Sprint(i), time.Duration(i), `mail.send(text="x")`))
	}
	h = &house{t: t, now: start}
	h.boot(houseOptions{rules: []string{poster}, kept: Recovered{Outbox: many}})
	equal(t, "discarded", len(h.only("done discarded").trace), 3)

	// Without a way to read them they stay where they are.
	l := NewLoop(LoopOptions{Account: "home", Enforce: true, Pacer: pacer(1)}, Recovered{Outbox: kept}, start)
	if actions, _ := l.Step(start, Wake{}); len(actions) != 0 {
		t.Error(actions)
	}
}
