package builtins

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
	"golang.org/x/image/colornames"

	"gatefold/engine"
)

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"10s": 10 * time.Second, "1h30m": 90 * time.Minute, "500ms": 500 * time.Millisecond, "1.5s": 1500 * time.Millisecond,
		"2d": 48 * time.Hour, "1d12h": 36 * time.Hour, "0s": 0, "0": 0, "0d": 0, "-3s": -3 * time.Second,
	} {
		if got, err := ParseDuration(text); got != want || err != nil {
			t.Errorf("%q is %v, not %v (%v)", text, got, want, err)
		}
	}
	for text, hint := range map[string]string{
		"10": `write "10s"`, "1.5": `write "1.5s"`, "": "is no duration", "s": "is no duration", "10 s": "is no duration",
		"ten": "is no duration", "1d-2h": "is no duration", "-1d": "is no duration", "1.5d": "is no duration",
		"99999999d": "is no duration", "106751d24h": "is no duration", "1d2d": "is no duration", "d": "is no duration",
		strings.Repeat("9", 5000): "is no duration", "9999999h": "is no duration", "10sec": "is no duration",
	} {
		got, err := ParseDuration(text)
		if err == nil || !strings.Contains(err.Error(), hint) || len(err.Error()) > 300 {
			t.Errorf("%q is %v, error %v without %q", cut(text, 50), got, err, hint)
		}
	}
}

func TestDurationUnpack(t *testing.T) {
	for _, x := range []struct {
		value starlark.Value
		want  time.Duration
		err   string
	}{
		{starlark.String("2s"), 2 * time.Second, ""},
		{startime.Duration(3 * time.Second), 3 * time.Second, ""},
		{starlark.String("1s"), time.Second, ""},
		{starlark.String("1m"), time.Minute, ""},
		{starlark.String("999ms"), 0, `999ms is out of range: from "1s" to "1m"`},
		{startime.Duration(math.MaxInt64), 0, "out of range"},
		{startime.Duration(-time.Second), 0, "-1s is out of range"},
		{starlark.MakeInt(5), 0, `5 has no unit: write "5s"`},
		{starlark.Float(5), 0, "got float"},
		{starlark.None, 0, "got NoneType"},
	} {
		d := Duration{Min: time.Second, Max: time.Minute}
		err := d.Unpack(x.value)
		if x.err == "" && (err != nil || d.Duration != x.want) || x.err != "" && (err == nil || !strings.Contains(err.Error(), x.err)) {
			t.Errorf("%v: %v, %v; want %v, %q", x.value, d.Duration, err, x.want, x.err)
		}
	}
}

// FuzzDuration: what is taken prints as something that is taken and means the same.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{"10s", "2d", "1d12h30m", "1.5h", "-3s", "0", "1µs", "99999d", "1d+1s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			if !utf8.ValidString(err.Error()) && utf8.ValidString(s) {
				t.Fatalf("error %q is not UTF-8", err)
			}
			return
		}
		if again, err := ParseDuration(engine.FormatDuration(d)); err != nil || again != d {
			t.Fatalf("%q is %v, which is read as %v (%v)", s, d, again, err)
		}
	})
}

func TestColor(t *testing.T) {
	for text, want := range map[string]color{
		"red": {255, 0, 0}, "Red": {255, 0, 0}, "#ff0000": {255, 0, 0}, "#F00": {255, 0, 0}, "#2962ff": {0x29, 0x62, 0xff},
		"#abc": {0xaa, 0xbb, 0xcc}, "grey": {128, 128, 128}, "gray": {128, 128, 128}, "darkSlateGrey": {0x2f, 0x4f, 0x4f},
		"amber": {255, 191, 0}, "rebeccapurple": {0x66, 0x33, 0x99}, "aqua": {0, 255, 255},
	} {
		var c color
		if err := c.Unpack(starlark.String(text)); err != nil || c != want {
			t.Errorf("%s is %v, not %v (%v)", text, c, want, err)
		}
	}
	for text, hint := range map[string]string{
		"gren": `did you mean "green"?`, "Rde": `did you mean "red"?`, "darkslategry": `did you mean "darkslategr`,
		"ff0000": `write "#ff0000"`, "#ff00": "six digits", "#+f0000": "six digits", "#gg0000": "six digits", "#": "six digits",
		"": "write a CSS name", "rgb(1,2,3)": "write a CSS name", "ambr": `"amber"`,
		"black": "blink1.off()", "#000000": "blink1.off()", strings.Repeat("red", 1000): "write a CSS name",
	} {
		var c color
		if err := c.Unpack(starlark.String(text)); err == nil || !strings.Contains(err.Error(), hint) || len(err.Error()) > 300 {
			t.Errorf("%s is %v; the error %v has no %q", cut(text, 50), c, err, hint)
		}
	}
}

// TestColorIsNeverDark: dark says "not running".
func TestColorIsNeverDark(t *testing.T) {
	if len(colornames.Names) < 140 {
		t.Fatalf("%d names", len(colornames.Names))
	}
	for _, name := range append([]string{"#010000", "#000100", "#000001", "#010101"}, colornames.Names...) {
		c, ok := parseColor(name)
		if !ok {
			t.Errorf("%s is no colour", name)
		}
		for p := 1; p <= 100 && c != (color{}); p++ {
			if r, g, b := c.at(p); r|g|b == 0 {
				t.Errorf("%s at %d %% is dark", name, p)
			}
		}
		if r, g, b := c.at(100); (color{r, g, b}) != c && c != (color{}) {
			t.Errorf("%s at 100 %% is another colour", name)
		}
	}
	if r, g, b := (color{255, 100, 1}).at(20); r != 51 || g != 20 || b != 0 {
		t.Errorf("20 %% of #ff6401 is %d, %d, %d", r, g, b)
	}
}

func TestCutAndBounded(t *testing.T) {
	for _, x := range []struct {
		s    string
		n    int
		want string
	}{{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"äöü", 3, "äöü"}, {"äöüx", 3, "äö…"}, {"ab…", 3, "ab…"}, {"abcd", 1, "…"}} {
		if got := cut(x.s, x.n); got != x.want || cut(got, x.n) != got {
			t.Errorf("cut(%q, %d) = %q", x.s, x.n, got)
		}
	}
	if s := strings.Repeat("x", keyBytes); bounded(s) != s {
		t.Error("what fits is changed")
	}
	long := bounded(strings.Repeat("é", 500))
	if len(long) <= keyBytes || len(long) > keyBytes+5 || !utf8.ValidString(long) {
		t.Errorf("%d bytes, where it must be longer than anything that fits: %q", len(long), long)
	}
	if long == bounded(strings.Repeat("é", 501)) {
		t.Error("two names have one key")
	}
}
