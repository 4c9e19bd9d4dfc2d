package fakeusb

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Model is a generation of the blink(1).
type Model int

// The models.
const (
	Mk1 Model = 1 + iota // one LED
	Mk2
	Mk3
)

// Color is red, green, blue.
type Color [3]uint8

// Shown is what the LEDs of a device show. A fade counts as finished when it begins.
type Shown struct{ Top, Bottom Color }

// Command is a feature report that the firmware was sent: report id, command letter, arguments.
type Command struct {
	Raw    string // the bytes as they came
	Letter byte
	Color  Color         // of a 'c'
	Fade   time.Duration // of a 'c'
	LED    uint8         // of a 'c': 0 all, 1 top, 2 bottom
}

// Device is a software blink(1). It keeps what it shows only while it is plugged in. Its methods may be called from
// anywhere.
type Device struct {
	model  Model
	serial string

	mu       sync.Mutex
	changed  *sync.Cond
	shown    Shown
	commands []Command
	reply    [8]byte
	plugs    int // how often it was plugged in; what waits from before then is cut off
	broken   bool
	held     bool
}

// NewDevice makes a blink(1) that is not plugged in. serial has 8 hex digits.
func NewDevice(m Model, serial string) *Device {
	d := &Device{model: m, serial: serial}
	d.changed = sync.NewCond(&d.mu)
	return d
}

// Shown is what the LEDs show.
func (d *Device) Shown() Shown {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shown
}

// Commands are all that the firmware was sent, oldest first.
func (d *Device) Commands() []Command {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.commands)
}

// Await waits until a condition holds for what is shown, and all that was sent; false if ctx ended before.
func (d *Device) Await(ctx context.Context, holds func(Shown, []Command) bool) bool {
	stop := context.AfterFunc(ctx, d.notify)
	defer stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	for !holds(d.shown, d.commands) {
		if ctx.Err() != nil {
			return false
		}
		d.changed.Wait()
	}
	return true
}

func (d *Device) notify() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changed.Broadcast()
}

// Break makes every transfer to the firmware fail from now on, or work again.
func (d *Device) Break(yes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = yes
}

// Hold leaves every transfer to the firmware without an answer from now on, or answers again.
func (d *Device) Hold(yes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = yes
	d.changed.Broadcast()
}

func (d *Device) plug() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.plugs++
}

// unplug takes its power away.
func (d *Device) unplug() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.plugs++
	d.shown = Shown{}
	d.reply = [8]byte{}
	d.changed.Broadcast()
}

// stall is the status of a request that a device refuses (-EPIPE).
const stall = -32

// setReport is SET_REPORT of a feature report. b has the report's id before its 8 bytes, as hidapi sends it.
func (d *Device) setReport(b []byte) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.answers() || len(b) < 8 {
		return stall
	}
	copy(d.reply[:], b) // every firmware pre-loads its answer with the request
	c := Command{Raw: string(b), Letter: b[1]}
	switch c.Letter {
	case 'c':
		c.Color, c.LED = Color(b[2:5]), b[7]
		c.Fade = time.Duration(int(b[5])<<8|int(b[6])) * 10 * time.Millisecond
		if c.LED != 2 || d.model == Mk1 {
			d.shown.Top = c.Color
		}
		if c.LED != 1 || d.model == Mk1 {
			d.shown.Bottom = c.Color
		}
	case 'v':
		d.reply[3], d.reply[4] = byte('0'+d.model), '3'
	}
	d.commands = append(d.commands, c)
	d.changed.Broadcast()
	return 0
}

// getReport is GET_REPORT of a feature report.
func (d *Device) getReport() ([]byte, int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.answers() {
		return nil, stall
	}
	return slices.Clone(d.reply[:]), 0
}

// answers waits while the device is held, and says whether it answers at all.
func (d *Device) answers() bool {
	for at := d.plugs; d.held; d.changed.Wait() {
		if d.plugs != at {
			return false
		}
	}
	return !d.broken
}
