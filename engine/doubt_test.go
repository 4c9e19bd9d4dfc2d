package engine

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const denier = "def on_playback(now):\n\tif now.who == 'ann':\n\t\tallow()\n\t\treturn\n\tdeny('x')\n\tif now.plays:\n\t\tpause()"

// doubtful is a house whose pauses are answered with what is given, one after the
// other ("?" begins a doubtful one), and then work.
func doubtful(t *testing.T, outcomes ...string) *house {
	t.Helper()
	h := newHouse(t, houseOptions{first: ann, rules: []string{denier}})
	h.until(time.Second)
	h.pauses = func() string {
		if len(outcomes) == 0 {
			return "paused"
		}
		defer func() { outcomes = outcomes[1:] }()
		return outcomes[0]
	}
	h.trace, h.reports = nil, nil
	return h
}

func (h *house) told() []string {
	var out []string
	for _, r := range reported[PauseReport](h) {
		out = append(out, r.Holder+" "+r.Outcome)
	}
	return out
}

func TestWhatARefusedPauseMeans(t *testing.T) {
	silent := snap{Who: "bob"}
	fixed := snap{Who: "bob", Plays: true, Fixed: true}
	for name, c := range map[string]struct {
		answers []string
		then    Input // what the look after a second shows
		told    []string
		pauses  int // within five seconds
	}{
		"silent":            {[]string{"?already"}, Looked{Data: silent}, []string{"bob already"}, 1},
		"refused, silent":   {[]string{"?failed"}, Looked{Data: silent}, []string{"bob already"}, 1},
		"gone":              {[]string{"?premium"}, Looked{Data: snap{}}, []string{"bob already"}, 1},
		"another":           {[]string{"?already"}, Looked{Data: snap{Who: "eve", Plays: true}}, []string{"bob already", "eve paused"}, 2},
		"allowed":           {[]string{"?already"}, Looked{Data: ann}, []string{"bob already"}, 1},
		"plays on":          {[]string{"?already"}, Looked{Data: bob}, []string{"bob failed", "bob paused"}, 2},
		"plays on, twice":   {[]string{"?already", "?already"}, Looked{Data: bob}, []string{"bob failed", "bob failed"}, 2},
		"spurious":          {[]string{"?failed"}, Looked{Data: bob}, []string{"bob failed", "bob paused"}, 2},
		"spurious, twice":   {[]string{"?failed", "?premium"}, Looked{Data: bob}, []string{"bob failed", "bob premium"}, 2},
		"then refused":      {[]string{"?failed", "failed"}, Looked{Data: bob}, []string{"bob failed", "bob failed"}, 2},
		"restricted":        {[]string{"?already"}, Looked{Data: fixed}, []string{"bob restricted"}, 1},
		"restricted it is":  {[]string{"?restricted"}, Looked{Data: bob}, []string{"bob restricted"}, 1},
		"failed restricted": {[]string{"?failed"}, Looked{Data: fixed}, []string{"bob restricted"}, 1},
		"the look fails":    {[]string{"?already"}, LookFailed{Kind: BlindUnreachable}, []string{"bob already"}, 1},
		"the gate is shut":  {[]string{"?premium"}, LookFailed{Kind: BlindQuota, Refused: true, RetryAt: start.Add(time.Hour)}, []string{"bob premium"}, 1},
		"no doubt":          {[]string{"restricted"}, Looked{Data: bob}, []string{"bob restricted"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := doubtful(t, c.answers...)
			h.plays(bob)
			h.step(LookSoon{})
			h.only("pause", "look").expect("first", "look", "pause bob")
			h.sees = func() Input {
				if in, ok := c.then.(Looked); ok {
					in.Got = h.now
					return in
				}
				return c.then
			}
			h.until(1900 * time.Millisecond)
			if c.answers[0][0] == '?' {
				h.expect("nothing before a second is over")
			}
			h.until(6 * time.Second)
			equals(t, "told", h.told(), c.told...)
			h.only("pause")
			equal(t, "pauses", 1+len(h.trace), c.pauses)
		})
	}
}

