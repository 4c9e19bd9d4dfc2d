package hardware

import "time"

// report is one HID feature report as it is sent to a blink(1): report id 1, a command letter, its arguments. The
// official libraries send 9 bytes for the 8 that the firmware reads.
//
// Some commands of a blink(1) cannot be undone: 'G' starts the boot loader, 'L' locks it for good, 'W', 'B', 'E' and
// 'F' wear out its flash. So reports are made in this file only, one function for each command that we use, and the
// device seam takes a report and not bytes. A test holds this up.
type report [9]byte

const (
	reportID = 1
	cmdFade  = 'c' // r g b, time in 10 ms (16 bit, big endian), LED; it also stops a playing pattern
)

// which addresses LEDs in a report.
type which uint8

const (
	both which = iota
	top
	bottom
)

// The time of a fade counts in ticks. Never 0: firmwares differ in what they make of it.
const (
	tick     = 10 * time.Millisecond
	minTicks = 1
	maxTicks = 1<<16 - 1
)

// fadeReport lets LEDs fade to a colour; a fade outside of 10 ms to 655.35 s is cut to that.
func fadeReport(c RGB, fade time.Duration, w which) report {
	n := ticks(fade)
	return report{reportID, cmdFade, c.R, c.G, c.B, byte(n >> 8), byte(n), byte(min(w, bottom))}
}

// offReport makes all LEDs dark at once.
func offReport() report { return fadeReport(RGB{}, 0, both) }

// ticks is a time as a report carries it, rounded.
func ticks(d time.Duration) uint16 {
	n := d / tick
	if d%tick >= tick/2 {
		n++
	}
	return uint16(min(max(n, minTicks), maxTicks))
}
