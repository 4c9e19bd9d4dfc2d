package format

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stars gives every .star file of the repository.
func stars(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".star") {
			return err
		}
		data, err := os.ReadFile(p)
		name, _ := filepath.Rel(root, p)
		out[filepath.ToSlash(name)] = data
		return err
	})
	if err != nil || len(out) < 20 {
		t.Fatalf("%d files, %v", len(out), err)
	}
	return out
}

// The rules that we ship, and those of the examples, are laid out as gatefold fmt lays them out.
func TestShippedRules(t *testing.T) {
	for name, src := range stars(t) {
		if !strings.HasPrefix(name, "rules/") && !strings.HasPrefix(name, "examples/") || strings.HasSuffix(name, "/_broken.star") {
			continue
		}
		if out, err := Source(name, src); err != nil || !bytes.Equal(out, src) {
			t.Errorf("%s is not formatted (%v): run gatefold fmt %s", name, err, name)
		}
	}
}

func TestSource(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"spaces", "def f( a,b ):\n  return {'x':1,\"y\" : [ 1,2 ]}\n", "def f(a, b):\n    return {\"x\": 1, \"y\": [1, 2]}\n"},
		{"named arguments", "blink1.set(\"red\",brightness=5)", "blink1.set(\"red\", brightness = 5)\n"},
		{"comments stay", "x = 1     # one\n# two\n\n\n\n\ny = 2\n# three", "x = 1  # one\n# two\n\ny = 2\n# three\n"},
		{"loads are not sorted", "load(\"b.star\", \"z\", \"a\")\nload(\"a.star\", \"q\")\n", "load(\"b.star\", \"z\", \"a\")\nload(\"a.star\", \"q\")\n"},
		{"lists are not sorted", "deps = [\"b\", \"a\"]\nsrcs = [\"//b:b\"]\n", "deps = [\"b\", \"a\"]\nsrcs = [\"//b:b\"]\n"},
		{"a docstring is a value", "def f():\n    \"\"\"  one\n  two\n    \"\"\"\n", "def f():\n    \"\"\"  one\n  two\n    \"\"\"\n"},
		{"Windows", "x=1\r\ny=2\r\n", "x = 1\r\ny = 2\r\n"},
		{"tabs", "def f():\n\tif x:\n\t\t# why\n\t\treturn {\"a\": 1}\t# so\n \treturn 2\n", "def f():\n    if x:\n        # why\n        return {\"a\": 1}  # so\n    return 2\n"},
		{"tabs in a string", "def f():\n\tx = \"\"\"one\n\ttwo\n\t\"\"\"\n\treturn x\n", "def f():\n    x = \"\"\"one\n\ttwo\n\t\"\"\"\n    return x\n"},
		{"a byte order mark", "\ufeffx=1\r\n", "x = 1\r\n"},
		{"umlauts", "x='Küche 🎶'\n", "x = \"Küche 🎶\"\n"},
		{"nothing", "", ""},
	} {
		out, err := Source("x.star", []byte(c.in))
		if err != nil || string(out) != c.want {
			t.Errorf("%s: %v, got\n%q, want\n%q", c.name, err, out, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for in, want := range map[string]string{
		"def f(:\n":                             "x.star:1:8: ",
		"x = 1\ny = (\n":                        "x.star:3:1: ",
		"x = 1\rdef f(): pass\n":                "x.star:1:6: a carriage return inside a line",
		"x = \"\xff\"\n":                        "x.star: not UTF-8",
		"x = 1\x00":                             "x.star: a zero byte",
		strings.Repeat("x = 1\n", 256<<10/6+1):  "x.star: larger than 256 KiB",
		"x = 1" + strings.Repeat("+1", 100_000): "x.star: nested too deep",
	} {
		_, err := Source("x.star", []byte(in))
		var bad *Error
		if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", in, err, want)
		}
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"x = (1)", "x = 1", true},
		{"x = 'a'", "x = \"a\"", true},
		{"x = 1_000" /* no number */, "x = 1", false},
		{"x = (1,)", "x = 1", false},
		{"f(a=1, b=2)", "f(b=2, a=1)", false},
		{"load('a.star', 'x')", "load('b.star', 'x')", false},
		{"x = 1 # a", "x = 1 # b", false},
		{"x = 123456789012345678901234567890", "x = 123456789012345678901234567891", false},
		{"x = 123456789012345678901234567890", "x  =  123456789012345678901234567890", true},
		{"x = 1.0", "x = 1", false},
		{"def f(a, *, b=1): pass", "def f(a, b=1): pass", false},
	} {
		a, errA := parse("a", []byte(c.a))
		b, errB := parse("b", []byte(c.b))
		if errA != nil || errB != nil {
			if c.same {
				t.Errorf("%s: %v, %v", c.a, errA, errB)
			}
			continue
		}
		if got := same(a, b); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

// Whatever a file holds, formatting it loses nothing, and settles.
func FuzzSource(f *testing.F) {
	for _, src := range stars(f) {
		f.Add(src)
	}
	f.Add([]byte("x = 'a\\'b' + \"\\x41\\u00e4\" + r'\\d' + b'\\xff'\n"))
	f.Add([]byte("x = [\n  # only a comment\n]\nf(\n  *a, # a\n  **k)\n"))
	f.Add([]byte("if x: pass\nelif y: z = 1 if a else lambda: (b, c)\nelse:\n  [i for i in x if i for j in i]\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		out, err := Source("x.star", src)
		if err != nil {
			var bad *Error
			if !errors.As(err, &bad) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		again, err := Source("x.star", out)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("it does not settle: %v\n%q\n%q", err, out, again)
		}
	})
}
