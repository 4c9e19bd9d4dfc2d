package timeline

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseHeader(t *testing.T) {
	story := mustParse(t, "# a comment\n\naccounts lab office\ntimezone Europe/Berlin\nstart 2026-03-29T01:30\nbudget 9000/24h 20/30s # both\nenforce false\nat 0s\n")
	if story.Enforce || story.Per30s != 20 || story.PerDay != 9000 || strings.Join(story.Accounts, " ") != "lab office" {
		t.Errorf("%+v", story)
	}
	if got := story.Start.Format(time.RFC3339); got != "2026-03-29T01:30:00+01:00" {
		t.Error(got)
	}
	usual := mustParse(t, "at 0s")
	if usual.Start.Weekday() != time.Monday || usual.Start.Format(time.RFC3339) != "2026-01-05T12:00:00Z" || !usual.Enforce ||
		strings.Join(usual.Accounts, " ") != "home" {
		t.Errorf("%+v", usual)
	}
	implied := mustParse(t, "at 0s playback account=work none\nat 0s playback none")
	if strings.Join(implied.Accounts, " ") != "work home" {
		t.Error(implied.Accounts)
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "x.timeline:1: nothing happens: a story begins with a line like"},
		{"at 5s", "x.timeline:1:4: a story begins with at 0s"},
		{"at 0s\nat 10s\nat 5s", "x.timeline:3:4: comes after at 10s"},
		{"at", "x.timeline:1:3: when? Write a duration"},
		{"at soon", `x.timeline:1:4: "soon" is no duration: write one like 10s`},
		{"at 0s\nat 1d12h hold 7days", `x.timeline:2:15: "7days" is no duration: write one like 10s, 1m30s, 2h or 7d`},
		{"at 0s\nat 9999h", "x.timeline:2:4: \"9999h\" is out of range"},
		{"\tpause()\nat 0s", "x.timeline:1: an indented line says what happens after an at"},
		{"att 0s", `x.timeline:1:1: a line begins with at, not with att (did you mean "at"?)`},
		{"at 0s playbak none", `x.timeline:1:7: "playbak" is nothing that can happen (did you mean "playback"?)`},
		{"at 0s playback", "x.timeline:1:15: what? Like: playback device.name="},
		{"at 0s playback device.nam=x", `x.timeline:1:16: unknown field "device.nam" (did you mean "device.name"?)`},
		{"at 0s playback playing=perhaps", `x.timeline:1:16: playing="perhaps": want true or false`},
		{"at 0s playback device.name=a device.name=b", "x.timeline:1:30: device.name=b: want key=value, each key once"},
		{"at 0s playback device.name=Bob's Laptop", "x.timeline:1:34: Laptop: want key=value, each key once"},
		{`at 0s playback device.name="Bob`, "x.timeline:1:16: device.name: the quoted value is not closed"},
		{`at 0s playback device.name="a"b`, "x.timeline:1:16: device.name: a space is missing"},
		{`at 0s playback device.name="\xff"`, "x.timeline:1:16: device.name: the value is not valid text"},
		{`at 0s "playback"`, "x.timeline:1:7: a quotation mark begins a value"},
		{"at 0s playback none please", "x.timeline:1:21: please is too much here"},
		{"at 0s playback account=Home none", `x.timeline:1:16: "Home" is no account`},
		{"accounts home work\nat 0s playback account=wrok none", `x.timeline:2:16: there is no account wrok (did you mean "work"?): the accounts are home, work`},
		{"accounts\nat 0s", "x.timeline:1:9: which? Like: accounts home work"},
		{"accounts a a\nat 0s", "x.timeline:1:12: a is given twice"},
		{"at 0s\nenforce true", "x.timeline:2:1: enforce stands before the first at"},
		{"enforce perhaps\nat 0s", "x.timeline:1:9: write enforce true or enforce false"},
		{"enforce true\nenforce true\nat 0s", "x.timeline:2:1: enforce is given twice"},
		{"budget many\nat 0s", `x.timeline:1:8: "many" is no budget: write one like 8/30s or 6000/24h`},
		{"timezone Mars/North\nat 0s", `x.timeline:1:10: "Mars/North" is no time zone`},
		{"start yesterday\nat 0s", `x.timeline:1:7: "yesterday" is no start: write one like 2026-01-05T12:00:00`},
		{"at 0s spotify sleeps", "x.timeline:1:15: Spotify can do two things here"},
		{"at 0s spotify fails", `x.timeline:1:20: "" is no way to fail: a status from 200 to 599, or one of 429, badtoken`},
		{"at 0s spotify fails 42", `x.timeline:1:21: "42" is no way to fail`},
		{"at 0s spotify fails hangs", `x.timeline:1:21: "hangs" is no way to fail (did you mean "hang"?)`},
		{"at 0s spotify fails 429 retry_aftr=3s", `x.timeline:1:25: "retry_aftr=3s" does not belong here (did you mean "retry_after"?)`},
		{"at 0s spotify fails 429 on=payer", `x.timeline:1:25: "payer" is no part of Spotify (did you mean "player"?)`},
		{"at 0s spotify fails 429 times=0", `x.timeline:1:25: "0" is no number of times`},
		{"at 0s hold", "x.timeline:1:11: how long? Like: hold 3h"},
		{"at 0s hold 30s", "x.timeline:1:12: a hold of 30s: at least 1m, at most 7d"},
		{"at 0s hold 0s", "x.timeline:1:12: 0s is no time at all"},
		{"at 0s hold tonight", `x.timeline:1:12: "tonight" is no duration`},
		{"at 0s hold 3h 4h", "x.timeline:1:15: 4h is too much here"},
		{"at 0s override", "x.timeline:1:15: how often? Like: override 5s for=10m"},
		{"at 0s override 2h for=3h", "x.timeline:1:16: a look every 2h: at least 1s, at most 1h apart"},
		{"at 0s override 5s for=0s", "x.timeline:1:19: for=0s is no time at all"},
		{"at 0s override auto for=1h", "x.timeline:1:21: what is ended is ended for good"},
		{"at 0s publish", "x.timeline:1:14: which topic? Like: publish party minutes=30"},
		{"at 0s publish party now", `x.timeline:1:21: "now" is no field: write key=value`},
		{"at 0s publish party a-b=1", `x.timeline:1:21: "a-b" cannot be the name of a field`},
		{"at 0s edit home", "x.timeline:1:12: which file? Like: edit home.star _broken.star"},
		{"at 0s edit home.star b.txt", `x.timeline:1:22: "b.txt" is no rule file`},
		{"at 0s\n\xff", "x.timeline:2: not valid UTF-8"},
		{"at 0s\n" + strings.Repeat("x", maxLine+1), "x.timeline:2: longer than"},
		{strings.Repeat("\n", maxBytes+1), "x.timeline:1: larger than 1 MiB"},
	} {
		_, err := Parse("x.timeline", []byte(c.text))
		var es Errors
		if !errors.As(err, &es) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestEveryErrorIsToldAtOnce(t *testing.T) {
	_, err := Parse("x.timeline", []byte("at 0s foo\nat 1s bar\n"+strings.Repeat("baz\n", 30)))
	var es Errors
	if !errors.As(err, &es) || len(es) != 32 {
		t.Fatalf("%d errors: %v", len(es), err)
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != shownErrors+1 || lines[shownErrors] != "and 12 more" {
		t.Error(lines)
	}
}

func TestNormal(t *testing.T) {
	modules := mustModules()
	for _, c := range []struct{ text, want string }{
		{`blink1.set("red")`, `blink1.set(color="#ff0000")`},
		{`blink1.set( color = 'Red', brightness = 100 )`, `blink1.set(color="#ff0000")`},
		{`pause("10s")`, `pause()`},
		{`pause(every="20s")`, `pause(every="20s")`},
		{`allow()`, `allow()`},
		{`allow("a guest")`, `allow(reason="a guest")`},
		{`deny("no")`, `deny(reason="no")`},
		{`slack.post("see " + slack.link("https://example.com", "this"))`, `slack.post(text="see " + slack.link(url="https://example.com", text="this"))`},
	} {
		got, err := normal(c.text, modules)
		if err != nil || got != c.want {
			t.Errorf("%s: got %s, %v", c.text, got, err)
		}
		if again, err := normal(got, modules); again != got || err != nil {
			t.Errorf("%s: again %s, %v", got, again, err)
		}
	}
	for _, text := range []string{
		"", "pause", "pause(", `deny()`, `blink1.sett("red")`, `blink1.set("rde")`, `"a" * 1000000000`, `pause([x for x in range(9)])`,
		`slack.post("a" * 1000000000)`, `log("x")`, `publish("a")`, `pause(every=10 if True else 9)`, `(lambda: pause())()`,
	} {
		if got, err := normal(text, modules); err == nil {
			t.Errorf("%s: got %s", text, got)
		}
	}
}
