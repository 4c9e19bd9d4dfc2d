package lsp

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/manual"
)

func discard(testing.TB) *slog.Logger { return slog.New(slog.DiscardHandler) }

func pages(t testing.TB) *manual.Manual {
	t.Helper()
	m, err := manual.New()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLex(t *testing.T) {
	const text = "x = r'\\d' + \"\"\"a\nb\"\"\" # c\n  f(\"open\n"
	var got []string
	for _, tok := range lex(text) {
		w := text[tok.start:tok.end]
		if tok.first {
			w = "^" + w
		}
		if tok.open {
			w += "~"
		}
		got = append(got, w)
	}
	const want = "^x|=|r'\\d'|+|\"\"\"a\nb\"\"\"|# c|^f|(|\"open~"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s", s)
	}
}

func TestText(t *testing.T) {
	for _, s := range []string{"", "\n", "a\nb", "ä🎶\r\nb\r\n", "a\n\n"} {
		tx := newText(s)
		for i := range s {
			for _, e := range []encoding{utf8Units, utf16Units} {
				if s[i] == '\n' && i > 0 && s[i-1] == '\r' {
					continue // the end of the line is before both
				}
				if got := tx.offset(tx.position(i, e), e); got != i {
					t.Errorf("%q at %d (%s): %+v is %d", s, i, e, tx.position(i, e), got)
				}
			}
		}
	}
	if p := newText("🎶x").position(4, utf16Units); p != (Position{0, 2}) {
		t.Errorf("%+v", p)
	}
	if at := newText("ä🎶x\ny").at(1, 3); at != 6 {
		t.Errorf("%d", at)
	}
}

// quietSession has a folder with one open file.
func quietSession(t testing.TB, text string) (*server, *document) {
	t.Helper()
	s := &server{session: newSession(Options{
		Root: filepath.Dir, Log: discard(t),
		Read: func(string) (engine.Snapshot, error) {
			return engine.Snapshot{{Path: "lib/a.star", Data: []byte("A = 1\n")}}, nil
		},
		Modules: func(string) []engine.Module { return builtins.All(builtins.Deps{}) },
	}, pages(t))}
	s.didOpen(textDocumentItem{URI: "file:///rules/home.star", Version: 1, Text: text})
	return s, s.docs["file:///rules/home.star"]
}

// Whatever somebody has written so far, whatever is asked at whichever place is answered without a panic.
func FuzzPlaces(f *testing.F) {
	for _, name := range []string{"home.star", "_guests.star"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "rules", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), 100)
	}
	f.Add("load(\"lib/a.star\", \"A\")\ndef f(a, *b, c=1, **d):\n  x = y\n  y = x.z[0](1).w\n  for i in x: i.\n", 60)
	f.Add("publish(\"a\", b = event.b)\ndef on_a(event):\n  event.b.c.d\n  button(\"x\", publish = \"", 70)
	f.Add("x.(.[\"'''", 3)
	s, d := quietSession(f, "")
	f.Fuzz(func(t *testing.T, text string, place int) {
		if len(text) > 4096 {
			return
		}
		d.folder.open[d.path] = &openText{text: newText(text), uri: d.uri}
		d.folder.stale[d.path] = true
		d.folder.sketch()
		o := d.folder.outlines[d.path]
		c := o.cursor(min(max(place, 0), len(text)))
		for method, ask := range s.places() {
			got, err := ask(d.folder, d.path, c)
			if err != nil {
				t.Errorf("%s: %v", method, err)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Errorf("%s: %v", method, err)
			}
		}
		if _, err := s.references(d.folder, d.path, c, true); err != nil {
			t.Error(err)
		}
		d.folder.job(utf16Units).look(func() bool { return false })
	})
}

// What is nested or branches without end is not followed without end.
func TestHostileWords(t *testing.T) {
	s, d := quietSession(t, "")
	branches := "t0 = (1,)\n"
	for i := range 60 {
		branches += strings.ReplaceAll("tX = (tY, tY, tY, tY)\n", "Y", strconv.Itoa(i))
		branches = strings.ReplaceAll(branches, "tX", "t"+strconv.Itoa(i+1))
	}
	for _, text := range []string{
		strings.Repeat("(", 4000) + "x.", strings.Repeat("[", 4000) + "x" + strings.Repeat("]", 4000) + ".",
		strings.Repeat("[x for x in ", 1500) + "x.", strings.Repeat("x = x[x](x).x\n", 1000) + "x.", branches + "t60[0].",
		strings.Repeat("def f(x):\n    f(x)\n", 500) + "f(x).", "zip(" + strings.Repeat("zip(a, b), ", 2000) + ")[0].",
	} {
		d.folder.open[d.path] = &openText{text: newText(text), uri: d.uri}
		d.folder.stale[d.path] = true
		for method, ask := range s.places() {
			d.folder.sketch()
			o := d.folder.outlines[d.path]
			if _, err := ask(d.folder, d.path, o.cursor(len(text))); err != nil {
				t.Errorf("%s: %v", method, err)
			}
		}
	}
}
