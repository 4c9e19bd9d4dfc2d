package hardware

import "time"

// The dead-man's light. A blink(1) has a watchdog: if it is not told that we live for a while, it plays some of its
// pattern lines by itself, for ever. It is armed from when a device is opened until Close, and told every heartbeat. It
// has one shot: after that it must be armed anew, and the lines play on until they are stopped.
const (
	// AlarmAfter is how long after the last heartbeat the alarm shows. A heartbeat can be late by a hanging transfer
	// (1 s) and what a loaded machine adds, and none of that is death.
	AlarmAfter = 8 * time.Second
	// HeartbeatEvery is how often a device is told that we live. That is also how soon one that was pulled out is
	// noticed while its light is steady.
	HeartbeatEvery = 2 * time.Second
)

// The alarm lies in the last four lines. Every second the light flashes red for 0.15 s: no light that means something
// else is lit so shortly, so it is known without its colour, too.
//
// Of the last line that the watchdog is to play, firmwares think differently: some play it, some stop before it. So it
// adds but 10 ms to the dark, which is there without it.
const (
	alarmFirst = 28
	alarmLast  = 31
)

// alarmLines are the lines from alarmFirst to alarmLast. A line is a fade: the dark comes at once, and is then held.
func alarmLines() []line {
	red := RGB{0xff, 0, 0}
	return []line{{red, 15, both}, {RGB{}, 1, both}, {RGB{}, 83, both}, {RGB{}, 1, both}}
}

// linesMk1 is how many lines an mk1 has. Its watchdog plays all of them.
const linesMk1 = 12

// alarmLinesMk1 are the lines of an mk1 whose watchdog is to show the alarm.
func alarmLinesMk1() []line {
	var lines []line
	for len(lines) < linesMk1 {
		lines = append(lines, line{RGB{0xff, 0, 0}, 15, both}, line{RGB{}, 1, both}, line{RGB{}, 84, both})
	}
	return lines
}
