package builtins

import (
	"slices"
	"strings"
	"testing"

	"gatefold/engine"
)

const colours = "HOUSE = {\"Kitchen\": \"gren\", \"Living Room\": \"green\"}\n"

// A literal is found where it is written, however it comes to the call.
func TestVetValuesFromAfar(t *testing.T) {
	const redd = `blink1.set: for parameter color: "redd" is no colour`
	const gren = `home.star:1:21: blink1.set: for parameter color: "gren" is no colour: did you mean "green"? (it is used at home.star:`
	for _, c := range []struct{ src, want string }{
		{colours + in(`blink1.set(HOUSE[now.device.name])`), gren + "4:13)"},
		{colours + in(`d = now.device`+"\n"+`if d == None:`+"\n\treturn\n"+`if d.name in HOUSE:`+"\n\t"+`blink1.set(HOUSE[d.name])`), gren + "8:14)"},
		{colours + in(`if now.device.name not in HOUSE:`+"\n\treturn\n"+`color = HOUSE[now.device.name]`+"\n"+`blink1.set(color)`), gren},
		{colours + in(`blink1.set(HOUSE["Kitchen"])`), gren},
		{colours + in(`name = now.device.name.strip()`+"\n"+`blink1.set(HOUSE.get(name, "red"))`), gren},
		{colours + in(`blink1.set(HOUSE.get("q", "redd"))`), `home.star:4:28: ` + redd},
		{`HOUSE = {"Kitchen": "green"}` + "\n" + in(`blink1.set(HOUSE.get(now.device.name, "redd"))`), `home.star:4:40: ` + redd},
		{colours + in(`for name, color in HOUSE.items():`+"\n\t"+`if name == now.device.name:`+"\n\t\t"+`blink1.set(color)`), gren},
		{colours + in(`for name in HOUSE:`+"\n\t"+`blink1.set(HOUSE[name])`), gren},
		{colours + in(`for color in HOUSE.values():`+"\n\t"+`blink1.set(color)`), gren},
		{colours + in(`[blink1.set(c) for n, c in HOUSE.items() if n == now.device.name]`), gren},
		{`PACE = {"day": "10"}` + "\n" + in(`pause(every = PACE["day"])`), `home.star:1:16: pause: for parameter every: "10" has no unit: write "10s" (it is used at home.star:4:16)`},
		{`HOUSE = {"Kitchen": {"color": "redd", "pace": "10s"}}` + "\n" + in(`blink1.set(HOUSE[now.device.name]["color"])`+"\n"+`pause(HOUSE[now.device.name]["pace"])`), `home.star:1:31: ` + redd},
		{`HOUSE = {"Kitchen": ("redd", "10s")}` + "\n" + in(`blink1.set(HOUSE[now.device.name][0])`), `home.star:1:22: ` + redd},
		{`HOUSE = [("Kitchen", "redd")]` + "\n" + in(`for name, color in HOUSE:`+"\n\t"+`if name == now.device.name:`+"\n\t\t"+`blink1.set(color)`), `home.star:1:22: ` + redd},
		{in(`blink1.set(["redd"][0])`), `home.star:3:14: ` + redd},
		{in(`blink1.set(["red", "redd"][-1])`), `home.star:3:21: ` + redd},
		{in(`for c in ["redd", "green"]:` + "\n\t" + `blink1.set(c)`), `home.star:3:12: ` + redd},
		{in(`blink1.set("re" + "dd")`), `home.star:3:13: ` + redd},
		{`PRE = "re"` + "\n" + in(`blink1.set(PRE + "dd")`), `home.star:4:13: ` + redd},
		{in(`blink1.set("REDD".lower())`), `home.star:3:13: ` + redd},
		{in(`blink1.set("%sdd" % "re")`), `home.star:3:13: ` + redd},
		{in(`pause(every = 2 * time.hour)`), `home.star:3:16: pause: for parameter every: 2h is out of range`},
		{in(`light("redd")`) + "def light(c):\n\tblink1.set(c)", `home.star:3:8: ` + redd + `: did you mean "red"? (it is used at home.star:5:13)`},
		{in(`light()`) + "def light(c = 'redd'):\n\tblink1.set(c)", `home.star:4:15: ` + redd},
		{in(`light(c = "redd")`) + "def light(c):\n\tglow(c)\ndef glow(color):\n\tblink1.set(color)", `home.star:3:12: ` + redd},
		{in(`show("light", "redd")`+"\n"+`show("pace", "10s")`) + "def show(what, value):\n\tif what == 'light':\n\t\tblink1.set(value)\n\telse:\n\t\tpause(value)", `home.star:3:16: ` + redd},
		{colours + in(`paint(now.device)`) + "def paint(device):\n\tif device.name in HOUSE:\n\t\tblink1.set(HOUSE[device.name])", gren},
		{in(`f = time.parse_duration` + "\n" + `f("10 minutes")`), `home.star:4:4: time.parse_duration: unknown unit " minutes" in duration "10 minutes": write it like "10m" or "1h30m"`},
	} {
		got := vetted(c.src)
		if len(got) != 1 || !strings.HasPrefix(got[0], "wrong-value "+c.want) {
			t.Errorf("%s\n got %q\nwant %q", c.src, got, c.want)
		}
	}
	both := vetted(in(`blink1.set("redd" if now.playing else "grene")`))
	if len(both) != 2 || !strings.Contains(both[0], `3:13: `+redd) || !strings.Contains(both[1], `3:40: blink1.set: for parameter color: "grene"`) {
		t.Errorf("of two wrong sides: %q", both)
	}
	lib := vetted("home.star", "load('lib/x.star', 'HOUSE')\n"+in("blink1.set(HOUSE[now.device.name])"), "lib/x.star", colours)
	if len(lib) != 1 || !strings.HasPrefix(lib[0], `wrong-value lib/x.star:1:21: blink1.set: for parameter color: "gren" is no colour`) || !strings.HasSuffix(lib[0], "(it is used at home.star:4:13)") {
		t.Errorf("of a library: %q", lib)
	}
}

