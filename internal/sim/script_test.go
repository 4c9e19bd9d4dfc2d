package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func mustParse(t *testing.T, story string) *Script {
	t.Helper()
	script, err := ParseScript("test.story", strings.NewReader(story))
	if err != nil {
		t.Fatal(err)
	}
	return script
}

// follow is a world that lives through a story from now on.
func follow(t *testing.T, story string) *world {
	t.Helper()
	w := newWorld(t, SpotifyOptions{})
	w.s.Follow(mustParse(t, story), w.clock.now())
	return w
}

// shows is what the player shows, in short.
func (w *world) shows() string {
	w.t.Helper()
	r := w.get("/v1/me/player?additional_types=track,episode")
	if r.status != 200 {
		return fmt.Sprint(r.status)
	}
	name := any("nothing")
	if r.at(w.t, "item") != nil {
		name = r.at(w.t, "item", "name")
	}
	return fmt.Sprintf("%v %v %v %v", r.at(w.t, "device", "name"), name, r.at(w.t, "progress_ms").(float64)/1000, r.at(w.t, "is_playing"))
}

func TestStory(t *testing.T) {
	w := follow(t, `
# A comment, and an empty line before it.
at 0s   home plays "So What" by "Miles Davis" on "Kitchen" (speaker)
at 5s   home moves to "Living Room" (speaker)   # the same tune goes on
at 7s   home plays "Blue # Train" by "Trane" "Monk" on "Bob's \"Laptop\"" stubborn 2s device.id=one
at 20s  home gives up
at 25s  home pauses
at 26s  home resumes
at 27s  home skips
at 28s  home plays episode "Pilot" by "The Show"
at 29s  home changes id "two"
at 30s  home plays an ad on "Kitchen"
at 31s  home shows device.name=Phone item.kind=none
at 32s  home stops
at 55s  spotify fails 429 retry 20s for 20s
repeat 2m
`)
	steps := []struct {
		at   int
		want string
	}{
		{0, "Kitchen So What 0 true"}, {6, "Living Room So What 6 true"}, {8, `Bob's "Laptop" Blue # Train 1 true`},
		{25, `Bob's "Laptop" Blue # Train 18 false`}, {26, `Bob's "Laptop" Blue # Train 18 true`}, {27, `Bob's "Laptop" So What 0 true`},
		{28, `Bob's "Laptop" Pilot 0 true`}, {29, `Bob's "Laptop" Pilot 1 true`}, {30, "Kitchen nothing 0 true"}, {31, "Phone nothing 0 true"},
		{32, "204"}, {54, "204"}, {55, "429"}, {74, "429"}, {75, "204"}, {119, "204"}, {121, "Kitchen So What 1 true"}, {175, "429"}, {12008, `Bob's "Laptop" Blue # Train 1 true`},
	}
	now := 0
	for _, step := range steps {
		w.clock.pass(time.Duration(step.at-now) * time.Second)
		now = step.at
		same(t, fmt.Sprintf("at %ds", now), w.shows(), step.want)
		if now == 29 {
			same(t, "new id", w.get("/v1/me/player").at(t, "device", "id"), "two")
		}
	}
}

func TestStoryWithStubbornIntruder(t *testing.T) {
	w := follow(t, "at 0s home plays \"Blue Train\" on \"Bob's Laptop\" stubborn 2s\nat 20s home gives up\nat 30s home ignores\nat 40s home obeys")
	press := func(after time.Duration, want string) {
		t.Helper()
		w.clock.pass(after)
		w.put(pausePath)
		same(t, "right after", w.shows(), want)
	}
	press(10*time.Second, "Bob's Laptop Blue Train 10 false")
	press(5*time.Second, "Bob's Laptop Blue Train 13 false")
	press(5*time.Second, "Bob's Laptop Blue Train 16 false") // gives up at this very moment
	w.clock.pass(time.Hour)
	same(t, "for good", w.shows(), "Bob's Laptop Blue Train 16 false")
}

func TestStoryOfSomebodyWhoIgnores(t *testing.T) {
	w := follow(t, "at 0s home plays \"Blue Train\" on \"Kitchen\"\nat 1s home ignores\nat 9s home obeys\nat 20s home insists 1s")
	for _, step := range []struct {
		pass time.Duration
		want bool
	}{{5 * time.Second, true}, {5 * time.Second, false}} {
		w.clock.pass(step.pass)
		w.put(pausePath).want(t, 200, "")
		same(t, "is_playing", w.get("/v1/me/player").at(t, "is_playing"), step.want)
	}
	w.a.Resume()
	w.clock.pass(10 * time.Second)
	w.put(pausePath)
	w.clock.pass(time.Second)
	same(t, "insists", w.get("/v1/me/player").at(t, "is_playing"), true)
}

