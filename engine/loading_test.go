package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.starlark.net/starlark"
)

// While a file is loaded nothing can be done (promise 1).
func TestOnlyPureCallsWhileLoading(t *testing.T) {
	for _, call := range []string{
		"allow()", "deny('x')", "done()", "pause()", "poll()", "publish('x')", "log('x')", "boom()", "careless(2)",
		"light.set('red')", "mail.send('x')", "state.get('x')", "state.set('x', 1)", "state.delete('x')", "time.now()",
	} {
		t.Run(call, func(t *testing.T) {
			name, _, _ := strings.Cut(call, "(")
			want := name + ": works only in a handler, not while the file is loaded"
			for where, files := range map[string][]string{
				"home.star:1:": {"home.star", call},
				"lib/x.star:1": {"home.star", "load('lib/x.star', 'X')", "lib/x.star", "X = " + call},
				"home.star:2:": {"home.star", "def f():\n\treturn " + call + "\nf()"},
			} {
				got := loadProblems(t, snapshot(files...))
				if len(got) != 1 || !strings.HasPrefix(got[0], where) || !strings.HasSuffix(got[0], want) {
					t.Errorf("%s: got %q, want %q", where, got, want)
				}
			}
		})
	}
	set := rules(t, "X = twice(4)\nprint(X, math.pi, json.encode([1]), struct(a=1).a, time.hour, time.from_timestamp(0))\nevery('1h', lambda e: None)\nat('22:00', lambda e: None)")
	equal(t, "print", set.Logs[0].Text, `8 3.141592653589793 [1] 1 1h0m0s 1970-01-01 00:00:00 +0000 UTC`)
	equal(t, "timers", len(set.Timers()), 2)
	if lib := rules(t, "home.star", "load('lib/x.star', 'X')", "lib/x.star", "X = twice(1)\nevery('1h', lambda e: None)"); len(lib.Timers()) != 1 {
		t.Error("every does not work in lib/")
	}
}

func TestPrintWhileLoadingIsBounded(t *testing.T) {
	set := rules(t, "[print('x' * 5000) for i in range(1000)]")
	equal(t, "lines", len(set.Logs), logLines)
	equal(t, "bytes", len(set.Logs[0].Text), logBytes+len("…"))
}

// Rules that go too far while they are loaded get a clean error. What would kill
// the process is for the worker of a later issue.
func TestHostileFiles(t *testing.T) {
	nested := func(open, shut string, n int) string {
		return "x = " + strings.Repeat(open, n) + "1" + strings.Repeat(shut, n)
	}
	for _, c := range []struct{ name, src, want string }{
		{"an endless loop", "[x for x in range(1000000000000)]", "more than 1000000 steps: is there a loop that is too long?"},
		{"a loop in a function", "def f():\n\tfor i in range(10000000):\n\t\tpass\nf()", "more than 1000000 steps"},
		{"recursion", "def f(n):\n\treturn f(n + 1)\nf(0)", "function f called recursively"},
		{"while", "def f():\n\twhile True:\n\t\tpass", "while"},
		{"a loop at the top level", "for i in [1]:\n\tpass", "for loop not within a function"},
		{"reassignment", "x = 1\nx = 2", "cannot reassign global x declared at home.star:1:1"},
		{"a huge string", "x = 'a' * (1 << 30)", "excessive repeat"},
		{"a huge shift", "x = 1 << 1000000000", "shift count too large"},
		{"parentheses", nested("(", ")", 100_000), "nest"},
		{"lists", nested("[", "]", 100_000), "nest"},
		{"minus", nested("-", "", 100_000), "nest"},
		{"lambdas", nested("lambda: ", "", 20_000), "nest"},
		{"deep json", "x = json.decode('[' * 65 + ']' * 65)", "json.decode: input is nested deeper than 64"},
		{"wide json", "x = json.decode('[' * 70000)", "json.decode: input is larger than 64 KiB"},
		{"json by name", "x = json.decode(x = '[' * 5000000)", "json.decode: the argument x has no name: it is written first"},
		{"json without an end", `x = json.decode('["abc')`, "input ends inside a string"},
		{"deep json to indent", "x = json.indent('[' * 65 + ']' * 65)", "json.indent: input is nested deeper than 64"},
		{"a frozen list of a library", "load('lib/x.star', 'L')\nL.append(1)", "cannot append to frozen list"},
		{"deep data", "def f():\n\tx = []\n\tfor i in range(2000000):\n\t\tx = [x]\n\treturn x\nX = f()", "more than 1000000 steps"},
		{"a panic", "X = boom", ""},
		{"no UTF-8 in a name", "x\xff = 1", "home.star:1:"},
		{"a zero byte", "# a\nx = 1\x00\ny = 2", "home.star:2:6: a zero byte: is the file damaged?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			set, err := Load(snapshot("home.star", c.src, "lib/x.star", "L = [1]"), Limits{}, newFakes().modules...)
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
			if c.want == "" {
				if err != nil || set == nil {
					t.Error(err)
				}
				return
			}
			var bad *LoadError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) || bad.Problems[0].File != "home.star" {
				t.Errorf("got %.300v, want %q", err, c.want)
			}
		})
	}
}

func TestLoadWallClock(t *testing.T) {
	_, err := Load(snapshot("home.star", "[x for x in range(1000000000000)]"), Limits{Steps: 1 << 62, Wall: 20 * time.Millisecond}, newFakes().modules...)
	if err == nil || !strings.Contains(err.Error(), "took longer than 20ms") {
		t.Error(err)
	}
}

func TestLoadRecoversPanics(t *testing.T) {
	modules := append(newFakes().modules, Module{Members: starlark.StringDict{"kaboom": member("kaboom", doBoom)}, Pure: []string{"kaboom"}})
	_, err := Load(snapshot("home.star", "kaboom()"), Limits{}, modules...)
	if err == nil || !strings.Contains(err.Error(), "internal error: boom") {
		t.Error(err)
	}
}

// A step limit of one file is not used up by the files that it loads.
func TestEachFileHasItsOwnSteps(t *testing.T) {
	spend := "def f():\n\tfor i in range(30000):\n\t\tpass\n\treturn 1\nX = f()"
	files := []string{"home.star", spend}
	for _, n := range []string{"a", "b", "c"} {
		files = append(files, n+".star", "load('lib/"+n+".star', 'X')\n"+strings.ReplaceAll(spend, "X", "Y"), "lib/"+n+".star", spend)
	}
	if _, err := Load(snapshot(files...), Limits{Steps: 200_000}, newFakes().modules...); err != nil {
		t.Error(err)
	}
}
