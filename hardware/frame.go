package hardware

import "time"

// report is one HID feature report as it is sent to a blink(1): report id 1, a command letter, its arguments. The
// official libraries send 9 bytes for the 8 that the firmware reads.
//
// Some commands of a blink(1) cannot be undone: 'G' starts the boot loader, 'L' locks it for good, 'W', 'B', 'E' and
// 'F' wear out its flash. So reports are made in this file only, one function for each command that we use, and the
// device seam takes a report and not bytes. A test holds this up.
//
// One of ours wears out a memory, too: 'P' writes a line to RAM, but on an mk1 to EEPROM. There a session (session.go)
// refuses to send it; only WriteAlarm may.
type report [9]byte

const (
	reportID = 1

	cmdFade      = 'c' // r g b, time, LED: fades to a colour, and stops a playing pattern
	cmdPlay      = 'p' // on, first line, last line, repeats: plays lines, or stops
	cmdLine      = 'P' // r g b, time, line: sets a line of the pattern. The LED of the line is that of the last cmdLED
	cmdLED       = 'l' // LED: for the lines that are set from then on. Firmware 204 and newer. A playing pattern changes it
	cmdWatchdog  = 'D' // on, time, keep, first line, last line: plays lines if it is not sent again within the time
	cmdReadColor = 'r' // LED: answers r g b, as they are at this moment of a fade
	cmdReadPlay  = 'S' // answers whether lines are played
	cmdReadLine  = 'R' // line: answers r g b, time, LED
	cmdVersion   = 'v' // answers two digits
)

// which addresses LEDs in a report, and in a line of a pattern.
type which uint8

const (
	both which = iota
	top
	bottom
)

// has says whether what is for LEDs w is also for one of them.
func (w which) has(one which) bool { return w == both || w == one }

// Times count in ticks, 16 bits, big endian. Never 0: firmwares differ in what they make of it.
const (
	tick     = 10 * time.Millisecond
	minTicks = 1
	maxTicks = 1<<16 - 1
)

// maxLine is the last line that a blink(1) has. Past it the firmware plays whatever lies there.
const maxLine = 31

// maxWatchdog is the longest time-out. Up to firmware 204 one over 65 s overflows.
const maxWatchdog = 60 * time.Second

// fadeReport lets LEDs fade to a colour; a fade outside of 10 ms to 655.35 s is cut to that.
func fadeReport(c RGB, fade time.Duration, w which) report {
	n := ticks(fade)
	return report{reportID, cmdFade, c.R, c.G, c.B, byte(n >> 8), byte(n), byte(min(w, bottom))}
}

// offReport makes all LEDs dark at once.
func offReport() report { return fadeReport(RGB{}, 0, both) }

// stopReport stops what is played, which stays as it is at this moment. It also clears the count of repeats, which an
// mk2 would keep for its alarm.
func stopReport() report { return report{reportID, cmdPlay} }

// playReport plays the lines from first to last (inclusive, cut to those there are) this often; 0 is for ever. A last
// line of 0 would mean all lines, so line 0 alone cannot be played.
func playReport(first, last, repeats int) report {
	last = min(max(last, 1), maxLine)
	return report{reportID, cmdPlay, 1, byte(min(max(first, 0), last)), byte(last), byte(min(max(repeats, 0), maxRepeats))}
}

// lineReport sets a line, on an mk1 in EEPROM: see report. A line past the last is cut to that.
func lineReport(pos int, c RGB, n uint16) report {
	n = max(n, minTicks)
	return report{reportID, cmdLine, c.R, c.G, c.B, byte(n >> 8), byte(n), linePos(pos)}
}

// blankReport sets a line that is skipped: black, in no time. On an mk1 that is EEPROM, too.
func blankReport(pos int) report {
	return report{reportID, cmdLine, 0, 0, 0, 0, 0, linePos(pos)}
}

func linePos(pos int) byte { return byte(min(max(pos, 0), maxLine)) }

// ledReport says for which LED the next lines are.
func ledReport(w which) report { return report{reportID, cmdLED, byte(min(w, bottom))} }

// watchdogReport arms the watchdog, or tells it that we live: without another such report within the time-out the
// device plays these lines for ever. A time-out outside of 10 ms to 60 s is cut to that. The light stays as it is. An
// mk1 looks for that wish in the low byte of the time, so that byte is never 0.
func watchdogReport(timeout time.Duration, first, last int) report {
	n := ticks(min(timeout, maxWatchdog))
	if n&0xff == 0 {
		n++
	}
	last = min(max(last, 1), maxLine)
	return report{reportID, cmdWatchdog, 1, byte(n >> 8), byte(n), keepLight, byte(min(max(first, 0), last)), byte(last)}
}

// disarmReport disarms the watchdog. The light stays as it is.
func disarmReport() report { return report{reportID, cmdWatchdog, 0, 0, 1, keepLight} }

const keepLight = 1

// The questions. Each is sent, and then the answer fetched.
func readColorReport(w which) report {
	return report{reportID, cmdReadColor, 0, 0, 0, 0, 0, byte(min(w, bottom))}
}
func readLineReport(pos int) report {
	return report{reportID, cmdReadLine, 0, 0, 0, 0, 0, linePos(pos)}
}
func readPlayReport() report { return report{reportID, cmdReadPlay} }
func versionReport() report  { return report{reportID, cmdVersion} }

// command is the letter of a report.
func (r report) command() byte { return r[1] }

// reply is what a device answers: the request, with what was asked for in it. Like a report it has 8 bytes that count.
type reply [9]byte

func (r reply) answers(q report) bool { return r[1] == q[1] }
func (r reply) color() RGB            { return RGB{r[2], r[3], r[4]} }
func (r reply) playing() bool         { return r[2] != 0 }
func (r reply) line() line            { return line{color: r.color(), ticks: uint16(r[5])<<8 | uint16(r[6])} }

// firmware is the version as people write it, "303"; empty if the answer makes no sense.
func (r reply) firmware() string {
	digit := func(b byte) bool { return b >= '0' && b <= '9' }
	if !digit(r[3]) || !digit(r[4]) {
		return ""
	}
	return string([]byte{r[3], '0', r[4]})
}

// ticks is a time as a report carries it, rounded.
func ticks(d time.Duration) uint16 {
	n := d / tick
	if d%tick >= tick/2 {
		n++
	}
	return uint16(min(max(n, minTicks), maxTicks))
}