func TestStoryFaults(t *testing.T) {
	w := follow(t, `
at 0s  spotify fails 503 on player body "down" 2 times
at 1s  spotify fails quota of home retry 49861s once
at 2s  spotify fails 429 retry none for 1s
at 3s  spotify fails 429 for 5s
at 9s  spotify fails html on token status 502 once
at 9s  slack fails 500 on post once
`)
	r := w.get("/v1/me/player")
	same(t, "body", r.body, "down")
	same(t, "me", w.get("/v1/me").status, 200)
	same(t, "twice", w.get("/v1/me/player").status, 503)
	w.clock.pass(time.Second)
	same(t, "quota", w.get("/v1/me").header.Get("Retry-After"), "49861")
	same(t, "once", w.get("/v1/me").status, 200)
	w.clock.pass(time.Second)
	if r := w.get("/v1/me"); r.status != 429 || len(r.header["Retry-After"]) != 0 {
		t.Errorf("429 without Retry-After: %+v", r)
	}
	w.clock.pass(2 * time.Second)
	same(t, "remaining", w.get("/v1/me").header.Get("Retry-After"), "4")
	w.clock.pass(6 * time.Second)
	same(t, "token", w.refresh("refresh-home").status, 502)

	clock := newManual()
	s := NewSlack(SlackOptions{Now: clock.now})
	s.Follow(mustParse(t, "every 10s slack fails channel_not_found once\nat 15s spotify fails 500 once"), clock.now())
	same(t, "faults at first", len(liveFaults(s)), 0)
	clock.pass(10 * time.Second)
	same(t, "faults later", len(liveFaults(s)), 1)
	clock.pass(10 * time.Second)
	same(t, "faults in the end", len(liveFaults(s)), 2)
}

func liveFaults(s *Slack) faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	return s.faults
}

