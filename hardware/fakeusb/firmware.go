package fakeusb

import "time"

// firmware is a model of what runs on a blink(1): it has the quirks of each version that a driver must know. All of it is
// lost with the power, but for the lines of an mk1. Times are given to it; advance plays what was due until then.
type firmware struct {
	model   Model
	version int
	early   bool // the watchdog stops before its last line

	leds  [2]lamp
	lines []line
	led   uint8 // for which LED lines are set; a playing pattern changes it
	reply [8]byte

	playing    bool
	start, end int // end is exclusive
	count      int // how often it is still to be played; 0 is for ever
	pos        int
	stepAt     time.Time

	armed     bool
	fireAt    time.Time
	wdF, wdL  int
	fired     int // how often the watchdog has
	overruns  int // lines past the last that were played
	flash     int // writes
	eeprom    int // writes
	forbidden []Command
	moved     func(at time.Time) // what is shown has changed
}

// line is one line of the pattern.
type line struct {
	color Color
	ticks uint16
	led   uint8
}

// lamp is one LED on its way from a colour to another.
type lamp struct {
	from, to Color
	since    time.Time
	fade     time.Duration
}

func (l lamp) at(now time.Time) Color {
	passed := now.Sub(l.since)
	if l.fade <= 0 || passed >= l.fade {
		return l.to
	}
	var c Color
	for i := range c {
		c[i] = uint8(int64(l.from[i]) + (int64(l.to[i])-int64(l.from[i]))*int64(passed)/int64(l.fade))
	}
	return c
}

// power is a firmware that has just got its power. It holds the rainbow that it is sold with.
func power(m Model, version int, early bool, eeprom []line) *firmware {
	f := &firmware{model: m, version: version, early: early, lines: make([]line, 32)}
	if m == Mk1 {
		f.lines = make([]line, 12)
	}
	copy(f.lines, rainbow())
	copy(f.lines, eeprom)
	f.end = len(f.lines)
	return f
}

func rainbow() []line {
	var lines []line
	for i := range 12 {
		c := Color{}
		c[i%3], c[(i+1)%3] = 255, uint8(i*20)
		lines = append(lines, line{c, 50, 0})
	}
	return lines
}

const tick = 10 * time.Millisecond

// advance plays all that was due by now.
func (f *firmware) advance(now time.Time) {
	for {
		at, ok := f.next()
		if !ok || at.After(now) {
			return
		}
		if f.armed && f.fireAt.Equal(at) {
			f.fire(at)
		} else {
			f.step(at)
		}
	}
}

// next is when something happens by itself.
func (f *firmware) next() (at time.Time, ok bool) {
	if f.playing {
		at, ok = f.stepAt, true
	}
	if f.armed && (!ok || f.fireAt.Before(at)) {
		at, ok = f.fireAt, true
	}
	return at, ok
}

// fire is the watchdog's one shot.
func (f *firmware) fire(at time.Time) {
	f.armed = false
	f.fired++
	f.playing, f.stepAt = true, at
	f.start, f.end = 0, len(f.lines)
	if f.choosesLines() && f.wdL > 0 {
		f.start, f.end = f.wdF, f.wdL+1
		if f.early {
			f.end--
		}
	}
	if f.model >= Mk3 {
		f.count = 0 // an mk2 keeps what is left
	}
	f.pos = f.start
	f.step(at)
}

func (f *firmware) choosesLines() bool { return f.model >= Mk3 || f.model == Mk2 && f.version >= 205 }

// step begins the next line.
func (f *firmware) step(at time.Time) {
	for range 2 * (f.end - f.start + 1) { // lines that take no time are skipped; if all do, nothing happens
		if f.pos >= f.end {
			f.pos = f.start
			if f.count > 0 {
				if f.count--; f.count == 0 {
					f.playing = false
					return
				}
			}
		}
		if f.pos >= len(f.lines) {
			f.overruns++
			f.pos = f.end
			continue
		}
		l := f.lines[f.pos]
		f.pos++
		if l.color == (Color{}) && l.ticks == 0 {
			continue
		}
		f.led = l.led
		f.fade(at, l.color, l.ticks, l.led)
		f.stepAt = at.Add(max(time.Duration(l.ticks), 1) * tick)
		return
	}
	f.stepAt = at.Add(tick)
}

