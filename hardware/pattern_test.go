package hardware

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func pattern(t *testing.T, text string) Pattern {
	t.Helper()
	p, err := ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// patterns draws patterns.
func patterns() *rapid.Generator[Pattern] {
	return rapid.Custom(func(t *rapid.T) Pattern {
		l := rapid.Custom(func(t *rapid.T) line {
			c := RGB{rapid.Byte().Draw(t, "r"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "b")}
			return line{c, rapid.Uint16Range(1, maxTicks).Draw(t, "ticks"), which(rapid.IntRange(0, 2).Draw(t, "led"))}
		})
		return writePattern(rapid.IntRange(0, maxRepeats).Draw(t, "repeats"), rapid.SliceOfN(l, 1, MaxPatternLines).Draw(t, "lines"))
	})
}

func TestPatternNotation(t *testing.T) {
	for text, want := range map[string]string{
		"3,#ff0000,0.5,0,#000000,0.5,0":    "3,#ff0000,0.5,0,#000000,0.5,0",
		" 0, FF00aa , 1 ,1,#000000,0.50,2": "0,#ff00aa,1,1,#000000,0.5,2",
		"255,#000000,655.35,2":             "255,#000000,655.35,2",
		"1,#ff0000,.125,0":                 "1,#ff0000,0.13,0",
		"1,#000000,0,0,#ff0000,0.,0":       "",                 // "0." below
		"1,#000000,0,0":                    "1,#000000,0.01,0", // a black line without time would be skipped
		"007,#ff0000,00.5,0":               "7,#ff0000,0.5,0",
	} {
		p, err := ParsePattern(text)
		if want == "" {
			want = "1,#000000,0.01,0,#ff0000,0.01,0"
		}
		if err != nil || p.String() != want {
			t.Errorf("%q is %q, %v; want %q", text, p, err, want)
		}
	}
	if (Pattern{}).String() != "" {
		t.Error("none has a notation")
	}
}

func TestPatternErrors(t *testing.T) {
	long := "0" + strings.Repeat(",#ff0000,1,0", MaxPatternLines+1)
	for text, says := range map[string]string{
		"":                            "empty",
		" ":                           "empty",
		"3":                           "three are needed for each line",
		"3,#ff0000,0.5":               "2 values follow the repeats",
		"x,#ff0000,0.5,0":             `begins with "x"; how often`,
		"256,#ff0000,0.5,0":           "to 255",
		"-1,#ff0000,0.5,0":            "to 255",
		"1,red,0.5,0":                 `line 1: "red" is no colour; "#ff0000"`,
		"1,#ff00,0.5,0":               "line 1",
		"1,#ff0000,0.5,0,#gg0000,1,0": "line 2",
		"1,#ff0000,655.36,0":          "0.01 to 655.35",
		"1,#ff0000,-1,0":              "is no time",
		"1,#ff0000,1e2,0":             "is no time",
		"1,#ff0000,NaN,0":             "is no time",
		"1,#ff0000,1.2.3,0":           "is no time",
		"1,#ff0000,.,0":               "is no time",
		"1,#ff0000,,0":                "is no time",
		"1,#ff0000,1,3":               `"3" is no LED; 0 (both)`,
		"1,#ff0000,1,":                `"" is no LED`,
		long:                          "it has 29 lines; at most 28 fit",
		"1,\x1b[31m" + strings.Repeat("x", 100) + ",1,0": `\x1b[31m`,
	} {
		_, err := ParsePattern(text)
		if err == nil || !strings.Contains(err.Error(), says) || len(err.Error()) > 150 || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, s := range []string{"3,#ff0000,0.5,0,#000000,0.5,0", "", "0,000000,0,0", "1,#ff0000,655.354,2", "9,\xff,1,1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePattern(text)
		if err != nil {
			if p != (Pattern{}) {
				t.Errorf("%q gives %q and an error", text, p)
			}
			return
		}
		again, err := ParsePattern(p.String())
		if err != nil || again != p {
			t.Errorf("%q becomes %q becomes %q, %v", text, p, again, err)
		}
		m := p.melody()
		if m.repeats > maxRepeats || len(m.lines) == 0 || len(m.lines) > MaxPatternLines {
			t.Errorf("%q: %+v", text, m)
		}
		for _, l := range m.lines {
			if l.ticks < 1 || l.led > bottom {
				t.Errorf("%q has the line %+v", text, l)
			}
		}
	})
}

func TestMelody(t *testing.T) {
	m := pattern(t, "2,#ff0000,0.5,0,#0000ff,1,2,#000000,0.5,1").melody()
	const s = time.Second
	for _, c := range []struct {
		elapsed time.Duration
		w       which
		color   RGB
		from    time.Duration
		next    time.Duration
	}{
		{0, top, red, 0, s / 2},
		{-s, top, red, 0, s / 2},
		{s / 2, top, red, 0, s},
		{s / 2, bottom, blue, s / 2, s},
		{3 * s / 2, top, RGB{}, 3 * s / 2, s / 2},
		{3 * s / 2, bottom, blue, s / 2, s / 2},
		{2 * s, bottom, red, 2 * s, s / 2},
		{4*s - 1, bottom, blue, 5 * s / 2, 1},
		{4 * s, top, RGB{}, 7 * s / 2, 0},
		{time.Hour, bottom, blue, 5 * s / 2, 0},
	} {
		n := m.at(c.elapsed, c.w)
		if n.color != c.color || n.from != c.from || n.next != c.next {
			t.Errorf("LED %d after %v: %+v, want %v since %v for %v", c.w, c.elapsed, n, c.color, c.from, c.next)
		}
	}
	if n := pattern(t, "0,#ff0000,1,1,#00ff00,1,2").melody().at(0, bottom); n.color != (RGB{}) || n.next != s {
		t.Errorf("before its first line the bottom is told %+v", n)
	}
	if n := pattern(t, "0,#ff0000,1,1,#00ff00,1,2").melody().at(2*s, bottom); n.color != (RGB{0, 255, 0}) || n.from != s {
		t.Errorf("in the second round the bottom is told %+v", n)
	}
}

func TestDescribePatterns(t *testing.T) {
	for text, want := range map[string]string{
		"3,#ff0000,0.5,0,#000000,0.5,0":                     "a pattern of red and dark, 3 times",
		"0,#ff0000,1,0,#008000,1,0,#0000ff,1,0,#ff0000,1,0": "a pattern of red, green and blue",
		"1,#ff0000,1,0": "a pattern of red, once",
		"0,#ff0000,1,0,#008000,1,0,#0000ff,1,0,#ffffff,1,0,#000000,1,0": "a pattern of red, green, blue and others",
	} {
		if got := Describe(Both(LED{Pattern: pattern(t, text)})); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestPaintPatterns(t *testing.T) {
	one := Both(LED{Pattern: pattern(t, "0,#ff0000,1,0,#000000,1,0"), Color: blue, Every: time.Second})
	two := Both(LED{Pattern: pattern(t, "0,#ff0000,1,1,#0000ff,1,2,#000000,1,1")})
	ended := Both(LED{Pattern: pattern(t, "2,#ff0000,1,0,#008000,1,0")})
	for i, c := range []struct {
		f    Frame
		at   time.Duration
		want string
	}{
		{one, 0, "● a pattern of red and dark"}, {one, 1500 * time.Millisecond, "○ a pattern of red and dark"},
		{two, 3500 * time.Millisecond, "●● a pattern of red, blue and dark"}, {two, 5500 * time.Millisecond, "○● a pattern of red, blue and dark"},
		{ended, time.Hour, "● a pattern of red and green, 2 times"},
		{Frame{Top: one.Top}, 0, "● top a pattern of red and dark  ○ bottom dark"},
	} {
		if got := Paint(c.f, time.Time{}.Add(c.at), NoColor); got != c.want {
			t.Errorf("%d: %q, want %q", i, got, c.want)
		}
	}
	if got := Paint(one, time.Unix(1800000001, 0), NoColor); got != "○ a pattern of red and dark" && got != "● a pattern of red and dark" {
		t.Errorf("%q", got)
	}
}
