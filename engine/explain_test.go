package engine

import (
	"fmt"
	"strings"
	"testing"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
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
on_playback home.star:5: who.startswith("e") -> true; who="eve"; who.startswith("e")=True`},
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
		"names to their last bracket": {`
HOUSE = {"eve": {"ok": 3}}

def on_playback(now):
	if HOUSE[now.who]["ok"] == 3 and {"a": now.who}["a"] == "eve" and now.who[0:2] == "ev" and (now.who, 1)[0] in ["eve"]:
		deny("x")
`, `on_playback home.star:5: HOUSE[now.who]["ok"] == 3 and {"a": now.who}["a"] == "eve" and now.who[0:2] == "ev" and (now.who, 1)[0] in ["eve"] -> true; ` +
			`HOUSE={"eve": {"ok": 3}}; now.who="eve"; HOUSE[now.who]={"ok": 3}; HOUSE[now.who]["ok"]=3; {"a": now.who}["a"]="eve"; now.who[0:2]="ev"; (now.who, 1)[0]="eve"`},
		"a condition over two lines": {`
def on_playback(now):
	if (now.plays and
			now.who == "eve"):
		deny("x")
`, `on_playback home.star:3: (now.plays and now.who == "eve") -> true; now.plays=True; now.who="eve"`},
		"comprehensions": {`
HOUSE = ["bob", "ann"]

def on_playback(now):
	if [n for n in HOUSE if n == now.who and n != "x"]:
		return
	if any([n == now.who + "!" for n in HOUSE]):
		return
	if {a: b + now.who for a, b in [("x", "y")]} == {}:
		return
	deny("x")
`, `on_playback home.star:5: [n for n in HOUSE if n == now.who and n != "x"] -> false; HOUSE=["bob", "ann"]; now.who="eve"
on_playback home.star:7: any([n == now.who + "!" for n in HOUSE]) -> false; HOUSE=["bob", "ann"]; now.who="eve"; any([n == now.who + "!" for n in HOUSE])=False
on_playback home.star:9: {a: b + now.who for a, b in [("x", "y")]} == {} -> false; now.who="eve"`},
		"what a call is made on, and with": {`
HOUSE = {}

def pick(*args, **named):
	return args[0]

def on_playback(now):
	if HOUSE.get(now.who, {}).get("ok") == "maybe" or now.who.lower().startswith("zz"):
		return
	if pick(*[now.plays], **{"a": now.who}) and time.parse_duration("1s") == time.second:
		deny("x")
`, `on_playback home.star:8: HOUSE.get(now.who, {}).get("ok") == "maybe" or now.who.lower().startswith("zz") -> false; HOUSE={}; now.who="eve"; ` +
			`HOUSE.get(now.who, {})={}; HOUSE.get(now.who, {}).get("ok")=None; now.who.lower()="eve"; now.who.lower().startswith("zz")=False
on_playback home.star:10: pick(*[now.plays], **{"a": now.who}) and time.parse_duration("1s") == time.second -> true; now.plays=True; now.who="eve"; ` +
			`pick(*[now.plays], **{"a": now.who})=True; time.parse_duration("1s")=1s; time.second=1s`},
		"what leaves the loop, and what fails, is a guard; of a loop the last time counts": {`
def on_playback(now):
	for d in ["bob", "ann", "eve", "late"]:
		if now.who == "":
			fail("nobody")
		if d == "stop":
			break
		if d != now.who:
			log(d)
			continue
		deny("x")
	if now.plays:
		return
`, `on_playback home.star:4: now.who == "" -> false; now.who="eve"
on_playback home.star:6: d == "stop" -> false; d="eve"
on_playback home.star:8: d != now.who -> false; d="eve"; now.who="eve"`},
		"a guard of the loop is none below it": {`
def on_playback(now):
	for d in ["bob"]:
		if d != now.who:
			continue
	if now.plays:
		log("plays")
	else:
		return
	deny("x")
`, `on_playback home.star:6: now.plays -> true; now.plays=True`},
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

// A value that contains itself many times over is printed up to where it is cut, and not to its end.
func TestExplainingPrintsNoMoreThanIsShown(t *testing.T) {
	_, got := explained(t, `
def on_playback(now):
	l, d, s, t = ["x"], {"k": 0}, struct(a = 1), ()
	for i in range(60):
		l, d, s, t = [l, l], {"k": d, "l": d}, struct(a = s, b = s), (t, t)
	n = 1 << 500
	n = n * n * n
	if [l] and d and s and t and n and "y" * 100000:
		deny("x")
`, playback(bob))
	if len(got) > 2000 || !strings.Contains(got, "n=an integer of 1501 bits") || strings.Count(got, "…") != 4 {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

// What fits is printed as the rules' own str() does.
func TestGlance(t *testing.T) {
	set, dict := starlark.NewSet(1), starlark.NewDict(1)
	_ = set.Insert(starlark.MakeInt(1))
	_ = dict.SetKey(starlark.String("a"), starlark.NewList([]starlark.Value{set}))
	for _, v := range []starlark.Value{
		starlark.None, starlark.True, starlark.MakeInt(3), starlark.Float(2.5), starlark.String("a\"b"), starlark.Bytes("x"),
		starlark.NewList(nil), starlark.Tuple{}, starlark.Tuple{starlark.MakeInt(1)}, starlark.Tuple{starlark.MakeInt(1), starlark.String("é")},
		set, dict, starlarkstruct.FromStringDict(starlarkstruct.Default, starlark.StringDict{"a": dict, "b": set}),
	} {
		equal(t, "printed", glance(v, readingBytes), v.String())
	}
	equal(t, "cut", glance(starlark.String(strings.Repeat("é", 100)), 9), `"éééé…`)
}