// A value that a condition may keep from the call, or that somebody may have changed, is left to the run.
func TestVetValuesThatMayNotCome(t *testing.T) {
	const off = "HOUSE = {\"Kitchen\": \"none\", \"Living Room\": \"green\"}\n"
	for _, src := range []string{
		off + in(`if HOUSE[now.device.name] != "none":`+"\n\t"+`blink1.set(HOUSE[now.device.name])`),
		off + in(`color = HOUSE[now.device.name]`+"\n"+`if color != "none":`+"\n\t"+`blink1.set(color)`),
		off + in(`if now.device.name == "Kitchen":`+"\n\tblink1.off()\n"+`elif now.device.name in HOUSE:`+"\n\t"+`blink1.set(HOUSE[now.device.name])`),
		off + in(`if now.device.name == "Kitchen":`+"\n\treturn\n"+`blink1.set(HOUSE[now.device.name])`),
		off + in(`if now.device.name.startswith("Kit"):`+"\n\treturn\n"+`blink1.set(HOUSE[now.device.name])`),
		off + in(`d = now.device`+"\n"+`if now.device.name == "Kitchen":`+"\n\treturn\n"+`blink1.set(HOUSE[d.name])`),
		off + in(`if dark(now.device):`+"\n\treturn\n"+`blink1.set(HOUSE[now.device.name])`) + "def dark(d):\n\treturn d.name == 'Kitchen'",
		off + in(`if dark(now.device.name):`+"\n\treturn\n"+`blink1.set(HOUSE[now.device.name])`) + "def dark(d):\n\treturn d == 'Kitchen'",
		off + in(`if now.device.type == "speaker":`+"\n\treturn\n"+`blink1.set(HOUSE[now.device.name])`),
		off + in(`lit = now.device.name != "Kitchen"`+"\n"+`if lit:`+"\n\t"+`blink1.set(HOUSE[now.device.name])`),
		off + in(`lit = True`+"\n"+`if now.device.name == "Kitchen":`+"\n\tlit = False\n"+`if lit:`+"\n\t"+`blink1.set(HOUSE[now.device.name])`),
		off + in(`for quiet in ["Kitchen"]:`+"\n\t"+`if quiet == now.device.name:`+"\n\t\treturn\n"+`blink1.set(HOUSE[now.device.name])`),
		off + in(`if now.device.name in ["Living Room"]:`+"\n\t"+`blink1.set(HOUSE[now.device.name])`),
		off + in(`blink1.set(HOUSE[now.device.name] if now.device.name != "Kitchen" else "red")`),
		off + in(`now.device.name == "Kitchen" or blink1.set(HOUSE[now.device.name])`),
		off + in(`[blink1.set(HOUSE[n]) for n in HOUSE if n != "Kitchen"]`),
		off + in(`for n, c in HOUSE.items():`+"\n\t"+`if n == "Kitchen":`+"\n\t\tcontinue\n\t"+`blink1.set(c)`),
		off + in(`for n, c in HOUSE.items():`+"\n\t"+`if c == "none":`+"\n\t\tcontinue\n\t"+`blink1.set(c)`),
		off + in(`if now.device.name != "Kitchen":`+"\n\t"+`paint(now.device.name)`) + "def paint(n):\n\tblink1.set(HOUSE[n])",
		off + in(`paint("Living Room")`) + "def paint(n):\n\tblink1.set(HOUSE[n])",
		off + in(`blink1.set(HOUSE[which(now)])`) + "def which(now):\n\treturn 'Living Room'",
		off + "HOUSE[\"Kitchen\"] = \"red\"\n" + in(`blink1.set(HOUSE[now.device.name])`),
		off + "HOUSE.update([(\"Kitchen\", \"red\")])\n" + in(`blink1.set(HOUSE[now.device.name])`),
		off + "def mend(h):\n\th['Kitchen'] = 'red'\nmend(HOUSE)\n" + in(`blink1.set(HOUSE[now.device.name])`),
		off + "def mend():\n\tHOUSE['Kitchen'] = 'red'\nmend()\n" + in(`blink1.set(HOUSE[now.device.name])`),
		in(`colors = ["redd"]` + "\n" + `colors[0] = "red"` + "\n" + `blink1.set(colors[0])`),
		in(`colors = ["redd"]`+"\n"+`mend(colors)`+"\n"+`blink1.set(colors[0])`) + "def mend(c):\n\tc[0] = 'red'",
		in(`colors = {"a": {"b": "redd"}}` + "\n" + `colors["a"]["b"] = "red"` + "\n" + `blink1.set(colors["a"]["b"])`),
		`HOUSE = {"Kitchen": "green"}` + "\n" + in(`if now.device.name in HOUSE:`+"\n\t"+`blink1.set(HOUSE.get(now.device.name, "none"))`),
		in(`light("none", False)`+"\n"+`light("red", True)`) + "def light(c, on):\n\tif on:\n\t\tblink1.set(c)",
		in(`show("light", "red")`+"\n"+`show("pace", "10s")`) + "def show(what, value):\n\tif what == 'light':\n\t\tblink1.set(value)\n\telse:\n\t\tpause(value)",
		in(`show("light", "red")`+"\n"+`show("pace", "10s")`) + "def show(what, value):\n\tlight = False\n\tif what == 'light':\n\t\tlight = True\n\tif light:\n\t\tblink1.set(value)\n\telse:\n\t\tpause(value)",
		in(`light("none")`) + "def light(c):\n\tif c == 'none':\n\t\treturn\n\tblink1.set(c)",
		in(`light("")`) + "def light(c):\n\tblink1.set(c or 'red')",
		in(`for c in ["red", "none"]:` + "\n\t" + `blink1.set(c)` + "\n\tbreak"),
		in(`x = "a"` + "\n" + `if x.isdigit():` + "\n\t" + `log(int(x))`),
		in(`x = (["a"],)` + "\n" + `x[0].append("b")` + "\n" + `log(x[0].index("b"))`),
		in(`x = {"a": {"b": "redd"}}` + "\n" + `y = x["a"]` + "\n" + `y["b"] = "red"` + "\n" + `blink1.set(x["a"]["b"])`),
		in(`x = {"a": {"b": "redd"}}` + "\n" + `for y in x.values():` + "\n\t" + `y["b"] = "red"` + "\n" + `blink1.set(x["a"]["b"])`),
		off + in(`name = now.device.name`+"\n"+`def paint():`+"\n\t"+`blink1.set(HOUSE[name])`+"\n"+`if name != "Kitchen":`+"\n\t"+`paint()`),
		off + in(`if now.device.name == "Kitchen":`+"\n\treturn\n"+`paint(HOUSE[now.device.name])`) + "def paint(color):\n\tblink1.set(color)",
		`LIMIT = "none"` + "\n" + in(`log(int(LIMIT) if LIMIT.isdigit() else 0)`),
	} {
		if got := vetted(src); len(got) > 0 {
			t.Errorf("%s\n%q", src, got)
		}
	}
}

