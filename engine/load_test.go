package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// loadProblems loads files that are wrong and gives what was found.
func loadProblems(t *testing.T, files Snapshot) []string {
	t.Helper()
	set, err := Load(files, Limits{}, newFakes().modules...)
	if set != nil || err == nil {
		t.Fatalf("loaded although it is wrong: %v", err)
	}
	var bad *LoadError
	if !errors.As(err, &bad) {
		t.Fatalf("%T is no *LoadError: %v", err, err)
	}
	var out []string
	for _, p := range bad.Problems {
		out = append(out, p.String())
	}
	equal(t, "Error", err.Error(), strings.Join(out, "\n"))
	return out
}

func TestLoadStaysInTheFolder(t *testing.T) {
	lib := "X = 1"
	for _, path := range []string{
		"../x.star", "..", "/etc/x.star", "/x.star", `lib\\x.star`, "lib/../lib/x.star", "./lib/x.star",
		"lib//x.star", "lib/", "", "C:x.star", "lib/x.star/", "lib/x", "lib/x.txt", "file:lib/x.star", "@std//x.star",
	} {
		t.Run(path, func(t *testing.T) {
			got := loadProblems(t, snapshot("home.star", `load("`+path+`", "X")`, "lib/x.star", lib, "x.star", lib, "lib/x.txt", lib, "lib/x", lib))
			if len(got) != 1 || !strings.HasPrefix(got[0], "home.star:1:6: load: ") || !strings.Contains(got[0], "path below the rules folder") && !strings.Contains(got[0], "only .star files") {
				t.Errorf("got %q", got)
			}
		})
	}
	equals(t, "a missing file", loadProblems(t, snapshot("home.star", `load("lib/y.star", "X")`)),
		"home.star:1:6: load: there is no file lib/y.star in the rules folder")
}

func TestLoadRunsAFileOnce(t *testing.T) {
	set := rules(t,
		"a.star", `load("lib/x.star", "X")`+"\nprint('a', X)",
		"b.star", `load("lib/x.star", "X")`+"\nload('lib/y.star', 'Y')\nprint('b', X, Y)",
		"lib/x.star", "X = [1]\nprint('x')",
		"lib/y.star", "load('lib/x.star', 'X')\nY = X\nprint('y')",
	)
	var got []string
	for _, l := range set.Logs {
		got = append(got, l.Pos+" "+l.Text)
	}
	equals(t, "logs", got, "lib/x.star:2:6 x", "a.star:2:6 a [1]", "lib/y.star:3:6 y", "b.star:3:6 b [1] [1]")
	equals(t, "rule files", set.RuleFiles(), "a.star", "b.star")
}

func TestLoadCycle(t *testing.T) {
	got := loadProblems(t, snapshot(
		"home.star", `load("lib/a.star", "A")`,
		"lib/a.star", "\nload('lib/b.star', 'B')\nA = 1",
		"lib/b.star", "load('lib/a.star', 'A')\nB = 1",
	))
	if len(got) != 1 || !strings.HasPrefix(got[0], "lib/b.star:1:6: ") || !strings.Contains(got[0], "load cycle: home.star -> lib/a.star -> lib/b.star -> lib/a.star") {
		t.Errorf("got %q", got)
	}
	got = loadProblems(t, snapshot("home.star", "load('home.star', 'X')\nY = X"))
	if len(got) != 1 || !strings.Contains(got[0], "load cycle: home.star -> home.star") {
		t.Errorf("of itself: %q", got)
	}
}

func TestLoadReportsEverythingThatItFinds(t *testing.T) {
	unreadable := snapshot("a.star", "def (", "b.star", "x = 1 +", "c.star", "frobnicate()\nlight.sett('red')\nnmae = nam", "d.star", "print('not run')\nfail('not run')",
		"lib/unused.star", "def (", "x_test.star", "def (", "_draft.star", "def (", ".hidden.star", "def (", "sub/_x/y.star", "def (", "readme.md", "def (")
	unreadable = append(unreadable, File{Path: "e.star", Err: errors.New("it is a folder")}, File{Path: "lib/bad.star", Err: errors.New("not loaded, so not a problem")})
	equals(t, "problems", loadProblems(t, unreadable),
		"a.star:1:5: not an identifier (a name is missing before it)",
		"b.star:1:8: got end of file, want primary expression (something is missing at the end of line 1)",
		"c.star:1:1: undefined: frobnicate",
		"c.star:2:7: light has no member sett (did you mean light.set?)",
		"c.star:3:8: undefined: nam",
		"e.star: it is a folder",
	)
	equals(t, "a library with an error", loadProblems(t, Snapshot{
		{Path: "home.star", Data: []byte("load('lib/bad.star', 'X')")}, {Path: "lib/bad.star", Err: errors.New("not UTF-8 at line 3")},
	}), "lib/bad.star: not UTF-8 at line 3")
	equals(t, "a missing name", loadProblems(t, snapshot("home.star", "load('lib/x.star', 'HOUSEHOLT')", "lib/x.star", "HOUSEHOLD = 1")),
		"home.star:1:21: lib/x.star does not define HOUSEHOLT (did you mean HOUSEHOLD?)")
}

func TestLoadSaysWhereItFailed(t *testing.T) {
	_, err := Load(snapshot("home.star", "def f(x):\n\treturn x + 'a'\n\nf(1)"), Limits{}, newFakes().modules...)
	var bad *LoadError
	if !errors.As(err, &bad) || len(bad.Problems) != 1 {
		t.Fatal(err)
	}
	p := bad.Problems[0]
	equal(t, "pos", p.Pos(), "home.star:2:11")
	equal(t, "excerpt", p.Excerpt(), "    \treturn x + 'a'\n    \t         ^")
}

