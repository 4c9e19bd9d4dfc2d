package lsp

import (
	"slices"
	"strings"
	"testing"

	"gatefold/internal/manual"
)

var household = map[string]string{
	"home.star": "load(\"lib/devices.star\", \"HOUSEHOLD\")\n\ndef on_playback(now):\n    pass\n",
	"lib/devices.star": `# Who lives here.
HOUSEHOLD = {"Küche 🎶": "green"}

_SECRET = 1

def colour_of(device, otherwise = "white"):
    """What a device shows."""
    return HOUSEHOLD.get(device.name, otherwise)
`,
	"90-topics.star": "def on_stranger(event):\n    deny(\"no\")\n\ndef on_playback(now):\n    publish(\"unheard\", device = now.device, minutes = 3)\n",
}

func labels(items []CompletionItem) (out []string) {
	for _, i := range items {
		out = append(out, i.Label)
	}
	return out
}

// Completion works wherever somebody is writing, also in a file that does not parse.
func TestCompletion(t *testing.T) {
	c := start(t, household).begin(`{"textDocument":{"completion":{"completionItem":{"snippetSupport":true}}}}`)
	c.open("home.star", "")
	for i, x := range []struct {
		name, text string
		has, lacks []string
	}{
		{"a call at the top", "bli‸", []string{"blink1", "deny", "def on_blind"}, []string{"pattern"}},
		{"members", "def on_playback(now):\n    blink1.‸", []string{"set", "blink", "pattern", "off"}, []string{"name", "deny"}},
		{"members, begun", "def on_playback(now):\n    blink1.se‸", []string{"set"}, nil},
		{"attributes", "def on_playback(now):\n    now.‸", []string{"device", "between", "pauses_in"}, []string{"kind", "set"}},
		{"a path", "def on_playback(now):\n    if now.device.‸ == 3:\n        pass\n", []string{"name", "approved"}, []string{"device"}},
		{"a variable", "def on_playback(now):\n    device = now.previous.device\n    x = [device.‸", []string{"name"}, []string{"device"}},
		{"a text", "def on_playback(now):\n    now.device.name.‸", []string{"lower", "startswith"}, []string{"name"}},
		{"a time", "def on_playback(now):\n    now.time.‸", []string{"hour", "format"}, nil},
		{"a duration", "def on_playback(now):\n    (now.item.duration.‸)", []string{"minutes"}, nil},
		{"an answer", "def on_playback(now):\n    for d in spotify.devices():\n        d.‸", []string{"key"}, nil},
		{"an element", "def on_playback(now):\n    now.item.artists[0].‸", []string{"upper"}, nil},
		{"blindness", "def on_blind(problem):\n    problem.‸", []string{"kind", "retry_at"}, []string{"device"}},
		{"a topic", "def on_unheard(event):\n    event.‸", []string{"by", "device", "minutes"}, nil},
		{"a field of a topic", "def on_unheard(event):\n    event.device.‸", []string{"name"}, nil},
		{"a timer", "def tick(now):\n    now.‸\nevery(\"1h\", tick)\n", []string{"account", "time"}, []string{"device"}},
		{"a function that is called", "def on_playback(now):\n    f(1, now.device)\n\ndef f(n, d):\n    d.‸", []string{"name"}, nil},
		{"arguments", "def on_playback(now):\n    blink1.set(\"red\", ‸", []string{"fade =", "brightness =", "now"}, []string{"color ="}},
		{"arguments, one given", "def on_playback(now):\n    blink1.set(\"red\", fade = \"1s\", ‸)", []string{"led ="}, []string{"fade =", "color ="}},
		{"arguments over lines", "def on_playback(now):\n    slack.post(\n        \"x\",\n        ev‸\n    )", []string{"every ="}, nil},
		{"arguments of a method", "def on_playback(now):\n    now.between(\"07:00\", \"08:00\", ‸)", []string{"days ="}, nil},
		{"arguments of a rule's own", "load(\"lib/devices.star\", \"colour_of\")\ndef on_playback(now):\n    colour_of(‸)", []string{"device =", "otherwise ="}, nil},
		{"no argument after =", "def on_playback(now):\n    pause(every = ‸)", []string{"now"}, []string{"every ="}},
		{"colours", "def on_playback(now):\n    blink1.set(\"‸\")", []string{"amber", "tomato"}, []string{"black", "now"}},
		{"a colour by name, open", "def on_playback(now):\n    blink1.set(color = \"gr‸", []string{"green"}, nil},
		{"days", "at(\"22:00\", f, days = \"‸\")", []string{"mon-fri"}, nil},
		{"files", "load(\"‸\")", []string{"lib/devices.star"}, []string{"home.star"}},
		{"names of a file", "load(\"lib/devices.star\", \"‸\")", []string{"HOUSEHOLD", "colour_of"}, []string{"_SECRET"}},
		{"topics", "def on_playback(now):\n    publish(\"‸\")", []string{"stranger", "unheard"}, nil},
		{"what it is compared with", "def on_playback(now):\n    if now.cause == \"‸\":\n        pass\n", []string{"look", "reload"}, nil},
		{"compared with in a call", "def on_playback(now):\n    log(now.cause != \"‸\")", []string{"clock"}, nil},
		{"every day", "def on_playback(now):\n    if now.weekday == \"‸\":\n        pass\n", []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, nil},
		{"one of a list", "def on_playback(now):\n    if now.weekday in [\"sat\", \"‸\"]:\n        pass\n", []string{"wed", "sun"}, nil},
		{"none of a list", "def on_playback(now):\n    if now.cause not in (\"‸\",):\n        pass\n", []string{"look"}, nil},
		{"in an attribute", "def on_playback(now):\n    if \"‸\" in now.changed:\n        pass\n", []string{"device", "item", "playing"}, []string{"look"}},
		{"not in an attribute", "def on_playback(now):\n    log(\"‸\" not in now.changed)\n", []string{"device", "item", "playing"}, nil},
		{"turned round", "def on_playback(now):\n    if \"‸\" == now.cause:\n        pass\n", []string{"look"}, nil},
		{"an attribute by its name", "def on_playback(now):\n    getattr(now, \"‸\")", []string{"device", "changed"}, []string{"name"}},
		{"a field by its name", "def on_unheard(event):\n    hasattr(event, \"‸\")", []string{"by", "minutes"}, nil},
		{"a play", "def on_playback(now):\n    for t in spotify.recently_played():\n        t.‸", []string{"context", "item", "played_at"}, nil},
		{"an answer itself", "def on_playback(now):\n    spotify.recently_played().‸", []string{"error"}, []string{"item"}},
		{"the first play", "def on_playback(now):\n    spotify.recently_played(limit = 3)[0].item.‸", []string{"uri"}, nil},
		{"a list", "x = []\nx.‸", []string{"append", "index"}, []string{"get"}},
		{"a dict", "H = {}\nH.‸", []string{"get", "items"}, []string{"append"}},
		{"a dict of the file", "H = {\"a\": 1}\n\ndef on_playback(now):\n    H.‸", []string{"get", "items"}, nil},
		{"a dict of another file", "load(\"lib/devices.star\", h = \"HOUSEHOLD\")\n\ndef on_playback(now):\n    h.‸", []string{"get", "items"}, nil},
		{"a value of a dict", "H = {\"a\": [1]}\nH[\"a\"].‸", []string{"append"}, []string{"get"}},
		{"a list as it is written", "[].‸", []string{"append"}, []string{"get"}},
		{"a dict as it is written", "{}.‸", []string{"get"}, []string{"append"}},
		{"a text as it is written", "\"a b\".‸", []string{"split"}, []string{"append"}},
		{"a list of a list", "[[1], [2]][0].‸", []string{"append"}, nil},
		{"what is returned", "def f():\n    return [1].‸", []string{"append"}, nil},
		{"a comprehension", "def on_playback(now):\n    x = [d.‸ for d in spotify.devices()]", []string{"name", "key"}, nil},
		{"its condition", "def on_playback(now):\n    x = [d for d in spotify.devices() if d.‸]", []string{"name", "key"}, nil},
		{"what it makes", "def on_playback(now):\n    x = [d.name for d in spotify.devices()]\n    x[0].‸", []string{"lower"}, []string{"key"}},
		{"its list", "def on_playback(now):\n    x = [d.name for d in spotify.devices()]\n    x.‸", []string{"append"}, []string{"lower"}},
		{"a comprehension in a call", "def on_playback(now):\n    log(any([d.‸ for d in spotify.devices()]))", []string{"name"}, nil},
		{"a dict comprehension", "def on_playback(now):\n    x = {d.key: d for d in spotify.devices()}\n    for k, v in x.items():\n        v.‸", []string{"key"}, []string{"lower"}},
		{"pairs", "def on_playback(now):\n    for i, d in enumerate(spotify.devices()):\n        d.‸", []string{"key"}, nil},
		{"sorted", "def on_playback(now):\n    for d in sorted(spotify.devices()):\n        d.‸", []string{"key"}, nil},
		{"words", "def on_playback(now):\n    now.device.name.split(\" \")[0].‸", []string{"lower"}, []string{"append"}},
		{"itself", "def on_playback(now):\n    device = now.device\n    device = device.‸", []string{"name"}, nil},
		{"a comparison", "def on_playback(now):\n    x = now.device == None\n    x.‸", nil, []string{"name"}},
		{"a loop that never ends", "x = y\ny = x\nx.‸", nil, []string{"name"}},
		{"handlers", "def ‸", []string{"on_playback", "on_blind", "on_unheard"}, []string{"def on_blind"}},
		{"handlers that are there", "def on_playback(now):\n    pass\n\ndef on‸", []string{"on_blind"}, []string{"on_playback"}},
		{"in a comment", "# blink1.‸", nil, []string{"set", "blink1"}},
		{"behind nothing known", "def f(x):\n    x.‸", nil, []string{"set", "name", "deny"}},
		{"below an open bracket", "def f(x):\n    slack.post(\n\ndef on_playback(now):\n    now.‸", []string{"device"}, nil},
		{"loaded", "load(\"lib/devices.star\", \"HOUSEHOLD\")\nX = 1\n\ndef on_playback(now):\n    y = 2\n    ‸", []string{"HOUSEHOLD", "X", "y", "now"}, nil},
	} {
		text, p := marked(t, x.text)
		c.change("home.star", i+2, text)
		var got completionList
		c.ask("textDocument/completion", c.where("home.star", p), &got)
		have := labels(got.Items)
		for _, want := range x.has {
			if !slices.Contains(have, want) {
				t.Errorf("%s: no %s in %.300v", x.name, want, have)
			}
		}
		for _, other := range x.lacks {
			if slices.Contains(have, other) {
				t.Errorf("%s: %s is offered", x.name, other)
			}
		}
		for _, i := range got.Items {
			if i.TextEdit == nil || i.TextEdit.Range.End != p || i.TextEdit.Range.Start.Line != p.Line {
				t.Errorf("%s: %s does not replace what is written: %+v", x.name, i.Label, i.TextEdit)
			}
		}
	}
}

