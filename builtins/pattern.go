package builtins

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.starlark.net/starlark"
)

// pattern is an argument that is a blink(1)'s own notation: "3,#ff0000,0.5,0,#000000,0.5,0" is how often to play it (0:
// for ever), and for each line a colour, the seconds that the fade to it takes, and the LED (0 both, 1 top, 2 bottom).
type pattern struct {
	repeats int
	lines   []patternLine
}

type patternLine struct {
	color color // may be black
	ticks int   // of 10 ms
	led   ledArg
}

const (
	patternRepeats = 255 // the device has a byte for it
	patternLines   = 28  // the device has 32, and the last four hold its alarm
	patternTicks   = math.MaxUint16
)

// Unpack implements starlark.Unpacker.
func (p *pattern) Unpack(v starlark.Value) error {
	s, ok := starlark.AsString(v)
	if !ok {
		return fmt.Errorf(`got %s, want a pattern like "3,#ff0000,0.5,0,#000000,0.5,0"`, v.Type())
	}
	parsed, err := parsePattern(s)
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

func parsePattern(s string) (pattern, error) {
	const shape = "write the repeats, and for each line a colour, seconds and an LED, as in \"3,#ff0000,0.5,0,#000000,0.5,0\""
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	var p pattern
	var err error
	if p.repeats, err = strconv.Atoi(parts[0]); err != nil || p.repeats < 0 || p.repeats > patternRepeats {
		return pattern{}, fmt.Errorf("%s is no number of repeats: from 0 (for ever) to %d; %s", quote(cut(parts[0], 20)), patternRepeats, shape)
	}
	parts = parts[1:]
	switch n := len(parts) / 3; {
	case len(parts) == 0:
		return pattern{}, fmt.Errorf("it has no lines: %s", shape)
	case len(parts)%3 != 0:
		return pattern{}, fmt.Errorf("line %d has %d of the 3 parts colour, seconds, LED: %s", n+1, len(parts)%3, shape)
	case n > patternLines:
		return pattern{}, fmt.Errorf("%d lines are too many: a blink(1) has room for %d", n, patternLines)
	}
	lit := false
	for i := 0; i < len(parts); i += 3 {
		l, err := parsePatternLine(parts[i], parts[i+1], parts[i+2])
		if err != nil {
			return pattern{}, fmt.Errorf("line %d: %w", i/3+1, err)
		}
		lit = lit || l.color != color{}
		p.lines = append(p.lines, l)
	}
	if !lit {
		return pattern{}, fmt.Errorf("every line is dark: write blink1.off()")
	}
	return p, nil
}

func parsePatternLine(col, seconds, led string) (l patternLine, err error) {
	var ok bool
	if l.color, ok = parseColor(col); !ok {
		if l.color, ok = parseHex(col); !ok || len(col) != 6 { // blink1-tool takes it without #
			return l, noColor(col)
		}
	}
	if l.ticks, ok = parseTicks(seconds); !ok {
		return l, fmt.Errorf("%s is no number of seconds: from 0 to 655.35", quote(cut(seconds, 20)))
	}
	switch led {
	case "0", "1", "2":
		l.led = ledArg(led[0] - '0')
	default:
		return l, fmt.Errorf("%s is no LED: 0 (both), 1 (the top one) or 2 (the bottom one)", quote(cut(led, 20)))
	}
	return l, nil
}

// parseTicks reads seconds; no time at all is one tick, because the device leaves black lines without time out. Strange ways to write a number (1e2, 0x1p3, Inf) are refused: the device's tools do not
// know them.
func parseTicks(s string) (int, bool) {
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > patternTicks {
		return 0, false
	}
	n := int(math.Round(f * 100))
	return max(n, 1), n <= patternTicks
}

// String is the notation as it is printed: colours as "#rrggbb", seconds without what is zero.
func (p pattern) String() string { return p.with(func(c color) color { return c }) }

// with is the notation with other colours.
func (p pattern) with(change func(color) color) string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(p.repeats))
	for _, l := range p.lines {
		fmt.Fprintf(&b, ",%s,%s,%d", change(l.color), strconv.FormatFloat(float64(l.ticks)/100, 'f', -1, 64), int(l.led))
	}
	return b.String()
}

// at is the notation at a brightness in percent. Black stays black, and nothing else becomes it.
func (p pattern) at(percent int) string {
	return p.with(func(c color) color {
		if c == (color{}) {
			return c
		}
		c.r, c.g, c.b = c.at(percent)
		return c
	})
}

// has says whether a line is for one of the LEDs.
func (p pattern) has(led ledArg) bool {
	for _, l := range p.lines {
		if led == ledAll || l.led.has(led) {
			return true
		}
	}
	return false
}

var _ starlark.Unpacker = (*pattern)(nil)
