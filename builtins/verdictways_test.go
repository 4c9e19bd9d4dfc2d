package builtins

import (
	"slices"
	"strings"
	"testing"
)

// ways are the warnings about verdicts.
func ways(files ...string) []string {
	var out []string
	for _, s := range vetted(files...) {
		if rest, ok := strings.CutPrefix(s, "no-verdict "); ok {
			out = append(out, rest)
		} else {
			out = append(out, "ALSO "+s)
		}
	}
	return out
}

// handler is an on_playback with this body, tabs for indentation.
func handler(body string) string {
	return "def on_playback(now):\n\t" + strings.ReplaceAll(body, "\n", "\n\t") + "\n"
}

const (
	noWay   = "home.star:1:5: on_playback never gives a verdict (call allow() or deny(\"why\"): without either it is unknown whether who plays may)"
	someWay = "home.star:1:5: there is a way through on_playback without a verdict (when "
	there   = `: call allow() or deny("why") there too)`
)

func TestWaysWithoutAVerdict(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"pass", noWay},
		{"log(now)", noWay},
		{"if now.playing:\n\tallow()", someWay + "the condition of line 2 is false" + there},
		{"if not now.playing:\n\treturn\nallow()", someWay + "the condition of line 2 is true, up to the return of line 3" + there},
		{"if now.device == None or not now.playing:\n\treturn\nallow()", someWay + "the condition of line 2 is true, up to the return of line 3" + there},
		{"d = now.device\nif d == None:\n\treturn\nif d.name == 'a':\n\tallow()\nelif d.name == 'b':\n\tdeny('x')", someWay + "the condition of line 5 is false and the condition of line 7 is false" + there},
		{"for d in spotify.devices():\n\tif d.name == 'a':\n\t\tallow()", someWay + "the condition of line 3 is false" + there},
		{"for d in spotify.devices():\n\tallow()", someWay + "the loop of line 2 has nothing to go through" + there},
		{"for d in ['a', 'b']:\n\tif d == now.device.name:\n\t\tallow()\n\t\tbreak", someWay + "the condition of line 3 is false" + there},
		{"for d in ['a']:\n\tif d == now.device.name:\n\t\tcontinue\n\tallow()", someWay + "the condition of line 3 is true" + there},
		{"now.playing and allow()", someWay[:len(someWay)-len("when ")] + "always" + there},
		{"allow() if now.playing else None", someWay[:len(someWay)-len("when ")] + "always" + there},
		{"[allow() for d in spotify.devices()]", someWay[:len(someWay)-len("when ")] + "always" + there},
		{"if now.previous.device == None:\n\treturn\nallow()", someWay + "the condition of line 2 is true, up to the return of line 3" + there},
		{"if now.item == None:\n\treturn\nallow()", someWay + "the condition of line 2 is true, up to the return of line 3" + there},
		{"if now.device.name in ['a']:\n\tallow()\nif now.device.name in ['b']:\n\tdeny('x')", someWay + "the condition of line 2 is false and the condition of line 4 is false" + there},
		{"f = lambda: allow()\nlog(1)", noWay},
		{"judge(now)\ndef judge(n):\n\tpass", noWay},
	} {
		src := handler(c.body)
		if at := strings.Index(src, "\tdef judge"); at > 0 {
			src = src[:at] + strings.ReplaceAll(src[at:], "\n\t", "\n")[1:]
		}
		if got := ways(src); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s\n got %q\nwant %q", src, got, c.want)
		}
	}
}