// An editor that takes it is told once which range all completions replace.
func TestCompletionOfOneRange(t *testing.T) {
	c := start(t, household).begin(`{"textDocument":{"completion":{"completionItem":{"snippetSupport":true},"completionList":{"itemDefaults":["commitCharacters","editRange"]}}}}`)
	text, p := marked(t, "def on_playback(now):\n    blink1.set(\"red\", fa‸")
	c.open("home.star", text)
	var got completionList
	c.ask("textDocument/completion", c.where("home.star", p), &got)
	if got.ItemDefaults == nil || got.ItemDefaults.EditRange != (Range{Position{1, 22}, p}) {
		t.Fatalf("%+v", got.ItemDefaults)
	}
	inserted := map[string]string{}
	for _, i := range got.Items {
		if i.TextEdit != nil {
			t.Errorf("%s says it again: %+v", i.Label, i.TextEdit)
		}
		inserted[i.Label] = i.TextEditText
	}
	if inserted["fade ="] != "fade = " || inserted["now"] != "" {
		t.Errorf("%v", inserted)
	}
}

// What comes without an explanation gets it when it is asked for.
func TestResolve(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("home.star", "def on_playback(now):\n    den")
	var got completionList
	c.ask("textDocument/completion", c.where("home.star", Position{1, 7}), &got)
	i := slices.IndexFunc(got.Items, func(i CompletionItem) bool { return i.Label == "deny" })
	if i < 0 || got.Items[i].Documentation != nil {
		t.Fatalf("%v", labels(got.Items))
	}
	var whole CompletionItem
	c.ask("completionItem/resolve", js(got.Items[i]), &whole)
	if whole.Documentation == nil || !strings.Contains(whole.Documentation.Value, "Whoever holds the player may not.") || whole.Label != "deny" {
		t.Errorf("%+v", whole)
	}
}

