package engine

import (
	"testing"
	"time"
)

// commanding turns the volume down with every pause of bob, once an item.
const commanding = "def on_playback(now):\n\tif now.who == 'ann':\n\t\tallow()\n\t\treturn\n\tdeny('x')\n\tif now.plays:\n\t\tpause()\n\t\tmail.player(now.item)"

func commandHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse(t, houseOptions{first: ann, rules: []string{commanding}})
	h.until(time.Second)
	h.pauses, h.mails = nil, nil
	h.trace, h.reports = nil, nil
	h.plays(bob)
	h.step(LookSoon{})
	h.only("look", "pause", "apply").expect("the pause goes first", "look", "pause bob")
	return h
}

const volume = `apply mail.player(what="Blue Train")`

func TestACommandWaitsForThePauseOfItsTurn(t *testing.T) {
	h := commandHouse(t)
	h.sees = nil
	h.until(2 * time.Second)
	h.only("apply").expect("while that is on its way")
	h.step(PauseDone{Holder: "bob", Sent: h.now, Outcome: "paused"})
	h.until(3 * time.Second)
	h.only("apply").expect("then", volume)
}

// Without the pause the music would play on wherever a command takes it.
func TestACommandIsNotSentWhereThePauseWasRefused(t *testing.T) {
	h := commandHouse(t)
	h.sees = nil
	h.step(PauseDone{Holder: "bob", RetryAt: h.now.Add(10 * time.Second), Kind: BlindRateLimited, Message: "the gate is shut"})
	h.until(10 * time.Second)
	h.only("look", "pause", "apply").expect("while the gate is shut")
	h.plays(bob)
	h.until(11 * time.Second)
	h.only("look", "pause", "apply").expect("the next look decides anew", "look", "pause bob")
	h.step(PauseDone{Holder: "bob", Sent: h.now, Outcome: "paused"})
	h.until(12 * time.Second)
	h.only("apply").expect("and the command follows its pause", volume)
}

func TestACommandThatWaitedTooLongExpires(t *testing.T) {
	h := commandHouse(t)
	h.sees = nil
	h.until(31*time.Second - time.Millisecond)
	h.only("apply", "done").expect("not before its time is over")
	h.until(31*time.Second + playerWaits)
	h.only("apply", "done").expect("then", "done expired")
	equal(t, "none waits", h.l.box.commands(), 0)
}

// Nothing has to be waited for when nothing is to be paused.
func TestACommandWithoutAPause(t *testing.T) {
	for name, c := range map[string]struct {
		rule string
		snap snap
	}{
		"no pause":        {"def on_playback(now):\n\tdeny('x')\n\tmail.player('down')", bob},
		"silent":          {"def on_playback(now):\n\tdeny('x')\n\tpause()\n\tmail.player('down')", snap{Who: "bob"}},
		"allowed":         {"def on_playback(now):\n\tallow()\n\tmail.player('down')", ann},
		"without an id":   {"def on_playback(now):\n\tdeny('x')\n\tpause()\n\tmail.player('down')", snap{Who: "bob", Plays: true, NoID: true}},
		"it is restarted": {"def on_playback(now):\n\tdeny('x')\n\tpause()\n\tmail.player('down')", bob},
	} {
		h := newHouse(t, houseOptions{first: c.snap, rules: []string{c.rule}})
		h.only("apply").expect(name, `apply mail.player(what="down")`)
		equal(t, name+": it is over", h.l.box.commands(), 0)
	}
}

// A pause that the 30 s keep back for a moment is tried again as soon as they allow,
// and nobody is blind; a longer wait is blindness.
func TestAPauseThatIsKeptBack(t *testing.T) {
	for _, c := range []struct {
		wait  time.Duration
		blind bool
	}{
		{0, false}, {time.Second, false}, {pauseWaits, false}, {pauseWaits + 1, true}, {time.Hour, true},
	} {
		t.Run(c.wait.String(), func(t *testing.T) {
			h := newHouse(t, houseOptions{first: ann, rules: []string{denier}})
			h.until(time.Second)
			h.pauses = nil
			h.plays(bob)
			h.step(LookSoon{})
			h.trace, h.reports = nil, nil
			in := PauseDone{Holder: "bob", Kind: BlindRateLimited, Message: "the gate is shut"}
			if c.wait > 0 {
				in.RetryAt = h.now.Add(c.wait)
			}
			refused := h.now.Sub(start)
			h.step(in)
			equal(t, "blind", h.shown.Condition == ConditionBlind, c.blind)
			equal(t, "said so", len(reported[SightReport](h)) > 0, c.blind)
			h.until(refused + c.wait)
			h.only("look", "pause").expect("then", "look", "pause bob")
			equal(t, "blind no more", h.shown.Condition, ConditionDeny)
			equal(t, "no pause is counted", h.l.facts.Episode("bob", h.now).Count, 0)
		})
	}
}

// What says nothing of when it began cannot tell in the first seconds whether it was
// played again or shows what was before the pause; nor later on.
func TestAnUndatedLookWaitsToo(t *testing.T) {
	h := newHouse(t, houseOptions{first: bob, rules: []string{denier}, pace: 2 * time.Second})
	h.pauses = nil
	h.until(2 * time.Second)
	equals(t, "after two seconds", h.verified())
	h.until(4 * time.Second)
	equals(t, "after four", h.verified(), "bob unseen")
}

// A device that cannot be paused is judged anew, with what is known of it now: after
// the turn that found it out, which asked for everything once already.
func TestADeviceThatCannotBePausedIsToldOfOnce(t *testing.T) {
	for name, c := range map[string]struct {
		first  snap
		answer string
	}{
		"no id":    {snap{Who: "bob", Plays: true, NoID: true}, "paused"},
		"refused":  {bob, "restricted"},
		"in doubt": {snap{Who: "bob", Plays: true, Fixed: true}, "?failed"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, houseOptions{first: ann, rules: []string{"def on_playback(now):\n\tif now.who == 'ann':\n\t\tallow()\n\t\treturn\n\tdeny('x')\n\tpause()\n\tmail.send('stranger')"}})
			h.pauses = func() string { return c.answer }
			h.until(time.Second)
			h.trace = nil
			h.plays(c.first)
			h.step(LookSoon{})
			h.until(30 * time.Second)
			h.only("apply").expect("sent", `apply mail.send(text="stranger")`)
		})
	}
}