func (f *firmware) fade(at time.Time, c Color, ticks uint16, led uint8) {
	for i := range f.leds {
		if led == 0 || int(led) == i+1 || f.model == Mk1 {
			f.leds[i] = lamp{from: f.leds[i].at(at), to: c, since: at, fade: time.Duration(ticks) * tick}
		}
	}
	if f.moved != nil {
		f.moved(at)
	}
}

// set is a feature report. c has it taken apart.
func (f *firmware) set(now time.Time, c Command) {
	var b [9]byte
	copy(b[:], c.Raw)
	f.reply = [8]byte(b[:8]) // every firmware pre-loads its answer with the request
	if b[0] != 1 {
		f.refuse(c)
		return
	}
	switch b[1] {
	case 'c':
		f.playing = false
		f.fade(now, c.Color, uint16(b[5])<<8|uint16(b[6]), b[7])
	case 'p':
		f.play(now, b)
	case 'P':
		f.setLine(b)
	case 'l':
		if f.model >= Mk3 || f.version >= 204 {
			f.led = b[2]
		}
	case 'D':
		f.watchdog(now, b)
	case 'r', 'S', 'R', 'v':
		f.answer(now, b)
	default:
		f.refuse(c)
	}
}

// refuse notes a command that no driver of ours may send; some cannot be undone.
func (f *firmware) refuse(c Command) {
	f.forbidden = append(f.forbidden, c)
	switch c.Letter {
	case 'W', 'B', 'F':
		f.flash++
	case 'E':
		f.eeprom++
	}
}

func (f *firmware) play(now time.Time, b [9]byte) {
	f.playing, f.start, f.end, f.count = b[2] != 0, int(b[3]), int(b[4])+1, int(b[5])
	if b[4] == 0 {
		f.end = len(f.lines)
	}
	f.pos = f.start
	if f.playing {
		f.step(now)
	}
}

func (f *firmware) setLine(b [9]byte) {
	pos := int(b[7])
	if pos >= len(f.lines) {
		pos = 0
	}
	f.lines[pos] = line{Color(b[2:5]), uint16(b[5])<<8 | uint16(b[6]), f.led}
	if f.model == Mk1 {
		f.lines[pos].led = 0
		f.eeprom++
	}
}

func (f *firmware) watchdog(now time.Time, b [9]byte) {
	ms := (int(b[3])<<8 | int(b[4])) * 10
	if f.model < Mk3 && f.version <= 204 {
		ms &= 0xffff
	}
	f.armed, f.fireAt = b[2] != 0, now.Add(time.Duration(ms)*time.Millisecond)
	f.wdF, f.wdL = int(b[6]), int(b[7])
	keep := b[5]
	if f.model == Mk1 {
		keep = b[4] // it looks in the wrong place
	}
	if keep == 0 {
		f.playing = false
		f.fade(now, Color{}, 0, 0)
	}
}

func (f *firmware) answer(now time.Time, b [9]byte) {
	r := &f.reply
	switch b[1] {
	case 'v':
		r[3], r[4] = byte('0'+f.version/100), byte('0'+f.version%10)
	case 'R':
		pos := int(b[7])
		if pos >= len(f.lines) {
			pos = 0
		}
		l := f.lines[pos]
		copy(r[2:], l.color[:])
		r[5], r[6], r[7] = byte(l.ticks>>8), byte(l.ticks), l.led
	case 'r':
		if f.model == Mk1 {
			return
		}
		led := b[7]
		if f.model >= Mk3 {
			led = f.led // the wrong one
		}
		c := f.leds[min(max(int(led), 1), 2)-1].at(now)
		copy(r[2:], c[:])
		r[5], r[6] = 0, 0
	case 'S':
		if f.model == Mk1 {
			return
		}
		end := f.end
		if f.model >= Mk3 {
			end--
		}
		*r = [8]byte{1, 'S', 0, byte(f.start), byte(end), byte(f.count), byte(f.pos)}
		if f.playing {
			r[2] = 1
		}
	}
}
