package hardware

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Pattern is a sequence of colours in a blink(1)'s own notation, "3,#ff0000,0.5,0,#000000,0.5,0": how often it is
// played (0: for ever), and then for each line a colour, the seconds that the fade to it takes, and the LED (0 both, 1
// top, 2 bottom). A line lasts as long as its fade; an LED is dark until a line is for it, and after the last repeat
// stays as it is then. It can be compared. The zero value is none.
type Pattern struct{ text string } // canonical

// MaxPatternLines is how long a pattern may be: a blink(1) holds 32 lines, and the last four are the alarm's.
const MaxPatternLines = 28

// maxRepeats is what fits into a report.
const maxRepeats = 255

// line is one line of a pattern.
type line struct {
	color RGB
	ticks uint16 // at least one: a line that is black and takes no time is skipped by the firmware
	led   which
}

func (l line) time() time.Duration { return time.Duration(l.ticks) * tick }

// ParsePattern reads the notation: 0 to 255 repeats and 1 to MaxPatternLines lines. A colour is "#rrggbb" or, as the
// official tools have it, "rrggbb"; seconds are decimal, at most 655.35, rounded to 0.01 and never less. The error says
// which line is wrong, counting from 1, and what would be right.
func ParsePattern(text string) (Pattern, error) {
	repeats, lines, err := readPattern(text)
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern: %w", err)
	}
	return writePattern(repeats, lines), nil
}

func readPattern(text string) (repeats int, lines []line, err error) {
	if strings.TrimSpace(text) == "" {
		return 0, nil, errors.New(`it is empty; "3,#ff0000,0.5,0,#000000,0.5,0" blinks three times`)
	}
	fields := strings.Split(text, ",")
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
	}
	repeats, ok := readDigits(fields[0], maxRepeats)
	if !ok {
		return 0, nil, fmt.Errorf("it begins with %s; how often it is played is needed, 0 (for ever) to %d", quote(fields[0]), maxRepeats)
	}
	fields = fields[1:]
	if len(fields) == 0 || len(fields)%3 != 0 {
		return 0, nil, fmt.Errorf("%d values follow the repeats; three are needed for each line: colour, seconds, LED", len(fields))
	}
	if n := len(fields) / 3; n > MaxPatternLines {
		return 0, nil, fmt.Errorf("it has %d lines; at most %d fit", n, MaxPatternLines)
	}
	for i := 0; i < len(fields); i += 3 {
		l, err := readLine(fields[i], fields[i+1], fields[i+2])
		if err != nil {
			return 0, nil, fmt.Errorf("line %d: %w", i/3+1, err)
		}
		lines = append(lines, l)
	}
	return repeats, lines, nil
}

func readLine(color, seconds, led string) (line, error) {
	c, ok := readColor(color)
	if !ok {
		return line{}, fmt.Errorf(`%s is no colour; "#ff0000" would be one`, quote(color))
	}
	n, ok := readSeconds(seconds)
	if !ok {
		return line{}, fmt.Errorf("%s is no time; seconds from 0.01 to 655.35 are needed", quote(seconds))
	}
	w, ok := readDigits(led, int(bottom))
	if !ok {
		return line{}, fmt.Errorf("%s is no LED; 0 (both), 1 (top) or 2 (bottom) is needed", quote(led))
	}
	return line{c, n, which(w)}, nil
}

// readDigits reads a decimal number from 0 to most.
func readDigits(s string, most int) (int, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n <= most
}

func readColor(s string) (RGB, bool) {
	s = strings.TrimPrefix(s, "#")
	if len(s) != 6 || strings.Trim(s, "0123456789abcdefABCDEF") != "" {
		return RGB{}, false
	}
	n, err := strconv.ParseUint(s, 16, 32)
	return RGB{uint8(n >> 16), uint8(n >> 8), uint8(n)}, err == nil
}

// readSeconds reads seconds in ticks.
func readSeconds(s string) (uint16, bool) {
	if !isDecimal(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, false
	}
	n := math.Round(f * 100)
	return uint16(min(max(n, minTicks), maxTicks)), n <= maxTicks
}

// isDecimal says whether s has digits and at most one point, and nothing else.
func isDecimal(s string) bool {
	whole, fraction, _ := strings.Cut(s, ".")
	return whole+fraction != "" && strings.Trim(whole+fraction, "0123456789") == ""
}

// quote shows what stands where something else should, cut to what fits into an error.
func quote(s string) string {
	const longest = 24
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "…"
	}
	return strconv.Quote(s)
}

func writePattern(repeats int, lines []line) Pattern {
	var b strings.Builder
	b.WriteString(strconv.Itoa(repeats))
	for _, l := range lines {
		fmt.Fprintf(&b, ",#%02x%02x%02x,%s,%d", l.color.R, l.color.G, l.color.B, strconv.FormatFloat(float64(l.ticks)/100, 'f', -1, 64), l.led)
	}
	return Pattern{b.String()}
}

// String is the pattern in its notation, in one way of writing it: ParsePattern gives the same pattern back. That of
// none is empty.
func (p Pattern) String() string { return p.text }

// melody is a pattern, taken apart.
type melody struct {
	repeats int
	lines   []line
	total   time.Duration // of all lines once
}

// melody takes a pattern apart; that of none has no lines.
func (p Pattern) melody() melody {
	if p == (Pattern{}) {
		return melody{}
	}
	repeats, lines, err := readPattern(p.text)
	if err != nil { // its text was written by writePattern
		panic("hardware: a pattern that cannot be read: " + err.Error())
	}
	m := melody{repeats: repeats, lines: lines}
	for _, l := range lines {
		m.total += l.time()
	}
	return m
}

// length is how long it is played; 0 if for ever.
func (m melody) length() time.Duration { return time.Duration(m.repeats) * m.total }

// ended says whether it has been played to its end.
func (m melody) ended(elapsed time.Duration) bool {
	return m.repeats > 0 && elapsed >= m.length()
}

// at is what the LED w is told this long after the pattern began.
func (m melody) at(elapsed time.Duration, w which) note {
	elapsed = max(elapsed, 0)
	over := m.ended(elapsed)
	round, within := elapsed/m.total, elapsed%m.total
	if over {
		round, within = time.Duration(m.repeats-1), m.total
	}
	var begin, next time.Duration
	var now note
	if round > 0 { // the LED is as the round before has left it
		begin = -m.total
		for _, l := range m.lines {
			if l.led.has(w) {
				now = note{color: l.color, fade: l.time(), from: round*m.total + begin}
			}
			begin += l.time()
		}
	}
	begin = 0
	for _, l := range m.lines {
		if begin > within {
			break
		}
		if l.led.has(w) {
			now = note{color: l.color, fade: l.time(), from: round*m.total + begin}
		}
		begin += l.time()
		next = begin
	}
	if !over {
		now.next = round*m.total + next - elapsed
	}
	return now
}

// splits says whether a line is for one LED.
func (m melody) splits() bool {
	for _, l := range m.lines {
		if l.led != both {
			return true
		}
	}
	return false
}