func TestHover(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("home.star", "")
	for i, x := range []struct{ text, want string }{
		{"def on_playback(now):\n    blink1.s‸et(\"red\")", "A steady colour."},
		{"def on_playback(now):\n    blink1.set(\"red\", bright‸ness = 5)", "Percent, 1 to 100"},
		{"def on_playback(now):\n    pause(every‸ = \"10s\")", "The pace"},
		{"def on_playback(now):\n    now.device.appr‸oved", "Whether somebody allowed it"},
		{"def on_playback(now):\n    now.betw‸een(\"07:00\", \"08:00\")", "over midnight"},
		{"def on_play‸back(now):\n    pass", "After every look at the player"},
		{"def on_str‸anger(event):\n    pass", "When a rule calls"},
		{"def on_playback(now):\n    dev‸ice = now.device", "device: device"},
		{"load(\"lib/devices.star\", \"colour_of\")\nx = colour‸_of(1)", "What a device shows."},
		{"load(\"lib/devices.star\", \"HOUSEHOLD\")\nx = HOUSE‸HOLD", "Who lives here."},
		{"x = le‸n([])", "how many elements"},
		{"x = time.mi‸nute", "A duration of that length"},
		{"def on_playback(now):\n    blink1.set(\"tom‸ato\")", "#ff6347"},
		{"def on_unheard(event):\n    event.minu‸tes", "minutes = 3"},
		{"def on_unheard(event):\n    event.minu‸te", ""},
		{"load(\"lib/devices.star\", \"colour‸_of\")", "What a device shows."},
		{"load(\"lib/devices.star\", c = \"HOUSE‸HOLD\")", "Who lives here."},
		{"load(\"lib/dev‸ices.star\", \"HOUSEHOLD\")", "colour_of"},
		{"def on_playback(now):\n    for t in spotify.recently_played():\n        t.it‸em", "play.item"},
		{"def on_playback(now):\n    for t in spotify.recently_played():\n        t.item.na‸me", "its title"},
		{"x = {}.ge‸t", "the value of a key"},
		{"x = []\nx.app‸end(1)", "at the end"},
		{"def on_playback(now):\n    publish(\"stran‸ger\")", "def on_stranger(event)"},
		{"x = nothing‸", ""},
		{"# len‸", ""},
		{"\n‸\n", ""},
	} {
		text, p := marked(t, x.text)
		c.change("home.star", i+2, text)
		var got *hover
		c.ask("textDocument/hover", c.where("home.star", p), &got)
		switch {
		case x.want == "" && got != nil:
			t.Errorf("%q: %s", x.text, got.Contents.Value)
		case x.want != "" && (got == nil || !strings.Contains(strings.ToLower(got.Contents.Value), strings.ToLower(x.want))):
			t.Errorf("%q: %+v, want %s", x.text, got, x.want)
		}
	}
}

