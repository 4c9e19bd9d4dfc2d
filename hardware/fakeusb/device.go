package fakeusb

import (
	"context"
	"errors"
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
	Mk4 // one that nobody has seen yet; it behaves as an mk3
)

// Firmware says which firmware a device has.
type Firmware struct {
	Version      int  // 101, 203, 205, 303; 0 is the newest of its model
	ExclusiveEnd bool // the watchdog stops before the last line that it is told, as has been measured on an mk2
}

// Shown is what the LEDs of a device show. A fade counts as finished when it begins.
type Shown struct{ Top, Bottom Color }

// Color is red, green, blue.
type Color [3]uint8

// Moment is when what is shown changed, and to what.
type Moment struct {
	At time.Time
	Shown
}

// Command is a feature report that the firmware was sent: report id, command letter, arguments.
type Command struct {
	At     time.Time
	Raw    string // the bytes as they came
	Letter byte
	Color  Color         // of a 'c'
	Fade   time.Duration // of a 'c'
	LED    uint8         // of a 'c': 0 all, 1 top, 2 bottom
}

// State is all that can be known of a device.
type State struct {
	Shown
	History   []Moment // of what was shown, oldest first; a replug begins anew
	Commands  []Command
	Playing   bool      // it plays lines
	Armed     bool      // its watchdog waits
	Fired     int       // how often the watchdog has
	Overruns  int       // lines that were played and are none: a firmware plays whatever lies there
	Flash     int       // writes to flash, ever
	EEPROM    int       // writes to EEPROM, ever
	Forbidden []Command // that no driver of ours may send: some cannot be undone
}

// Device is a software blink(1). It keeps what it shows only while it is plugged in. Its methods may be called from
// anywhere. Time is that of the package time: in a synctest bubble the bubble's.
type Device struct {
	model    Model
	serial   string
	firmware Firmware

	mu       sync.Mutex
	changed  *sync.Cond
	fw       *firmware
	timer    *time.Timer // for what happens by itself
	history  []Moment
	commands []Command
	before   worn
	plugs    int // how often it was plugged in; what waits from before then is cut off
	broken   bool
	held     bool
}

// worn is what outlives the power.
type worn struct {
	lines           []line // of an mk1
	fired, overruns int
	flash, eeprom   int
	forbidden       []Command
}

// NewDevice makes a blink(1) with the newest firmware, not plugged in. serial has 8 hex digits.
func NewDevice(m Model, serial string) *Device { return NewDeviceWith(m, serial, Firmware{}) }

// NewDeviceWith is NewDevice with another firmware.
func NewDeviceWith(m Model, serial string, f Firmware) *Device {
	if f.Version == 0 {
		f.Version = map[Model]int{Mk1: 101, Mk2: 205, Mk3: 303, Mk4: 401}[m]
	}
	d := &Device{model: m, serial: serial, firmware: f}
	d.changed = sync.NewCond(&d.mu)
	d.boot()
	return d
}

// boot gives it power. Nothing is shown yet.
func (d *Device) boot() {
	if d.fw != nil {
		d.before.add(d.fw)
	}
	d.fw = power(d.model, d.firmware.Version, d.firmware.ExclusiveEnd, d.before.lines)
	d.history = nil
	d.fw.moved = func(at time.Time) { d.history = append(d.history, Moment{at, d.fw.shown()}) }
}

func (f *firmware) shown() Shown { return Shown{f.leds[0].to, f.leds[1].to} }

// add takes over what a firmware leaves behind.
func (w *worn) add(f *firmware) {
	w.fired += f.fired
	w.overruns += f.overruns
	w.flash += f.flash
	w.eeprom += f.eeprom
	w.forbidden = append(w.forbidden, f.forbidden...)
	if f.model == Mk1 {
		w.lines = slices.Clone(f.lines)
	}
}