func TestEveryWayHasAVerdict(t *testing.T) {
	helpers := `
def judge(device):
	if device == None:
		return
	if device.name == "a":
		allow()
	else:
		deny("x")

def settled(now):
	if state.get("party"):
		allow("party")
		return True
	return False

def unsettled(now):
	if state.get("party"):
		allow("party")
		return
	return now.device

def named(device, name):
	return device.name == name
`
	for _, body := range []string{
		"allow()", "done()", "fail('no')", "return allow()", "x = allow()", "x = [allow(), 1]", "log(allow())",
		"if now.device == None:\n\treturn\nallow()",
		"if now.device:\n\tallow()",
		"if not now.device:\n\treturn\ndeny('x')",
		"if now.device != None:\n\tallow()",
		"if None != now.device:\n\tallow()",
		"d = now.device\nif d:\n\tallow()",
		"d, p = now.device, now.playing\nif not d:\n\tlog(p)\n\treturn\nallow()",
		"nobody = now.device == None\nif nobody:\n\treturn\nallow()",
		"if now.device == None and not now.playing:\n\treturn\nallow()",
		"if now.device and now.device.name == 'a' or now.playing:\n\tallow()\nelse:\n\tdeny('x')",
		"if now.playing:\n\tallow()\nelse:\n\tdeny('x')",
		"if now.playing:\n\tlog(1)\nelif now.item:\n\tlog(2)\nallow()",
		"allow() if now.playing else deny('x')",
		"now.device and allow()", "now.device == None or allow()",
		"for d in ['a', 'b']:\n\tallow()",
		"for d in spotify.devices():\n\tif d.name == 'a':\n\t\tallow()\n\t\treturn\ndeny('x')",
		"judge(now.device)", "d = now.device\njudge(d)", "judge(device = now.device)",
		"if settled(now):\n\treturn\ndeny('x')",
		"if not settled(now):\n\tdeny('x')",
		"done = settled(now)\nif done:\n\treturn\ndeny('x')",
		"if unsettled(now):\n\tdeny('x')",
		"if now.device.name in ['a']:\n\tallow()\nif now.device.name not in ['a']:\n\tdeny('x')",
		"if now.device.name == 'a':\n\tallow()\n\nif now.device.name != 'a':\n\tdeny('x')",
		"ours = now.device.name == 'a'\nif ours:\n\tallow()\nlog(1)\nif not ours:\n\tdeny('x')",
		"if now.between('07:00', '20:00') and now.playing:\n\tallow()\nif not (now.between('07:00', '20:00') and now.playing):\n\tdeny('x')",
		"late = now.between('22:00', '06:00')\nif late and now.playing:\n\tdeny('x')\nelif late:\n\tdeny('y')\nif not late:\n\tallow()",
		"publish('judge', who = now.device.name)",
		"if named(now.device, 'a'):\n\tallow()\nelse:\n\tdeny('x')",
		"ACTIONS['a']()", "now.time.hour in ACTIONS and ACTIONS['a']()\nallow()",
		"h = allow\nlog(1)", // nobody knows who calls it
	} {
		src := handler(body) + helpers + "ACTIONS = {}\ndef on_judge(event):\n\tif event.who == 'a':\n\t\tallow()\n\telse:\n\t\tdeny('x')\n"
		got := slices.DeleteFunc(ways(src), func(s string) bool {
			return strings.Contains(s, "unpublished-topic") || strings.Contains(s, "wrong-turn")
		})
		if len(got) > 0 {
			t.Errorf("%s\n%q", handler(body), got)
		}
	}
}

// Where several files judge, one that always does is enough; else it is told once, of the last that judges at all.
func TestWaysThroughSeveralFiles(t *testing.T) {
	party := "def on_playback(now):\n\tif state.get('party'):\n\t\tallow('party')\n\t\tdone()\n"
	looks := "def on_playback(now):\n\tlog(now)\n"
	for _, c := range []struct {
		files []string
		want  []string
	}{
		{[]string{"10-party.star", party, "50-home.star", handler("allow()")}, nil},
		{[]string{"10-home.star", handler("allow()"), "50-party.star", party}, nil},
		{[]string{"10-party.star", party, "50-log.star", looks}, []string{"10-party.star:1:5: there is a way through on_playback without a verdict (when the condition of line 2 is false" + there}},
		{[]string{"10-log.star", looks, "50-party.star", party}, []string{"50-party.star:1:5: there is a way through on_playback without a verdict (when the condition of line 2 is false" + there}},
		{[]string{"a.star", "load('lib/x.star', 'judge')\non_playback = judge", "lib/x.star", "def judge(now):\n\tif now.device:\n\t\tallow()"}, nil},
		{[]string{"a.star", "load('lib/x.star', 'judge')\ndef on_playback(now):\n\tjudge(now.device)", "lib/x.star", "def judge(who):\n\tif who:\n\t\tallow()"}, nil},
		{[]string{"a.star", "load('lib/x.star', 'judge')\ndef on_playback(now):\n\tjudge(now.item)", "lib/x.star", "def judge(who):\n\tif who:\n\t\tallow()"}, []string{"a.star:2:5: there is a way through on_playback without a verdict (always" + there}},
		{[]string{"a.star", "def on_blind(problem):\n\tlog(problem)"}, nil},
	} {
		if got := ways(c.files...); !slices.Equal(got, c.want) {
			t.Errorf("%q\n got %q\nwant %q", c.files, got, c.want)
		}
	}
}