// The language's own functions, its libraries and the methods of its values.
func TestVetLanguageCalls(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`time.parse_duration("10 minutes")`, `wrong-value home.star:3:22: time.parse_duration: unknown unit " minutes" in duration "10 minutes"`},
		{`json.encode()`, `missing-argument home.star:3:2: json.encode: missing argument for x`},
		{`json.decode(3)`, `wrong-value home.star:3:14: json.decode: for parameter x: got int, want string`},
		{`json.decode("{")`, `wrong-value home.star:3:14: json.decode: `},
		{`len()`, `missing-argument home.star:3:2: len: missing argument for x`},
		{`len(3)`, `wrong-value home.star:3:6: len: for parameter x: got int, want a string, a list or something else that has a length`},
		{`len(now.device)`, `wrong-value home.star:3:6: len: for parameter x: got device, want a string`},
		{`sorted([1], revers=True)`, `unknown-argument home.star:3:14: sorted: there is no argument revers: did you mean reverse?`},
		{`"x".join()`, `missing-argument home.star:3:2: join: missing argument for iterable`},
		{`", ".join(now.device.name)`, `wrong-value home.star:3:12: join: for parameter iterable: got string, want a list`},
		{`now.device.name.replace("a")`, `missing-argument home.star:3:2: replace: missing argument for new`},
		{`now.device.name.startswith(now.device)`, `wrong-value home.star:3:29: startswith: for parameter prefix: got device, want string`},
		{`time.time(yaer=2)`, `unknown-argument home.star:3:12: time.time: there is no argument yaer: did you mean year?`},
		{`time.time(2020)`, `too-many-arguments home.star:3:12: time.time: got 1 arguments, want at most 0`},
		{`math.floor("x")`, `wrong-value home.star:3:13: math.floor: for parameter x: got string, want int or float`},
		{`struct(1)`, `too-many-arguments home.star:3:9: struct: got 1 arguments, want at most 0: it takes fields by name`},
		{`int("x")`, `wrong-value home.star:3:6: int: invalid literal with base 10: x`},
		{`int("12", 40)`, `wrong-value home.star:3:2: int: base must be an integer`},
		{`float("x")`, `wrong-value home.star:3:8: float: invalid float literal: x`},
		{`max()`, `wrong-value home.star:3:2: max: requires at least one positional argument`},
		{`zip([1], 2)`, `wrong-value home.star:3:11: zip: got int, want a list`},
		{`chr("a")`, `wrong-value home.star:3:6: chr: for parameter i: got string, want int`},
		{`"%s %s" % "a"`, `wrong-value home.star:3:2: "%s %s": not enough arguments for format string`},
		{`"%s" % ("a", "b")`, `wrong-value home.star:3:2: "%s": too many arguments for format string`},
		{`"%s %s" % now.device.name`, `wrong-value home.star:3:2: "%s %s": not enough arguments for format string`},
		{`"%d" % now.device.name`, `wrong-value home.star:3:2: "%d": %d format requires integer: cannot convert string to int`},
		{`"%d of %s" % (now.device.name, now.item)`, `wrong-value home.star:3:2: "%d of %s": %d format requires integer`},
		{`"%y" % now.device.name`, `wrong-value home.star:3:2: "%y": unknown conversion %y`},
		{`"{} {}".format(1)`, `wrong-value home.star:3:2: format: tuple index out of range`},
		{`"{} {}".format(now.device)`, `wrong-value home.star:3:2: format: tuple index out of range`},
		{`"{:>10}".format(now.device)`, `wrong-value home.star:3:2: format: format spec features not supported`},
		{`fail("a", sep=3)`, `wrong-value home.star:3:16: fail: for parameter sep: got int, want string`},
		{`now.time.format()`, `missing-argument home.star:3:2: format: missing argument for layout`},
		{`slack.post("x", actions=button("a", publish="p"))`, `wrong-value home.star:3:26: slack.post: for parameter actions: got button, want a list of buttons`},
		{`slack.post("a", key=3, every="1h")`, `wrong-value home.star:3:22: slack.post: for parameter key: got int, want string`},
		{`state.set("k", now.device)`, `wrong-value home.star:3:17: state.set: for parameter value: cannot keep a device`},
		{`state.set("k", now.time)`, `wrong-value home.star:3:17: state.set: for parameter value: cannot keep a time.time`},
		{`allow(now.device)`, `wrong-value home.star:3:8: allow: for parameter reason: got device, want string: write str(...)`},
		{`blink1.set(now.device)`, `wrong-value home.star:3:13: blink1.set: for parameter color: got device, want a colour`},
		{`spotify.volume(now.device)`, `wrong-value home.star:3:17: spotify.volume: for parameter percent: `},
		{`pause(every="10s", "x")`, `language home.star:3:21: positional argument may not follow named`},
	} {
		got := slices.DeleteFunc(vetted(in(c.src)), func(s string) bool { return strings.HasPrefix(s, "unheard-topic") })
		if len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
			t.Errorf("%s\n got %q\nwant %q", c.src, got, c.want)
		}
	}
	for _, src := range []string{
		`x = [len(now.item.artists), len(now.changed), len({}), len("a")]`, `x = sorted([2, 1], key = lambda n: -n, reverse = True)`, `x = ", ".join(now.item.artists)`,
		`x = "%s plays %s" % (now.device.name, now.item)`, `x = "%d%%" % now.device.volume`, `x = "%s" % now.changed`, `x = "%s" % now.denied_for.minutes`, `x = "%d" % (now.item.progress.minutes)`,
		`x = "%(a)s" % {"a": 1}`, `x = "{a} {}".format(1, a = now)`, `x = "{0} {0}".format(now.device)`, `x = int(now.device.name)`, `x = json.decode("x", None)`, `x = json.decode("x", default = None)`,
		`x = time.time(year = 2020, location = "Europe/Berlin")`, `x = time.parse_time("2020-01-01T00:00:00Z")`, `x = min(1, 2, key = lambda n: n)`, `x = struct(a = 1)`, `x = dict([("a", 1)], b = 2)`,
		`x = getattr(now, "device", None)`, `x = now.device.name.split(None, 1)`, `x = {}.get("a")`, `state.set("k", [now.device.name])`, `spotify.volume(20, device = now.device)`, `x = "a,b".split(",")[0]`,
		`x = "%s" % [1, 2]`, `x = {"a": 1}` + "\n" + `x.pop("a")`, `x = []` + "\n" + `x.append(1)` + "\n" + `x.index(1)`, `print("a", "b", sep = ", ")`, `x = list(range(1000000000))`, `x = "a".replace("a", "b" * 1000)`,
		`x = str(now.device)`, `log(*[1])`, `x = time.from_timestamp(1)`, `x = "%s %s" % tuple(["a", "b"])`, `x = [d for d in spotify.devices() if len(d.name) > 1]`, `x = zip(now.item.artists, [1])`,
	} {
		if got := vetted(in(src)); len(got) > 0 {
			t.Errorf("%s\n%q", src, got)
		}
	}
}