func TestStoryErrors(t *testing.T) {
	cases := map[string]string{
		"":                                       `t:1: nothing happens in this story; a line is like: at 0s home plays`,
		"# only this":                            `t:1: nothing happens`,
		"\n\nin 7s home stops":                   `t:3: a line begins with at, every or repeat, not in; like: at 7s home stops`,
		"evry 7s home stops":                     `not evry (did you mean "every"?)`,
		"at home stops":                          `at home: want a duration such as 7s`,
		"at":                                     `after "at" comes a duration such as 7s, 2m or 1m30s, but the line ends`,
		"at 7 home stops":                        `at 7: want a duration`,
		"every 1ms home stops":                   `every 1ms: at least 1s`,
		"at 7s":                                  `who? like: at 7s home stops`,
		"at 7s Home stops":                       `Home is no account: a name has lower-case letters`,
		"at 7s home":                             `does what? One of changes, gives, ignores,`,
		"at 7s home pluys \"x\"":                 `nobody can do pluys (did you mean "plays"?); one of changes,`,
		"at 7s home plays":                       `plays what? A title in straight quotation marks is wanted, but the line ends; like: plays "So What"`,
		"at 7s home plays “So What”":             `is wanted, not “So`,
		"at 7s home plays an apple":              `write: plays an ad`,
		"at 7s home plays \"x\" by":              `after "by" comes a text in straight quotation marks, but the line ends; like: plays "So What"`,
		"at 7s home plays \"x\" on Kitchen":      `after "on" comes a text in straight quotation marks, not Kitchen`,
		"at 7s home plays \"x":                   `a quotation mark is not closed`,
		"at 7s home plays \"x\" on \"y\" (tv":    `a bracket is not closed`,
		"at 7s home plays \"x\"on \"y\"":         `a space is missing after "x"`,
		"at 7s home plays \"x\" twice":           `twice is too much here`,
		"at 7s home plays \"x\" stubborn":        `after "stubborn" comes a duration`,
		"at 7s home plays \"x\" item.kid=ad":     `unknown field "item.kid" (did you mean "item.kind"?)`,
		"at 7s home plays \"x\" item.name=y":     `item.name is given twice`,
		"at 7s home shows":                       `shows what?`,
		"at 7s home shows playing=perhaps":       `playing="perhaps": want true or false`,
		"at 7s home moves":                       `write: moves to "Kitchen" (speaker)`,
		"at 7s home moves to \"x\" item.name=y":  `only the device changes`,
		"at 7s home gives in":                    `write: gives up`,
		"at 7s home changes":                     `write: changes id`,
		"at 7s home stops now":                   `now is too much here`,
		"at 7s spotify sleeps":                   `a service can only fail`,
		"at 7s spotify fails":                    `fails how? A status or one of status, reset`,
		"at 7s spotify fails 99 once":            `cannot fail with 99: a status from 200 to 599`,
		"at 7s spotify fails hag once":           `cannot fail with hag (did you mean "hang"?)`,
		"at 7s slack fails stale once":           `cannot fail with stale`,
		"at 7s spotify fails 500":                `for how long? Add: for 20s, once, or 3 times`,
		"at 7s spotify fails 500 for 0s":         `for 0s: at least`,
		"at 7s spotify fails 500 on post once":   `after "on" comes one of me, player,`,
		"at 7s spotify fails 500 on volme once":  `(did you mean "volume"?)`,
		"at 7s spotify fails revoked on me once": `revoked never happens on me`,
		"at 7s spotify fails on me":              `cannot fail with on`,
		"at 7s spotify fails 500 of Bob! once":   `the name of an account`,
		"at 7s slack fails 500 of bob once":      `faults of Spotify alone`,
		"at 7s slack":                            `slack fails, or somebody presses a button there: write slack fails 429 retry 20s for 20s, or slack U0ANN presses "Allow for an hour", but the line ends`,
		"at 7s slack sleeps":                     `or slack U0ANN presses "Allow for an hour", not sleeps`,
		"at 7s slack ann presses \"x\"":          `slack fails, or somebody presses a button there`,
		"at 7s slack U0ANN":                      `somebody in Slack can only press a button, but the line ends; like: slack U0ANN presses`,
		"at 7s slack U0ANN sings":                `somebody in Slack can only press a button, not sings`,
		"at 7s slack U0ANN presses x":            `after "presses" comes a text in straight quotation marks, not x; like: slack U0ANN presses "Allow for an hour"`,
		"at 7s slack U0ANN presses \"\"":         `a button has a label`,
		"at 7s slack U0ANN presses \"x\" twice":  `twice is too much here`,
		"at 7s slack fails drop on post once":    `drop never happens on post`,
		"at 7s slack fails lost on socket once":  `lost never happens on socket`,
		"at 7s spotify fails drop once":          `cannot fail with drop`,
		"at 7s spotify fails 500 0 times":        `0 does not belong here`,
		"at 7s spotify fails 500 forr 7s":        `forr does not belong here (did you mean "for"?)`,
		"at 7s spotify fails html status x":      `a number from 200 to 599`,
		"at 7s home stops\nrepeat 5s":            `t:1: never happens: the story begins anew after 5s`,
		"every 7s home stops\nrepeat 7s":         `t:1: never happens`,
		"repeat 5s\nat 1s home stops":            `t:2: repeat must be the last line`,
		"repeat 0s":                              `repeat 0s: at least 1s`,
		"at 0s home stops\nrepeat 7s 8s":         `t:2: 8s is too much here`,
		"at 0s \xff":                             `t:1: not valid UTF-8`,
		strings.Repeat("# long\n", 1<<18):        `t:1: a story may have 1 MiB at most`,
		strings.Repeat("at 0s a stops\n", 1e4+1): `t:10001: a story may have 10000 lines at most`,
	}
	for story, want := range cases {
		_, err := ParseScript("t", strings.NewReader(story))
		var typed *ScriptError
		if !errors.As(err, &typed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", story, err, want)
		}
	}
	if _, err := ParseScript("t", errorReader{}); err == nil || !strings.Contains(err.Error(), "read story t") {
		t.Errorf("a file that cannot be read: %v", err)
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("no") }

func TestLinesAndNext(t *testing.T) {
	script := mustParse(t, "at 5s home stops # bye\nat 0s home plays \"x\"  on \"y z\"\nevery 4s bob pauses\nat 8s spotify fails 500 once\nrepeat 10s")
	lines := script.Lines()
	if len(lines) != 4 || lines[0].Text != "stops" || lines[1].Text != `plays "x"  on "y z"` || lines[2].Every != 4*time.Second ||
		lines[3].Who != "spotify" || lines[1].Number != 2 {
		t.Errorf("%+v", lines)
	}
	if got := script.Accounts(); !slices.Equal(got, []string{"home", "bob"}) {
		t.Errorf("accounts %v", got)
	}
	var got []string
	after := time.Duration(-1)
	for range 8 {
		at, lines, ok := script.Next(after)
		if !ok {
			t.Fatal("the story ends")
		}
		for _, l := range lines {
			got = append(got, fmt.Sprint(at, " ", l.Number))
		}
		after = at
	}
	want := []string{"0s 2", "4s 3", "5s 1", "8s 3", "8s 4", "10s 2", "14s 3", "15s 1", "18s 3", "18s 4"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	once := mustParse(t, "at 5s home stops")
	if _, _, ok := once.Next(5 * time.Second); ok {
		t.Error("a story without repeat goes on")
	}
	if _, _, ok := script.Next(1<<63 - 1); ok {
		t.Error("after the end of time")
	}
}

// Next never skips and never repeats: it lists what a naive expansion of the story lists.
func TestNextIsComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period := rapid.IntRange(5, 20).Draw(t, "period")
		var story strings.Builder
		var want []string
		for n := range rapid.IntRange(1, 5).Draw(t, "lines") {
			when := rapid.IntRange(1, period-1).Draw(t, "when")
			every := rapid.Bool().Draw(t, "every")
			fmt.Fprintf(&story, "%s %ds home stops\n", map[bool]string{true: "every", false: "at"}[every], when)
			for second := range 3 * period {
				in := second % period
				if in == when || every && in > 0 && in%when == 0 {
					want = append(want, fmt.Sprintf("%04d %d", second, n+1))
				}
			}
		}
		fmt.Fprintf(&story, "repeat %ds", period)
		script, err := ParseScript("t", strings.NewReader(story.String()))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for at, lines, _ := script.Next(-1); at < time.Duration(3*period)*time.Second; at, lines, _ = script.Next(at) {
			for _, l := range lines {
				got = append(got, fmt.Sprintf("%04d %d", int(at.Seconds()), l.Number))
			}
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%s\ngot %v\nwant %v", story.String(), got, want)
		}
	})
}