func TestDefinition(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("home.star", "")
	for i, x := range []struct{ text, file, want string }{
		{"load(\"lib/devices.star\", \"colour_of\")\nx = colour‸_of(1)", "lib/devices.star", "5:4"},
		{"load(\"lib/devices.star\", a = \"colour_of\")\nx = ‸a(1)", "lib/devices.star", "5:4"},
		{"load(\"lib/devices.star\", \"HOUSE‸HOLD\")", "lib/devices.star", "1:0"},
		{"load(\"lib/dev‸ices.star\", \"HOUSEHOLD\")", "lib/devices.star", "0:0"},
		{"def f(x):\n    return ‸x", "home.star", "0:6"},
		{"def f():\n    y = 1\n    return ‸y", "home.star", "1:4"},
		{"def f():\n    return g‸()\n\ndef g():\n    pass", "home.star", "3:4"},
		{"def on_playback(now):\n    publish(\"stran‸ger\")", "90-topics.star", "0:4"},
		{"def on_unh‸eard(event):\n    pass", "90-topics.star", "4:12"},
		{"def on_unheard(event):\n    log(event.minu‸tes)", "90-topics.star", "4:44"},
	} {
		text, p := marked(t, x.text)
		c.change("home.star", i+2, text)
		var raw any
		c.ask("textDocument/definition", c.where("home.star", p), &raw)
		got := js(raw)
		line, character, _ := strings.Cut(x.want, ":")
		if !strings.Contains(got, c.uri(x.file)) || !strings.Contains(got, `"start":{"character":`+character+`,"line":`+line+`}`) {
			t.Errorf("%q: %s, want %s %s", x.text, got, x.file, x.want)
		}
	}
}

