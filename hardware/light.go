// Package hardware turns a Frame (what both LEDs of a blink(1) should show, each a steady colour or a rhythm)
// into light: on a blink(1) over USB HID, painted in a terminal, or nowhere.
//
// It promises that
//   - Show never blocks: the latest frame wins, and a frame that is shown already costs nothing;
//   - only changes reach the device, and only commands from a short list (frame.go): nothing here can write flash,
//     start a boot loader or lock a device;
//   - one goroutine owns a device's handle, from looking for it to closing it. A light that is not plugged in, is
//     pulled out or fails is looked for until Close, and then shows the latest frame;
//   - after Close the light is dark; Close returns within CloseWait even if a transfer hangs;
//   - Status says what is true, and why if it is not good, in words that tell a person what to do.
//
// The parts: light.go the types, clock.go time, owner.go the mailbox and status that every light has, rhythm.go when an
// LED is lit, frame.go the USB reports, sequence.go which of them are due, blink1.go the goroutine that owns a device,
// usb.go the driver below it, model.go which blink(1) it is, sysfs.go what the kernel knows, hint.go advice, terminal.go and paint.go the terminal,
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
	Connected bool   // frames reach it
	Serial    string // of the device that is connected, "2000abcd"; empty if none is
	Model     string // "blink(1) mk2"; empty if none is connected
	Changes   uint64 // frames that it has shown, counting neither repeats nor the beats of a rhythm
	Err       string // why it is not connected, and what to do about that; empty if it is
}

// Options are what every light takes.
type Options struct {
	Clock   Clock        // required
	Changed func(Status) // called when Connected, Serial, Changes or Err changes, one call at a time; must not block; may be nil
}

// CloseWait bounds Close. A USB transfer that hangs is given up by libusb after 1 s.
const CloseWait = 1250 * time.Millisecond

// None is the light that shows nothing.
func None() Light { return none{} }

type none struct{}

func (none) Show(Frame)     {}
func (none) Close() error   { return nil }
func (none) Status() Status { return Status{Name: "none"} }

var (
	_ Light = none{}
	_ Light = (*Blink1)(nil)
	_ Light = (*Terminal)(nil)

	_ Reporter = none{}
	_ Reporter = (*Blink1)(nil)
	_ Reporter = (*Terminal)(nil)
)