// Every fenced example of SCRIPT.md parses, and every verb, property, kind of fault and part of a service is in it.
func TestScriptIsDocumented(t *testing.T) {
	raw, err := os.ReadFile("SCRIPT.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(raw), "```\n")
	if len(parts) < 7 {
		t.Fatalf("only %d fences", len(parts)-1)
	}
	for i := 1; i < len(parts); i += 2 {
		mustParse(t, parts[i])
	}
	names := append(spotifyKinds(), slackKinds()...)
	names = append(names, append(spotifyFaults().paths, slackFaults().paths...)...)
	for verb := range (&parser{}).verbs() {
		names = append(names, verb)
	}
	for _, f := range playbackFields() {
		names = append(names, f.name)
	}
	for _, name := range names {
		if !strings.Contains(string(raw), name) {
			t.Errorf("SCRIPT.md does not mention %s", name)
		}
	}
}

// A story either has an error with its place, or can be lived through.
func FuzzParseScript(f *testing.F) {
	f.Add(householdStory)
	for _, seed := range []string{
		"at 0s home plays \"x\" on \"y\" (tv) stubborn 2s\nrepeat 2m", "every 1s home skips", "at 1s home shows item.kind=ad device.id=none",
		"at 0s home changes id\nat 1s home moves to \"\"", "at 0s spotify fails delay lag 1s 3 times", "at 0s slack fails error body \"x\" once", "at 0s slack U0ANN presses \"x\"",
		"at 0s home plays local \"\\\"\" by \"\" from \"\"", "at 0s a=\"", "at 0s home plays \"x\" by \"a,b\" \"c\" item.uri=\"\"", "at 999h home stops\nrepeat 1000h",
		"at 0s spotify fails 204 for 1h", "at 0s home resumes\nat 0s home pauses\nat 0s home gives up\nat 0s home insists 0s",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, story string) {
		script, err := ParseScript("f.story", strings.NewReader(story))
		if err != nil {
			var typed *ScriptError
			if !errors.As(err, &typed) || typed.Line < 1 || !strings.HasPrefix(err.Error(), "f.story:") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			return
		}
		if len(script.lines) > 50 {
			return // long stories are not stranger, only slower
		}
		w := newWorld(t, SpotifyOptions{})
		w.s.Follow(script, w.clock.now())
		for _, pass := range []time.Duration{0, time.Second, 10 * time.Second, time.Minute, 5 * time.Minute} {
			w.clock.pass(pass)
			w.s.ClearFaults() // a hang would be lived through for ever
			for _, name := range script.Accounts() {
				w.token = w.s.Account(name).AccessToken()
				r := w.get("/v1/me/player")
				if r.err != nil || r.status != 204 && !(r.status == 200 && json.Valid([]byte(r.body))) {
					t.Fatalf("%+v", r)
				}
				w.put(pausePath)
			}
		}
	})
}
