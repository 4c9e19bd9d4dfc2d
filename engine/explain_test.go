package engine

import (
	"fmt"
	"strings"
	"testing"
)

func explained(t *testing.T, source string, ev Event) (Decision, string) {
	t.Helper()
	x, err := Explaining(Snapshot{{Path: "home.star", Data: []byte(source)}}, Limits{}, newFakes().modules...)
	if err != nil {
		t.Fatal(err)
	}
	d, tried := x.Explain(t.Context(), ev, Facts{}, nil)
	var lines []string
	for _, c := range tried {
		line := fmt.Sprintf("%s %s: %s -> %t", c.Handler, c.Pos, c.Source, c.True)
		for _, r := range c.Read {
			line += fmt.Sprintf("; %s=%s", r.Name, r.Value)
		}
		lines = append(lines, line)
	}
	return d, strings.Join(lines, "\n")
}

func TestWhy(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"around the call, and not beside it": {`
KNOWN = ["bob"]

def on_playback(now):
	if now.plays:
		log("it plays")
	if now.who in KNOWN and now.plays:
		allow()
	elif now.who == "":
		log("nobody")
	else:
		deny("stranger")
`, `on_playback home.star:7: now.who in KNOWN and now.plays -> false; now.who="eve"; KNOWN=["bob"]
on_playback home.star:9: now.who == "" -> false; now.who="eve"`},
		"a guard, and a function that was called": {`
def judge(who):
	if who == "bob":
		return
	deny("blocked" if who.startswith("e") else "other")

def on_playback(now):
	if not now.plays:
		return
	if len(now.who) > 2:
		judge(now.who)
`, `on_playback home.star:8: not now.plays -> false; now.plays=True
on_playback home.star:10: len(now.who) > 2 -> true; now.who="eve"; len(now.who)=3
on_playback home.star:3: who == "bob" -> false; who="eve"
on_playback home.star:5: who.startswith("e") -> true; who.startswith("e")=True`},
		"no verdict: the last that were tried": {`
def on_playback(now):
	for i in range(9):
		if i > 7:
			log(i)
`, `on_playback home.star:4: i > 7 -> false; i=5
on_playback home.star:4: i > 7 -> false; i=6
on_playback home.star:4: i > 7 -> false; i=7
on_playback home.star:4: i > 7 -> true; i=8`},
		"a failure": {`
def on_playback(now):
	if now.who in {"eve": 1}:
		fail("no")
`, `on_playback home.star:3: now.who in {"eve": 1} -> true; now.who="eve"`},
	} {
		t.Run(name, func(t *testing.T) {
			ev := playback(snap{Who: "eve", Plays: true})
			d, got := explained(t, c.source, ev)
			equal(t, "why", got, c.want)
			plain := rules(t, c.source).Evaluate(t.Context(), ev, Facts{}, nil)
			d.Steps, plain.Steps = 0, 0
			is, was := RecordOf(d), RecordOf(plain)
			is.Ruleset, was.Ruleset = "", "" // rules names its file otherwise
			equal(t, "verdict", is.Verdict.String(), was.Verdict.String())
			equal(t, "calls", fmt.Sprint(is.Standing, is.Once, d.Logs), fmt.Sprint(was.Standing, was.Once, plain.Logs))
		})
	}
}

// A condition that takes all its steps does so when it is explained, too; and what cannot be loaded cannot be explained.
func TestExplainingIsBounded(t *testing.T) {
	d, _ := explained(t, `
def on_playback(now):
	for i in range(100000000):
		if i < 0:
			return
`, playback(bob))
	if d.Err == nil || !strings.Contains(d.Err.Error(), "steps") && !strings.Contains(d.Err.Error(), "took longer") { // on a slow machine
		t.Errorf("%v", d.Err)
	}
	if _, err := Explaining(Snapshot{{Path: "home.star", Data: []byte("def on_playback(now):\n\talow()\n")}}, Limits{}, newFakes().modules...); err == nil {
		t.Error("an unknown name was explained")
	}
}
