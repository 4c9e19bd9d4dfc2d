// Package hardware turns a Frame (what both LEDs of a blink(1) should show, each a steady colour or a rhythm)
// into light: on a blink(1) over USB HID, painted in a terminal, or nowhere.
//
// It promises that
//   - Show never blocks: the latest frame wins, and a frame that is shown already costs nothing;
//   - only changes reach the device, and only commands from a short list (frame.go): nothing here can write flash,
//     start a boot loader or lock a device;
//   - one goroutine owns a device's handle, from looking for it to closing it. A light that is not plugged in, is
//     pulled out or fails is looked for until Close, and then shows the latest frame;
//   - the light of a dead or hanging program says so: a blink(1)'s own watchdog is armed for as long as it is ours, and
//     turns it to an alarm within AlarmAfter of the last sign of life (alarm.go). Nothing is written to flash or EEPROM
//     for that, but by WriteAlarm;
//   - after Close the light is dark and its watchdog disarmed; Close returns within CloseWait even if a transfer hangs;
//   - Status says what is true, and why if it is not good, in words that tell a person what to do.
//
// The parts: light.go the types, clock.go time, owner.go the mailbox and status that every light has, rhythm.go and
// pattern.go what an LED shows when, score.go both, frame.go the USB reports, sequence.go which of them are due,
// program.go a pattern that the device plays by itself, alarm.go the dead-man's light, blink1.go the goroutine that owns
// a device, session.go what it does with one, usb.go the driver below it, model.go which blink(1) it is, sysfs.go what the
// kernel knows, diagnose.go and hint.go what is in the way and advice, terminal.go and paint.go the terminal,
// colorname.go what a colour is called, words.go a frame in words. The folder fakeusb is a USB bus for tests.
package hardware

import "time"

// RGB is a colour as the LED gets it, after brightness was applied. The zero value is dark.
type RGB struct{ R, G, B uint8 }

// LED is what one LED shows.
type LED struct {
	Color RGB
	// Fade is how long the change to Color takes: 10 ms to 655.35 s, cut to that. In a rhythm it is at most a quarter
	// of the period, so that colour and dark are both reached.
	Fade time.Duration
	// Every is the period of a rhythm: for half of it Color, for half dark, beginning with Color. Zero or less is
	// steady; a period under 100 ms is taken as 100 ms.
	Every time.Duration
	// Pattern is played in place of all the others; of its lines those that are for this LED.
	Pattern Pattern
}

// Frame is what a light shows: both LEDs of a blink(1). Where the two are equal they change together; a light
// with one LED shows Top.
type Frame struct{ Top, Bottom LED }

// Both is a frame with the same on both LEDs.
func Both(l LED) Frame { return Frame{Top: l, Bottom: l} }

// Light shows frames.
type Light interface {
	// Show makes f what is shown. It never blocks; the latest frame wins. After Close it does nothing.
	Show(f Frame)
	// Close makes the light dark and releases it. It returns within CloseWait, with an error if the light may not be
	// dark. Calling it again waits for the same end.
	Close() error
}

// Reporter is a Light that can say how it is. Every light of this package is one.
type Reporter interface{ Status() Status }

// State says which of a few things is true of a light.
type State string

// The states. Those of a blink(1) that is not connected say what is in the way.
const (
	StateConnected   State = "connected"
	StateAbsent      State = "absent"      // none is plugged in
	StateOther       State = "other"       // another blink(1) is, not the one with the serial that is wanted
	StateBusy        State = "busy"        // another program holds it
	StateForbidden   State = "forbidden"   // we may not open its device node
	StateHidden      State = "hidden"      // the kernel sees it and libusb does not: AF_NETLINK or /dev/bus/usb is denied
	StateSilent      State = "silent"      // it is open and does not answer
	StateUnsupported State = "unsupported" // this build has no USB
	StateNone        State = "none"        // no light is wanted
)

// States is the closed set of them.
func States() []State {
	return []State{StateConnected, StateAbsent, StateOther, StateBusy, StateForbidden, StateHidden, StateSilent, StateUnsupported, StateNone}
}

// Status is how a light is at a moment.
type Status struct {
	State     State
	Name      string // as in the config: "usb", "usb:2000abcd", "terminal", "none"
	Connected bool   // it is there and answers: frames reach it, or its watchdog shows the alarm
	Serial    string // of the device that is connected, "2000abcd"; empty if none is
	Model     string // "blink(1) mk2"; empty if none is connected
	Firmware  string // "303"; empty if none is connected or it does not say
	Path      string // where it is plugged in, "1-1.2:1.0"; empty if none is connected
	Watchdog  bool   // its watchdog is armed: if we die, it shows the alarm by itself. With Alarm it may do so already
	Alarm     bool   // Alive says no: nothing is sent, so that the device turns to the alarm
	Changes   uint64 // frames that it has shown, counting neither repeats nor the beats of a rhythm
	Restored  uint64 // how often a device that stayed connected was begun with anew, because it had lost its memory or its watchdog had fired
	Err       string // why it is not connected, and what to do about that; empty if it is
}

// Options are what every light takes.
type Options struct {
	Clock   Clock        // required
	Changed func(Status) // called when anything in Status changes, one call at a time; must not block; may be nil
	// Alive is asked before each heartbeat to a device's watchdog, every HeartbeatEvery: while it says no, the device is
	// left to turn to the alarm, as if the program had died. It must not block; nil is always yes. A light without a
	// watchdog does not ask.
	Alive func() bool
}

// CloseWait bounds Close. A USB transfer that hangs is given up by libusb after 1 s.
const CloseWait = 1250 * time.Millisecond

// None is the light that shows nothing.
func None() Light { return none{} }

type none struct{}

func (none) Show(Frame)     {}
func (none) Close() error   { return nil }
func (none) Status() Status { return Status{State: StateNone, Name: "none"} }

var (
	_ Light = none{}
	_ Light = (*Blink1)(nil)
	_ Light = (*Terminal)(nil)

	_ Reporter = none{}
	_ Reporter = (*Blink1)(nil)
	_ Reporter = (*Terminal)(nil)
)