func TestReferences(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("home.star", "load(\"lib/devices.star\", h = \"HOUSEHOLD\")\n\ndef on_playback(now):\n    return now.device.name in h and now.h\n")
	c.open("lib/devices.star", household["lib/devices.star"])
	var got []Location
	c.ask("textDocument/references", c.where("lib/devices.star", Position{1, 3}), &got)
	if len(got) != 4 { // its definition, its use, what is loaded, and the use of that
		t.Errorf("%d: %+v", len(got), got)
	}
	c.ask("textDocument/references", c.where("home.star", Position{2, 17}), &got)
	if len(got) != 3 {
		t.Errorf("%d: %+v", len(got), got)
	}
}

func TestSignatureHelp(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("home.star", "")
	for i, x := range []struct {
		text, label string
		active      int
	}{
		{"def on_playback(now):\n    blink1.set(‸", "blink1.set(color,", 0},
		{"def on_playback(now):\n    blink1.set(\"red\", ‸)", "blink1.set(color,", 1},
		{"def on_playback(now):\n    blink1.set(\"red\", led = ‸)", "blink1.set(color,", 3},
		{"def on_playback(now):\n    now.between(\"07:00\", ‸)", "now.between(from, to,", 1},
		{"def f(a, b = 1):\n    f(1, ‸)", "f(a, b = 1)", 1},
		{"load(\"lib/devices.star\", \"colour_of\")\nx = colour_of(‸)", "colour_of(device, otherwise = \"white\")", 0},
		{"x = math.pow(1, ‸)", "math.pow(x, y)", 1},
	} {
		text, p := marked(t, x.text)
		c.change("home.star", i+2, text)
		var got *signatureHelp
		c.ask("textDocument/signatureHelp", c.where("home.star", p), &got)
		if got == nil || !strings.HasPrefix(got.Signatures[0].Label, x.label) || got.ActiveParameter != x.active {
			t.Errorf("%q: %+v", x.text, got)
			continue
		}
		for _, p := range got.Signatures[0].Parameters {
			if !strings.Contains(got.Signatures[0].Label, p.Label) {
				t.Errorf("%q: %s is not in %s", x.text, p.Label, got.Signatures[0].Label)
			}
		}
	}
}

func TestSymbols(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("lib/devices.star", household["lib/devices.star"])
	var got []documentSymbol
	c.ask("textDocument/documentSymbol", c.where("lib/devices.star", Position{}), &got)
	if len(got) != 3 || got[0].Name != "colour_of" || got[0].Range.End.Line != 7 {
		t.Errorf("%+v", got)
	}
}

// What is laid out is what gatefold fmt makes, in as few lines as it takes.
func TestFormatting(t *testing.T) {
	const before = "x = 1\ndef f( a ):\n  return \"ä🎶\"+a\n\ny = 2\n"
	const after = "x = 1\n\ndef f(a):\n    return \"ä🎶\" + a\n\ny = 2\n"
	c := start(t, household).begin(`{}`)
	c.open("home.star", before)
	var edits []TextEdit
	c.ask("textDocument/formatting", c.where("home.star", Position{}), &edits)
	if len(edits) != 1 || edits[0].Range.Start.Line != 1 || edits[0].Range.End.Line > 3 {
		t.Fatalf("%+v", edits)
	}
	got := newText(before)
	s, e := got.offset(edits[0].Range.Start, utf16Units), got.offset(edits[0].Range.End, utf16Units)
	if out := before[:s] + edits[0].NewText + before[e:]; out != after {
		t.Errorf("%q", out)
	}
	c.change("home.star", 2, "def f(:\n")
	c.ask("textDocument/formatting", c.where("home.star", Position{}), &edits)
	if len(edits) != 0 {
		t.Errorf("a broken file is laid out: %+v", edits)
	}
	c.change("home.star", 3, after)
	c.ask("textDocument/formatting", c.where("home.star", Position{}), &edits)
	if len(edits) != 0 {
		t.Errorf("nothing is to do: %+v", edits)
	}
}