func TestLoadStopsAtTheFirstFileThatFails(t *testing.T) {
	got := loadProblems(t, snapshot("a.star", "fail('first')", "b.star", "fail('second')"))
	if len(got) != 1 || !strings.Contains(got[0], "first") {
		t.Errorf("got %q", got)
	}
}

func TestLoadManyProblems(t *testing.T) {
	var src strings.Builder
	for i := range 200 {
		fmt.Fprintf(&src, "x%d = unknown%d\n", i, i)
	}
	got := loadProblems(t, snapshot("home.star", src.String(), "zoo.star", "def ("))
	equal(t, "shown", len(got), shownProblems+1)
	equal(t, "last", got[shownProblems], "and 151 more")
}

func TestLoadNothing(t *testing.T) {
	for _, files := range []Snapshot{nil, snapshot("lib/x.star", "X = 1"), snapshot("_x.star", ""), snapshot("x_test.star", ""), {{Path: "home.star", Lib: true}}} {
		equals(t, "problems", loadProblems(t, files), "no rule files: a ruleset needs at least one .star file")
	}
	if set := rules(t, ""); set.Handles(KindPlayback) {
		t.Error("an empty file handles playback")
	}
}

func TestAlone(t *testing.T) {
	files := snapshot("a.star", "def on_playback(now):\n\tallow()", "b.star", "load('a.star', 'X')\ndef on_playback(now):\n\tdeny('b')", "lib/x.star", "X = 1")
	files[0].Data = append(files[0].Data, "\nX = 1"...)
	set, err := Load(files.Alone("b.star"), Limits{}, newFakes().modules...)
	if err != nil {
		t.Fatal(err)
	}
	equals(t, "rule files", set.RuleFiles(), "b.star")
	equal(t, "handlers", len(set.handlers[KindPlayback]), 1)
	// A file that is a library by its name is a rule where it is the one.
	if files[0].Lib || files[1].Lib {
		t.Error("Alone changed the snapshot")
	}
}

func TestIsRule(t *testing.T) {
	for path, want := range map[string]bool{
		"home.star": true, "sub/home.star": true, "10-party.star": true, "library/x.star": true, "a_test_.star": true,
		"home_test.star": false, "_home.star": false, "sub/_x/home.star": false, "lib/x.star": false, "sub/lib/x.star": false,
		"home.txt": false, "home": false, ".home.star": false, ".git/x.star": false, "home.star.bak": false, "": false,
	} {
		if IsRule(path) != want {
			t.Errorf("IsRule(%q) is %v", path, !want)
		}
	}
}

func TestHash(t *testing.T) {
	a := snapshot("a.star", "x = 1", "b.star", "y = 2")
	same := snapshot("b.star", "y = 2", "a.star", "x = 1")
	equal(t, "another order", same.Hash(), a.Hash())
	equal(t, "order is kept", same[0].Path, "b.star")
	seen := map[string]string{a.Hash(): "a"}
	for name, files := range map[string]Snapshot{
		"another name":    snapshot("a.star", "x = 1", "c.star", "y = 2"),
		"another content": snapshot("a.star", "x = 1", "b.star", "y = 3"),
		"moved bytes":     snapshot("a.starx", " = 1", "b.star", "y = 2"),
		"one file":        snapshot("a.star", "x = 1"),
		"an error":        {a[0], {Path: "b.star", Data: a[1].Data, Err: errors.New("x")}},
		"another error":   {a[0], {Path: "b.star", Data: a[1].Data, Err: errors.New("y")}},
		"nothing":         nil,
	} {
		if other, ok := seen[files.Hash()]; ok {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[files.Hash()] = name
	}
	equal(t, "stable over versions", snapshot("a.star", "x = 1").Hash(), snapshot("a.star", "x = 1").Hash())
	equal(t, "length", len(a.Hash()), 32)
}

// A ruleset does not change with the order of its files, and neither do its
// problems and warnings.
func TestLoadIsDeterministic(t *testing.T) {
	bad := snapshot("a.star", "def on_buttom(e):\n\tpass\ndef on_hooc(e):\n\tpass\ndef on_playbcak(e):\n\tpass", "b.star", "def on_x(e):\n\tpublish('y')\n\tpublish('z')", "c.star", "def on_w(e):\n\tpass")
	first := ""
	for range 50 {
		bad[0], bad[1], bad[2] = bad[1], bad[2], bad[0]
		got := strings.Join(loadProblems(t, bad), "\n")
		if first == "" {
			first = got
		}
		equal(t, "problems", got, first)
	}
	if !strings.Contains(first, "on_button") || !strings.Contains(first, "did you mean on_hood?") || !strings.Contains(first, "on_playback") {
		t.Error(first)
	}
}

func TestLoadManyFiles(t *testing.T) {
	var files []string
	for i := range 256 {
		files = append(files, fmt.Sprintf("%03d.star", i), fmt.Sprintf("load('lib/%03d.star', 'N')\ndef on_playback(now):\n\tlog(N)", i),
			fmt.Sprintf("lib/%03d.star", i), fmt.Sprintf("N = %d", i))
	}
	set := rules(t, files...)
	equal(t, "handlers", len(set.handlers[KindPlayback]), 256)
	d := set.Evaluate(t.Context(), playback(bob), Facts{}, nil)
	if d.Err != nil {
		t.Fatal(d.Err)
	}
	equal(t, "first", d.Logs[0].Text, "0")
	equal(t, "second", d.Logs[1].Text, "1")
}
