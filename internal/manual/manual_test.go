package manual

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"gatefold/engine"
	"gatefold/internal/startest"
)

var update = flag.Bool("update", false, "write docs/rules anew")

func open(t testing.TB) *Manual {
	t.Helper()
	m, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// heading reads the arguments of a call as a page writes it.
func heading(t *testing.T, text string) *syntax.DefStmt {
	t.Helper()
	f, err := (&syntax.FileOptions{}).Parse(text, "def f"+text[strings.Index(text, "("):]+": pass", 0)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f.Stmts[0].(*syntax.DefStmt)
}

// What a page says of the arguments of a call, the call says itself: names, order, which are needed, and the defaults.
func TestSignatures(t *testing.T) {
	m := open(t)
	if len(m.Signatures) < 25 {
		t.Fatalf("only %d signatures", len(m.Signatures))
	}
	tests := 0
	for _, mod := range startest.Modules() {
		for member := range mod.Members {
			name := strings.TrimPrefix(mod.Name+"."+member, ".")
			if _, ok := m.Signatures[name]; !ok || m.Entry(name) == nil || !m.Entry(name).Section.Page.Tests {
				t.Errorf("%s, which tests can call, does not say what it takes, or no page of tests does", name)
			}
			tests++
		}
	}
	if tests < 18 {
		t.Errorf("only %d calls of tests", tests)
	}
	for name, sig := range m.Signatures {
		e := m.Entry(name)
		if e == nil || e.Kind != Call || e.Summary == "" {
			t.Errorf("%s: %+v", name, e)
			continue
		}
		compare(t, e, sig)
		for _, r := range rowsOf(e.Section.Body, "argument") {
			if _, ok := sig.Param(r.Name); !ok {
				t.Errorf("%s: the page has a row for %s, which is no argument", name, r.Name)
			}
		}
		for _, r := range e.Args {
			p, _ := sig.Param(r.Name)
			if stated := literal(r.Default); stated != nil && !p.DefaultIs(stated) {
				t.Errorf("%s: the table says that %s is %s by default, the call works with %v", name, r.Name, stated, p.Default())
			}
			if p.Required && r.Default != "" {
				t.Errorf("%s: the table has a default for %s, which is needed", name, r.Name)
			}
		}
	}
}

func compare(t *testing.T, e *Entry, sig engine.Signature) {
	t.Helper()
	var names []string
	for _, param := range heading(t, strings.Replace(e.Call(), "(from,", "(from_,", 1)).Params { // a reserved word of Starlark's
		switch p := param.(type) {
		case *syntax.Ident:
			names = append(names, strings.TrimSuffix(p.Name, "_"))
			if param, ok := sig.Param(p.Name); ok && !param.Required {
				t.Errorf("%s: the page gives no default for %s", e.Name, p.Name)
			}
		case *syntax.BinaryExpr:
			name := p.X.(*syntax.Ident).Name
			names = append(names, name)
			param, _ := sig.Param(name)
			v, err := starlark.EvalExprOptions(&syntax.FileOptions{}, new(starlark.Thread), p.Y, starlark.StringDict{"None": starlark.None})
			if err != nil || !param.DefaultIs(v) {
				t.Errorf("%s: the page says %s=%v by default, the call works with %v (%v)", e.Name, name, v, param.Default(), err)
			}
		case *syntax.UnaryExpr:
			if p.Op == syntax.STAR && !sig.Any || p.Op == syntax.STARSTAR && !sig.Fields {
				t.Errorf("%s: the page lets it take more than it does", e.Name)
			}
		}
	}
	var want []string
	for _, p := range sig.Params {
		want = append(want, p.Name)
	}
	if !slices.Equal(names, want) {
		t.Errorf("%s: the page has %v, the call takes %v", e.Name, names, want)
	}
}

// literal is the default that a table states in code; nil: it says it in words.
func literal(text string) starlark.Value {
	m := regexp.MustCompile("^`([^`]+)`").FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	v, err := starlark.EvalOptions(&syntax.FileOptions{}, new(starlark.Thread), "", m[1], nil)
	if err != nil {
		return nil
	}
	return v
}

// Every attribute of what handlers are told has a row on a page, and every row an attribute.
func TestAttributes(t *testing.T) {
	m := open(t)
	now := Argument("on_playback")
	tick := AttrNames(Argument(""))
	event := AttrNames(Argument("on_anything"))
	for _, name := range tick {
		if !slices.Contains(event, name) {
			t.Errorf("a tick has %s, and no page says so", name)
		}
	}
	seen := 0
	for _, v := range []starlark.Value{
		now, Attr(now, "device"), Attr(now, "item"), Attr(now, "previous"), Argument("on_blind"), Argument("on_anything"),
		Attr(now, "time"), Attr(now, "denied_for"), starlark.String(""), new(starlark.List), new(starlark.Dict), new(starlark.Set), startest.Results()["record"],
	} {
		var rows []string
		for name, e := range m.entries {
			if e.Kind == Attribute && strings.HasPrefix(name, v.Type()+".") {
				rows = append(rows, strings.TrimPrefix(name, v.Type()+"."))
			}
		}
		names := slices.Clone(AttrNames(v))
		slices.Sort(names)
		slices.Sort(rows)
		if !slices.Equal(names, rows) {
			t.Errorf("%s has %v, the pages list %v", v.Type(), names, rows)
		}
		for _, name := range names {
			seen++
			if e := m.Attribute(v.Type(), name); e == nil || e.Summary == "" {
				t.Errorf("%s.%s: %+v", v.Type(), name, e)
			}
		}
	}
	if seen < 90 {
		t.Errorf("only %d attributes", seen)
	}
	for _, name := range []string{"between", "pauses_in"} {
		sig, ok := Method(Attr(now, name))
		if e := m.Entry("now." + name); !ok || e == nil {
			t.Errorf("now.%s: %v, %v", name, ok, e)
		} else {
			compare(t, e, sig)
		}
	}
}

// What comes with the language and its libraries has a row, and nothing else has.
func TestLibraries(t *testing.T) {
	m := open(t)
	want := map[string]bool{}
	for name := range starlark.Universe {
		if name != "None" && name != "True" && name != "False" {
			want[name] = true
		}
	}
	files := engine.Snapshot{{Path: "a.star", Data: []byte("print(dir(time), dir(json), dir(math))\ndef on_playback(now): pass")}}
	rules, err := engine.Load(files, engine.Limits{})
	if err != nil || len(rules.Logs) != 1 {
		t.Fatal(err)
	}
	for i, list := range regexp.MustCompile(`\[[^\]]*\]`).FindAllString(rules.Logs[0].Text, -1) {
		for _, name := range regexp.MustCompile(`\w+`).FindAllString(list, -1) {
			want[[]string{"time.", "json.", "math."}[i]+name] = true
		}
	}
	want["struct"] = true
	if len(want) < 75 {
		t.Fatalf("only %d names", len(want))
	}
	for name := range want {
		if e := m.Entry(name); e == nil || e.Summary == "" {
			t.Errorf("%s is on no page", name)
		}
	}
	for _, p := range m.Pages {
		for _, s := range p.Sections {
			for _, r := range rowsOf(s.Body, "name") {
				if !want[r.Name] {
					t.Errorf("%s is on a page, and does not exist", r.Name)
				}
			}
		}
	}
}

// Every word of the language has a row.
func TestWords(t *testing.T) {
	m := open(t)
	seen := 0
	for tok := syntax.AND; tok <= syntax.WHILE; tok++ {
		word := tok.String()
		if !regexp.MustCompile("^[a-z]+$").MatchString(word) || word == "while" { // which the language does not have
			continue
		}
		seen++
		if e := m.Entry(word); e == nil || e.Kind != Word || e.Summary == "" {
			t.Errorf("%s: %+v", word, e)
		}
	}
	if seen < 14 {
		t.Errorf("only %d words", seen)
	}
}

// Every code of a problem can be looked up, and says more than its name.
func TestCodes(t *testing.T) {
	m := open(t)
	for _, code := range engine.Codes() {
		for _, query := range []string{code, "[" + code + "]"} {
			e, _, err := m.Find(query)
			if err != nil || e.Kind != Code && query != "language" {
				t.Errorf("%s: %+v, %v", query, e, err)
			} else if e.Summary == "" {
				t.Errorf("%s: docs/checking.md does not say in a sentence what it is", code)
			}
		}
	}
}

// What only tests can call is no part of what rules are written with.
func TestForRules(t *testing.T) {
	m := open(t).ForRules()
	for _, name := range []string{"assert.eq", "fake.now", "record", "fake", "effects.calls"} {
		if m.Entry(name) != nil {
			t.Errorf("rules can look up %s", name)
		}
	}
	if _, ok := m.Signatures["assert.eq"]; ok || m.Entry("blink1.set") == nil || m.Signatures["blink1.set"].Name == "" {
		t.Error("what rules can call is not what is left")
	}
}

func TestFind(t *testing.T) {
	m := open(t)
	for query, want := range map[string]string{
		"blink1.set": "blink1.set", "blink1.set()": "blink1.set", "on_playback": "on_playback", "on_bad_auth": "on_<topic>", "now": "playback",
		"now.device.approved": "device.approved", "now.previous.item.uri": "item.uri", "device.key": "device.key", "problem.kind": "problem.kind",
		"now.between": "now.between", "now.time.hour": "time.time.hour", "durations": "durations", "Colors": "colours", "pause": "pause",
		"transfer": "spotify.transfer", "time.now": "time.now", "len": "len", "slack": "slack", "string.lower": "string.lower",
		"several lights": "several lights", "notify": "notify", "event.by": "event.by",
		"assert.eq": "assert.eq", "record": "record", "fake.now": "fake.now", "fake": "fake", "eq": "assert.eq", "effects": "record", "string": "what a string can do", "effects.asks": "effects.asks",
		"None": "none", "if": "if", "load": "load", "play": "spotify.recently_played", "play.item": "play.item",
		"no-verdict": "no-verdict", "wrong-value": "wrong-value", "[wrong-value]": "wrong-value", "language": "language", "[language]": "[language]", "codes": "codes",
	} {
		e, row, err := m.Find(query)
		if err != nil || row != nil || e.Name != want {
			t.Errorf("%s: %v, %v, %v; want %s", query, e, row, err, want)
		}
	}
	for query, want := range map[string]string{
		"state.set ttl": "ttl", "blink1.off led": "led", "pause every": "every", "now.between days": "days",
		"now.pauses_in(window": "window", "fake.now volume": "volume", "record answers": "answers", "assert.eq message": "message",
	} {
		_, row, err := m.Find(strings.Fields(query)...)
		if err != nil || row == nil || row.Name != want {
			t.Errorf("%s: %v, %v", query, row, err)
		}
	}
	for query, hint := range map[string]string{
		"blink1.sett": "did you mean blink1.set?", "on_playbak": "did you mean on_playback?", "wibble": "gatefold doc lists what there is",
		"now.device.aproved": "did you mean now.device.approved?", "nwo.device": "did you mean now.device?", "": "gatefold doc lists what there is",
		"assert.equal": "did you mean assert.eq?", "assert.wibble": "did you mean assert?", "assrt.eq": "did you mean assert.eq?", "fake.nwo": "did you mean fake.now?", "recrd": "did you mean record?",
		"wrong-valu": "did you mean wrong-value?", "state.set ttt": "did you mean state.set key, state.set value or state.set ttl?", "load.x": "gatefold doc lists what there is",
	} {
		_, _, err := m.Find(query)
		unknown, ok := err.(*UnknownError)
		if !ok || unknown.Hint() != hint {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestText(t *testing.T) {
	m := open(t)
	e := m.Entry("blink1.off")
	const want = `blink1.off(fade="500ms", led="all", light=None)

Dark.

    # event: playback none
    def on_playback(now):
        if now.between("23:00", "07:00"):
            blink1.off()
        else:
            blink1.off(led = 2)

    # -> blink1.off(led=2)

  led    ` + "`\"all\"`, `1` or `\"top\"`, `2` or `\"bottom\"`. A mk1" + `
         has one LED, which shows what is for the top one
`
	if got := e.Text(Style{Width: 60}); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := e.Text(Style{Bold: true}); !strings.Contains(got, "\x1b[1mblink1.off(") || !strings.Contains(got, "\x1b[36m1\x1b[0m") {
		t.Errorf("no colour: %q", got)
	}
	for _, name := range m.names {
		text := m.Entry(name).Text(Style{Width: 70})
		if strings.Contains(text, "\x1b") || strings.Contains(text, "](") || strings.Contains(text, "|--") {
			t.Errorf("%s: Markdown or colour is left:\n%s", name, text)
		}
	}
	if index := m.Index(Style{}); !strings.Contains(index, "blink1.set") || !strings.Contains(index, "durations") {
		t.Error(index)
	}
}

// docs/rules are what the pages make: go test ./internal/manual -update writes them.
func TestWebsite(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "rules")
	pages := open(t).Website()
	if len(pages) < 15 {
		t.Fatalf("only %d pages", len(pages))
	}
	for name, text := range pages {
		file := filepath.Join(dir, name)
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(file); err != nil || string(have) != text {
			t.Errorf("%s is not what builtins/*.md make of it (%v): go test ./internal/manual -update", file, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, ok := pages[filepath.Base(file)]; !ok {
			t.Errorf("%s: no page makes it", file)
		}
	}
}

// Every link of docs/rules leads somewhere, and so do those of the pages themselves.
func TestLinks(t *testing.T) {
	m := open(t)
	anchors := map[string]bool{}
	for _, p := range m.Pages {
		for _, s := range p.Sections {
			anchors[p.Name+".md#"+s.Anchor()] = true
		}
	}
	links := 0
	for _, dir := range []string{filepath.Join("..", "..", "docs", "rules"), filepath.Join("..", "..", "builtins"), filepath.Join("..", "startest")} {
		files, _ := filepath.Glob(filepath.Join(dir, "*.md"))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range target.FindAllStringSubmatch(string(text), -1) {
				if strings.Contains(l[1], "://") {
					continue
				}
				links++
				to, anchor, _ := strings.Cut(l[1], "#")
				if to == "" {
					to = filepath.Base(file)
				}
				if _, err := os.Stat(filepath.Join(dir, to)); err != nil {
					t.Errorf("%s: %s leads nowhere", file, l[1])
				}
				if anchor != "" && !strings.Contains(to, "/") && !anchors[to+"#"+anchor] {
					t.Errorf("%s: %s has no such heading", file, l[1])
				}
			}
		}
	}
	if links < 60 {
		t.Errorf("only %d links", links)
	}
}

// Every example of docs/rules stands on the pages whose examples run (docs_test.go of builtins and of internal/startest).
func TestExamplesAreThoseThatRun(t *testing.T) {
	fenced := regexp.MustCompile("(?ms)^```python\n(.*?)^```$")
	examples := func(text string) (out []string) {
		for _, m := range fenced.FindAllStringSubmatch(text, -1) {
			out = append(out, m[1])
		}
		return out
	}
	m := open(t)
	var run []string
	for _, p := range m.Pages {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(p.Dir), p.Name+".md"))
		if err != nil {
			t.Fatal(err)
		}
		run = append(run, examples(string(text))...)
	}
	shown := 0
	for _, name := range slices.Sorted(maps.Keys(m.Website())) {
		for _, x := range examples(m.Website()[name]) {
			shown++
			if !slices.Contains(run, x) {
				t.Errorf("%s shows an example that is never run:\n%s", name, x)
			}
		}
	}
	if shown != len(run) || shown < 40 {
		t.Errorf("%d examples are shown, %d run", shown, len(run))
	}
}
