package hardware

import (
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/image/colornames"
	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	for c, want := range map[RGB]string{
		{}:              "dark",
		{255, 0, 0}:     "red",
		{0, 128, 0}:     "green",
		{0, 255, 0}:     "lime",
		{0x29, 98, 255}: "royalblue",
		{255, 191, 0}:   "amber",
		{255, 165, 0}:   "orange",
		{0, 255, 255}:   "cyan",
		{255, 0, 255}:   "magenta",
		{128, 128, 128}: "gray",
		{254, 1, 2}:     "red",
		{13, 13, 13}:    "dim white", // white at 5 %: never "black"
		{1, 0, 0}:       "dim red",
		{0, 26, 0}:      "dim green",
		{0, 0, 20}:      "dim blue",
		{13, 10, 0}:     "dim amber",
	} {
		if got := Name(c); got != want {
			t.Errorf("%v is called %q, want %q", c, got, want)
		}
	}
	for _, name := range colornames.Names {
		c := colornames.Map[name]
		if got := colornames.Map[Name(RGB{c.R, c.G, c.B})]; name != "black" && got != c {
			t.Errorf("%s is called %q", name, Name(RGB{c.R, c.G, c.B}))
		}
	}
}

func TestDescribe(t *testing.T) {
	amber := LED{Color: amber, Every: time.Second}
	for _, c := range []struct {
		f    Frame
		want string
	}{
		{Frame{}, "dark"},
		{steady(red), "red"},
		{Both(amber), "amber, blinking every 1s"},
		{Both(LED{Color: red, Every: time.Minute}), "red, blinking every 1m"},
		{Both(LED{Color: red, Every: time.Hour}), "red, blinking every 1h"},
		{Both(LED{Color: red, Every: 90 * time.Second}), "red, blinking every 1m30s"},
		{Both(LED{Color: red, Every: 1}), "red, blinking every 100ms"},
		{Frame{Top: LED{Color: red}}, "top red; bottom dark"},
		{Frame{Top: amber, Bottom: LED{Color: green}}, "top amber, blinking every 1s; bottom green"},
		{Frame{Top: LED{Color: red, Fade: time.Second}, Bottom: LED{Color: red}}, "red"},
	} {
		if got := Describe(c.f); got != c.want {
			t.Errorf("%+v: %q, want %q", c.f, got, c.want)
		}
	}
}

func TestPaint(t *testing.T) {
	blink := Both(LED{Color: red, Every: time.Second})
	var zero time.Time
	for _, c := range []struct {
		f    Frame
		at   time.Time
		p    ColorProfile
		want string
	}{
		{steady(red), zero, NoColor, "● red"},
		{steady(red), zero, TrueColor, "\x1b[38;2;255;0;0m●\x1b[0m red"},
		{steady(red), zero, Color256, "\x1b[38;5;196m●\x1b[0m red"},
		{blink, zero, NoColor, "● red, blinking every 1s"},
		{blink, zero.Add(500 * time.Millisecond), NoColor, "○ red, blinking every 1s"},
		{blink, zero.Add(time.Second), NoColor, "● red, blinking every 1s"},
		{blink, zero.Add(500 * time.Millisecond), TrueColor, "\x1b[38;2;102;0;0m○\x1b[0m red, blinking every 1s"},
		{blink, time.Unix(1800000000, 500e6), NoColor, "○ red, blinking every 1s"},
		{Frame{}, zero, NoColor, "○ dark"},
		{Frame{}, zero, Color256, "\x1b[38;5;240m○\x1b[0m dark"},
		{steady(RGB{13, 13, 13}), zero, TrueColor, "\x1b[38;2;66;66;66m●\x1b[0m dim white"}, // seen on a black screen
		{Frame{Top: LED{Color: red}, Bottom: LED{Color: green, Every: time.Second}}, zero.Add(600 * time.Millisecond), NoColor, "● top red  ○ bottom green, blinking every 1s"},
	} {
		if got := Paint(c.f, c.at, c.p); got != c.want {
			t.Errorf("%+v at %v: %q, want %q", c.f, c.at, got, c.want)
		}
	}
}

func TestPaintKeepsItsWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		led := func(name string) LED {
			b := rapid.SliceOfN(rapid.Byte(), 3, 3).Draw(t, name)
			return LED{Color: RGB{b[0], b[1], b[2]}, Every: time.Duration(rapid.Int64().Draw(t, "every"))}
		}
		f := Frame{led("top"), led("bottom")}
		if rapid.Bool().Draw(t, "one") {
			f.Bottom = f.Top
		}
		at := time.Unix(rapid.Int64Range(-1<<36, 1<<36).Draw(t, "at"), 0)
		width := utf8.RuneCountInString(Paint(f, time.Time{}, NoColor))
		if got := utf8.RuneCountInString(Paint(f, at, NoColor)); got != width {
			t.Fatalf("%q is %d wide, want %d", Paint(f, at, NoColor), got, width)
		}
	})
}

func TestProfileOf(t *testing.T) {
	for _, c := range []struct {
		tty  bool
		env  map[string]string
		want ColorProfile
	}{
		{false, map[string]string{"TERM": "xterm", "COLORTERM": "truecolor"}, NoColor},
		{true, map[string]string{"TERM": "xterm", "COLORTERM": "truecolor"}, TrueColor},
		{true, map[string]string{"TERM": "xterm", "COLORTERM": "24bit"}, TrueColor},
		{true, map[string]string{"TERM": "xterm-direct"}, TrueColor},
		{true, map[string]string{"TERM": "xterm-256color"}, Color256},
		{true, map[string]string{"TERM": "xterm", "COLORTERM": "truecolor", "NO_COLOR": "1"}, NoColor},
		{true, map[string]string{"TERM": "xterm", "NO_COLOR": ""}, Color256},
		{true, map[string]string{"TERM": "dumb"}, NoColor},
		{true, nil, NoColor},
	} {
		if got := ProfileOf(c.tty, func(k string) string { return c.env[k] }); got != c.want {
			t.Errorf("%v %v: %v, want %v", c.tty, c.env, got, c.want)
		}
	}
}

func TestIndex256(t *testing.T) {
	for c, want := range map[RGB]int{{}: 16, {255, 255, 255}: 231, {255, 0, 0}: 196, {0, 0, 255}: 21, {128, 128, 128}: 244, {255, 191, 0}: 214} {
		if got := index256(c); got != want {
			t.Errorf("%v is %d, want %d", c, got, want)
		}
	}
}