// A refusal that stays is repeated once, and then at the pace of the pause.
func TestNoLoopOfRefusals(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{denier}})
	h.pauses = func() string { return "?failed" }
	h.plays(bob)
	h.until(2 * time.Minute)
	h.only("pause")
	if n := len(h.trace); n < 6 || n > 8 {
		t.Errorf("%d pauses in a minute", n)
	}
	h.pauses = func() string { return "paused" }
	h.until(150 * time.Second)
	h.pauses = func() string { return "?failed" }
	h.trace = nil
	h.until(165 * time.Second)
	h.only("pause").expect("once one has worked, once more", "pause bob", "pause bob")
}

// A look that was on its way when the pause was refused may show what was before
// it: the next one tells.
func TestALookThatWasOnItsWayTellsNothing(t *testing.T) {
	for name, early := range map[string]Input{
		"plays": Looked{Data: bob},
		"fails": LookFailed{Kind: BlindUnreachable},
	} {
		h := doubtful(t)
		h.pauses, h.sees = nil, nil
		h.step(LookSoon{})
		h.step(LookSoon{}) // one more is to follow
		h.step(Looked{Data: bob, Got: h.now})
		h.only("look", "pause").expect(name, "look", "pause bob", "look")
		h.step(PauseDone{Holder: "bob", Sent: h.now, Outcome: "already", Doubtful: true})
		h.now = h.now.Add(100 * time.Millisecond)
		if in, ok := early.(Looked); ok {
			in.Got = h.now
			early = in
		}
		h.step(early)
		equals(t, name+": not told yet", h.told())
		h.plays(snap{Who: "bob"})
		h.until(6 * time.Second)
		equals(t, name+": told by the next", h.told(), "bob already")
		h.only("pause").expect(name + ": and not repeated")
	}
}

// Turns in between do not put off the look that tells.
func TestTheLookThatTellsComesInASecond(t *testing.T) {
	h := doubtful(t, "?already")
	h.plays(bob)
	h.step(LookSoon{})
	h.now = h.now.Add(500 * time.Millisecond)
	h.step(Approve{Holder: "x"})
	h.step(Installed{Ruleset: rules(t, denier+"\n# edited")})
	h.plays(snap{Who: "bob"})
	h.until(2 * time.Second)
	equals(t, "told", h.told(), "bob already")
}

// A stop, another pause, or blindness ends a doubt: it is told as it was answered.
func TestADoubtEnds(t *testing.T) {
	for name, end := range map[string]func(h *house){
		"a stop": func(h *house) { h.step(Stop{}) },
		"a look that hangs": func(h *house) {
			h.sees = nil
			h.until(time.Minute)
		},
		"a wait": func(h *house) { h.step(GateWaits{Kind: BlindQuota, Until: start.Add(time.Hour)}) },
		"off, and then it fails": func(h *house) {
			h.step(Enforce{})
			h.fails(BlindMalformed)
			h.until(time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := doubtful(t, "?premium")
			h.plays(bob)
			h.step(LookSoon{})
			end(h)
			equals(t, "told once", h.told(), "bob premium")
			h.plays(bob)
			if h.l.look.inFlight {
				h.step(Looked{Data: bob, Got: h.now})
			}
			for _, line := range h.told() {
				equal(t, "later ones are others", line, "bob paused")
			}
		})
	}
}

// In every order of events each pause that was sent is told exactly once, and each
// that was answered with success is said once to be silent, failed or unseen; in the
// end at the stop.
func TestEveryPauseIsToldOnce(t *testing.T) {
	sets := []*Ruleset{rules(t, denier), rules(t, denier+"\n#"), rules(t, curious)}
	rapid.Check(t, func(t *rapid.T) {
		c := &chaos{t: t, sets: sets, now: start, enforce: true, ids: map[string]bool{}}
		c.l = NewLoop(LoopOptions{Account: "home", Enforce: true, Pacer: pacer(20 * time.Second), Zone: zone}, Recovered{}, c.now)
		c.step(Installed{Ruleset: sets[0]})
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "wait") && c.wake.After(c.now) {
				c.now = c.wake
			} else {
				c.now = c.now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "time")))
			}
			c.step(c.input())
			c.settled()
		}
		open := c.pauses
		c.step(Stop{})
		if c.told != c.sent {
			t.Fatalf("%s: %d pauses were sent (%d on their way), %d told", fmt.Sprint(c.l.doubt), c.sent, open, c.told)
		}
		if c.verified != c.worked {
			t.Fatalf("%d pauses were answered with success, of %d a look was said to tell, or none", c.worked, c.verified)
		}
	})
}