// A repair makes its problem go away.
func TestFixes(t *testing.T) {
	c := start(t, map[string]string{"home.star": ""}).begin(`{}`)
	c.open("home.star", "")
	for i, x := range []struct{ text, want string }{
		{"def on_blind(problem):\n    blink1.sett(\"red\")\n", "blink1.set(\"red\")"},
		{"def on_blind(problem):\n    blonk1.set(\"red\")\n", "blink1.set(\"red\")"},
		{"HOUSEHOLD = 1\n\ndef on_blind(problem):\n    log(\"ä🎶\", HOUSEHOD)\n", "log(\"ä🎶\", HOUSEHOLD)"},
	} {
		version := 2 * (i + 1)
		c.change("home.star", version, x.text)
		list := c.problems("home.star", version)
		if len(list) == 0 {
			t.Errorf("%q: no problem", x.text)
			continue
		}
		var got []codeAction
		c.ask("textDocument/codeAction", js(map[string]any{
			"textDocument": map[string]any{"uri": c.uri("home.star")}, "range": list[0].Range, "context": map[string]any{"diagnostics": list},
		}), &got)
		if len(got) == 0 {
			t.Errorf("%q: no repair of %+v", x.text, list)
			continue
		}
		edit := got[0].Edit.Changes[c.uri("home.star")][0]
		was := newText(x.text)
		now := x.text[:was.offset(edit.Range.Start, utf16Units)] + edit.NewText + x.text[was.offset(edit.Range.End, utf16Units):]
		if !strings.Contains(now, x.want) {
			t.Errorf("%q becomes %q", x.text, now)
		}
		c.change("home.star", version+1, now)
		if left := c.problems("home.star", version+1); len(left) != 0 {
			t.Errorf("%q: %+v is left", now, left)
		}
	}
}

// Repairs go by what a problem says, whoever says it.
func TestRepairs(t *testing.T) {
	m, err := manual.New()
	if err != nil {
		t.Fatal(err)
	}
	s := server{session: newSession(Options{}, m)}
	for _, x := range []struct{ text, message, want string }{
		{`blink1.set("gren")`, "blink1.set: for parameter color: \"gren\" is no colour: did you mean \"green\"?", `blink1.set("green")`},
		{`pause(every = 10)`, "pause: for parameter every: 10 has no unit: write \"10s\"", `pause(every = "10s")`},
		{`pause(every = "10")`, "pause: for parameter every: \"10\" has no unit: write \"10s\"", `pause(every = "10s")`},
		{`blink1.set("ff0000")`, "\"ff0000\" is no colour: write \"#ff0000\"", `blink1.set("#ff0000")`},
		{`pause(evry = "10s")`, "pause: there is no argument evry\ndid you mean every?", `pause(every = "10s")`},
		{"def on_playbak(now):\n    pass", "on_playbak handles nothing that happens\ndid you mean on_playback?", "def on_playback(now):\n    pass"},
		{"x = 1\n", "no rule handles the topic \"party\"\nwrite def on_party(event)", "x = 1\n\ndef on_party(event):\n    pass\n"},
		{`deny("no")`, "deny: something else", ""},
	} {
		o := newOutline(x.text)
		edit, _, ok := s.fix(o, Diagnostic{Message: x.message, Source: "gatefold"})
		got := ""
		if ok {
			got = x.text[:o.text.offset(edit.Range.Start, utf16Units)] + edit.NewText + x.text[o.text.offset(edit.Range.End, utf16Units):]
		}
		if got != x.want {
			t.Errorf("%s: %s, want %s", x.text, got, x.want)
		}
	}
}