// What is no function cannot be called.
func TestVetCallees(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{colours + in(`HOUSE()`), `home.star:4:2: HOUSE is a dict: only a function can be called (write HOUSE[...])`},
		{"N = 3\n" + in(`N()`), `home.star:4:2: N is a int: only a function can be called`},
		{in(`None()`), `home.star:3:2: None is a NoneType: only a function can be called`},
		{in(`"abc"()`), `home.star:3:2: this is a string: only a function can be called`},
		{in(`blink1("red")`), `home.star:3:2: blink1 is a module: only a function can be called (call one of what it has: blink, off, pattern and set)`},
		{in(`time()`), `home.star:3:2: time is a module: only a function can be called`},
		{in(`time.second()`), `home.star:3:2: time.second is a time.duration: only a function can be called (write time.second without ())`},
		{in(`now()`), `home.star:3:2: now is a playback: only a function can be called`},
		{in(`now.device()`), `home.star:3:2: device is a device: only a function can be called (write device without ())`},
		{in(`now.device.name()`), `home.star:3:2: name is a string: only a function can be called (write name without ())`},
		{in(`now.weekday()`), `home.star:3:2: weekday is a string: only a function can be called (write weekday without ())`},
		{in(`allow()()`), `home.star:3:2: what allow(...) gives is no function: only a function can be called`},
		{in("d = now.device\nd.name()"), `home.star:4:2: name is a string`},
	} {
		if got := vetted(c.src); len(got) != 1 || !strings.HasPrefix(got[0], "not-a-function "+c.want) {
			t.Errorf("%s\n got %q\nwant %q", c.src, got, c.want)
		}
	}
	for _, src := range []string{
		"CALL = None\n" + in("if CALL:\n\tCALL()"), in("(lambda: 1)()\nf = lambda: 1\nf()"), in("now.device.name.lower()\nnow.between('07:00', '20:00')\ngetattr(now, 'between')('07:00', '20:00')"),
		in("run(allow)") + "def run(f):\n\tf()", in("[f() for f in [allow]]"), in("{'a': allow}['a']()"), "struct = struct(f = log)\n" + in("struct.f(1)"), in("x = None\nif now.playing:\n\tx = allow\nx()"),
	} {
		if got := vetted(src); len(got) > 0 {
			t.Errorf("%s\n%q", src, got)
		}
	}
}

// A test may call a function to see it fail.
func TestVetOfTestsThatWantFailures(t *testing.T) {
	const lib, test = "def minutes(s):\n\treturn int(s)\n", "load('lib/x.star', 'minutes')\ndef test_minutes():\n\tlog(lambda: minutes('ten'), lambda: int('x'))\n"
	files := snapshotOf("home.star", in("pass"), "lib/x.star", lib, "x_test.star", test)
	if got, _ := engine.VetFile(files, "x_test.star", All(Deps{})...); len(got) > 0 {
		t.Errorf("%v", got)
	}
}