// now plays what was due, and comes back when something is due again.
func (d *Device) now() time.Time {
	now := time.Now()
	d.fw.advance(now)
	if d.timer != nil {
		d.timer.Stop()
	}
	if at, ok := d.fw.next(); ok {
		d.timer = time.AfterFunc(at.Sub(now), d.wake)
	}
	return now
}

// wake lets time pass.
func (d *Device) wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now()
	d.changed.Broadcast()
}

// State is how it is now.
func (d *Device) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now()
	return d.state()
}

func (d *Device) state() State {
	w := d.before
	w.forbidden = slices.Clone(w.forbidden)
	w.add(d.fw)
	return State{
		Shown: d.fw.shown(), History: slices.Clone(d.history), Commands: slices.Clone(d.commands),
		Playing: d.fw.playing, Armed: d.fw.armed, Fired: w.fired, Overruns: w.overruns,
		Flash: w.flash, EEPROM: w.eeprom, Forbidden: w.forbidden,
	}
}

// Shown is what the LEDs show.
func (d *Device) Shown() Shown { return d.State().Shown }

// Commands are all that the firmware was sent, oldest first.
func (d *Device) Commands() []Command { return d.State().Commands }

// Await waits until a condition holds for what is shown, and all that was sent; false if ctx ended before.
func (d *Device) Await(ctx context.Context, holds func(Shown, []Command) bool) bool {
	return d.AwaitState(ctx, func(s State) bool { return holds(s.Shown, s.Commands) })
}

// AwaitState waits until a condition holds, at any moment and be it for an instant; false if ctx ended before. The
// condition may not call the device.
func (d *Device) AwaitState(ctx context.Context, holds func(State) bool) bool {
	stop := context.AfterFunc(ctx, d.wake)
	defer stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now()
	for !holds(d.state()) {
		if ctx.Err() != nil {
			return false
		}
		d.changed.Wait()
	}
	return true
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

// BrownOut takes its power away for a moment that nobody on the bus notices.
func (d *Device) BrownOut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now()
	d.boot()
	d.now()
	d.changed.Broadcast()
}

func (d *Device) plug() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.plugs++
	d.boot()
	d.changed.Broadcast()
}

// unplug takes its power away.
func (d *Device) unplug() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now()
	d.plugs++
	d.boot()
	if d.timer != nil {
		d.timer.Stop()
	}
	d.changed.Broadcast()
}

// stall is the status of a request that a device refuses (-EPIPE).
const stall = -32

var errStall = errors.New("the device refuses the transfer")

// SetReport sends a feature report to a device without a bus, with the report's id before its 8 bytes.
func (d *Device) SetReport(b []byte) error {
	if d.setReport(b) != 0 {
		return errStall
	}
	return nil
}

// GetReport fetches a feature report from a device without a bus: what it answers to the last one that it was sent.
func (d *Device) GetReport() ([]byte, error) {
	b, status := d.getReport()
	if status != 0 {
		return nil, errStall
	}
	return b, nil
}

// Replug takes the power of a device without a bus away, and gives it back.
func (d *Device) Replug() {
	d.unplug()
	d.plug()
}

// setReport is SET_REPORT of a feature report. b has the report's id before its 8 bytes, as hidapi sends it.
func (d *Device) setReport(b []byte) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.answers() || len(b) < 8 {
		return stall
	}
	now := d.now()
	c := Command{At: now, Raw: string(b), Letter: b[1]}
	if c.Letter == 'c' {
		c.Color, c.LED = Color(b[2:5]), b[7]
		c.Fade = time.Duration(int(b[5])<<8|int(b[6])) * tick
	}
	d.commands = append(d.commands, c)
	d.fw.set(now, c)
	d.now()
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
	return slices.Clone(d.fw.reply[:]), 0
}

// darken is what the kernel's hid-led does when it lets go of a device: six times black, on an mk1 three times.
func (d *Device) darken() {
	for i := range 6 {
		if d.model == Mk1 && i >= 3 {
			return
		}
		d.setReport([]byte{1, 'c', 0, 0, 0, 0, 1, byte(i%2 + 1), 0})
	}
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
