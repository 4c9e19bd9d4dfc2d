package hardware

import (
	"cmp"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatefold/hardware/fakeusb"
)

// wallClock is the real clock, or the bubble's in synctest.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	timer := time.NewTimer(d)
	return timer.C, timer.Stop
}

// fakeBus is a bus of fakes. It and its devices may be used by one goroutine only, which it checks, and by the test
// while everything waits.
type fakeBus struct {
	t        *testing.T
	plugged  []*fakeDevice
	searches []time.Time
	opened   int           // handles that are open
	swapped  *fakeDevice   // is in the port of whatever is opened: it was put there since devices were looked for
	owner    string        // the goroutine
	test     atomic.Uint32 // what the test did before it let time pass is seen by the owner (synctest orders time, not memory)
}

// fakeDevice is a blink(1) without wires: a model of the firmware, and what may be wrong with the way to it.
type fakeDevice struct {
	*fakeusb.Device
	info    Info
	refuse  bool                          // cannot be opened
	broken  bool                          // every transfer fails
	failing int                           // so many do
	lasts   int                           // the transfer that is this many ahead fails, and all that follow; 0 is none
	gone    bool                          // pulled out
	frozen  atomic.Pointer[chan struct{}] // transfers wait for it to be closed
	lies    bool                          // answers nonsense
	sent    []sent                        // since it was plugged in
	probes  int
	opens   int
}

type sent struct {
	at time.Time
	r  report
}

var errFake = errors.New("fake: it fails")

// mine is called first by every method that the owner calls.
func (b *fakeBus) mine() {
	b.test.Load()
	stack := make([]byte, 64)
	id, _, _ := strings.Cut(string(stack[:runtime.Stack(stack, false)]), " [")
	if b.owner == "" {
		b.owner = id
	}
	if b.owner != id {
		b.t.Errorf("the device is used by %s and by %s", b.owner, id)
	}
}

func (b *fakeBus) find() ([]Info, error) {
	b.mine()
	b.searches = append(b.searches, time.Now())
	var found []Info
	for _, d := range b.plugged {
		found = append(found, d.info)
	}
	slices.SortFunc(found, func(a, b Info) int { return cmp.Compare(a.Serial, b.Serial) })
	return found, nil
}

func (b *fakeBus) open(i Info) (device, error) {
	b.mine()
	if b.swapped != nil {
		b.opened++
		b.swapped.opens++
		return &fakeHandle{bus: b, dev: b.swapped}, nil
	}
	for _, d := range b.plugged {
		if d.info == i && !d.refuse {
			b.opened++
			d.opens++
			return &fakeHandle{bus: b, dev: d}, nil
		}
	}
	return nil, errFake
}

type fakeHandle struct {
	bus    *fakeBus
	dev    *fakeDevice
	closed bool
}

func (h *fakeHandle) transfer() error {
	if h.closed {
		h.bus.t.Error("a closed handle is used: in C this is a crash")
	}
	if wait := h.dev.frozen.Load(); wait != nil {
		<-*wait
	}
	if h.dev.lasts > 0 {
		if h.dev.lasts--; h.dev.lasts == 0 {
			h.dev.broken = true
		}
	}
	if h.dev.failing > 0 {
		h.dev.failing--
		return errFake
	}
	if h.dev.broken || h.dev.gone {
		return errFake
	}
	return nil
}

func (h *fakeHandle) send(r report) error {
	h.bus.mine()
	if err := h.transfer(); err != nil {
		return err
	}
	h.dev.sent = append(h.dev.sent, sent{time.Now(), r})
	return h.dev.SetReport(r[:])
}

func (h *fakeHandle) ask(q report) (reply, error) {
	if err := h.send(q); err != nil {
		return reply{}, err
	}
	b, err := h.dev.GetReport()
	a := reply{}
	copy(a[:], b)
	if h.dev.lies && q.command() != cmdVersion {
		a[2] ^= 0xff
	}
	return a, err
}

func (h *fakeHandle) alive() error {
	h.bus.mine()
	h.dev.probes++
	return h.transfer()
}

func (h *fakeHandle) close() error {
	h.bus.mine()
	if h.closed {
		h.bus.t.Error("a handle is closed twice")
	}
	h.closed = true
	h.bus.opened--
	return nil
}

// fake is a blink(1) of a model, with the firmware of this version (0: the newest), in the first port.
func fake(m fakeusb.Model, version int, serial string) *fakeDevice {
	info := Info{Serial: serial, Path: "1-1:1.0", Release: map[fakeusb.Model]uint16{1: releaseMk1, 2: releaseMk2, 3: releaseMk3, 4: 0x0102}[m]}
	info.Model = model(info.Release, serial)
	return &fakeDevice{Device: fakeusb.NewDeviceWith(m, serial, fakeusb.Firmware{Version: version}), info: info}
}

func mk1(serial string) *fakeDevice { return fake(fakeusb.Mk1, 0, serial) }
func mk2(serial string) *fakeDevice { return fake(fakeusb.Mk2, 0, serial) }
func mk3(serial string) *fakeDevice { return fake(fakeusb.Mk3, 0, serial) }

// freeze lets every transfer hang, as if whoever drives it was dead or stopped; thaw ends that.
func (d *fakeDevice) freeze() {
	wait := make(chan struct{})
	d.frozen.Store(&wait)
}

func (d *fakeDevice) thaw() { close(*d.frozen.Swap(nil)) }

// shows says whether both LEDs show a colour, or are on their way to it.
func (d *fakeDevice) shows(c RGB) bool {
	s := d.Shown()
	return s.Top == fakeusb.Color{c.R, c.G, c.B} && s.Bottom == s.Top
}

// unplug takes a device off the bus.
func (b *fakeBus) unplug(d *fakeDevice) {
	d.gone = true
	d.Replug()
	b.plugged = slices.DeleteFunc(b.plugged, func(o *fakeDevice) bool { return o == d })
}

// plug puts it back, dark and empty.
func (b *fakeBus) plug(d *fakeDevice) {
	d.gone, d.sent = false, nil
	b.plugged = append(b.plugged, d)
}

// spared fails the test if a device came to harm.
func (d *fakeDevice) spared(t *testing.T) {
	t.Helper()
	if s := d.State(); s.Flash != 0 || s.EEPROM != 0 || s.Overruns != 0 || len(s.Forbidden) != 0 {
		t.Errorf("%s: %d writes to flash, %d to EEPROM, %d lines past the last, and %q", d.info.Serial, s.Flash, s.EEPROM, s.Overruns, s.Forbidden)
	}
}

// rig is a blink(1) light on a fake bus inside a bubble.
type rig struct {
	*Blink1
	bus      *fakeBus
	statuses []Status
}

// bubble runs body with a light on a bus in synctest, and closes it. Then what it had open is dark, disarmed and unharmed.
func bubble(t *testing.T, serial string, devices []*fakeDevice, body func(t *testing.T, r *rig)) {
	t.Helper()
	bubbleWith(t, Blink1Options{Serial: serial}, devices, body)
}

func bubbleWith(t *testing.T, o Blink1Options, devices []*fakeDevice, body func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{bus: &fakeBus{t: t, plugged: devices}}
		o.Clock = wallClock{}
		o.Changed = func(s Status) { r.statuses = append(r.statuses, s) }
		var err error
		r.Blink1, err = openBlink1(o, r.bus, newSysfs(t.TempDir(), t.TempDir()), true)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		body(t, r)
		r.Close()
		synctest.Wait()
		if r.bus.opened != 0 {
			t.Errorf("%d handles were left open", r.bus.opened)
		}
		for _, d := range r.bus.plugged {
			d.spared(t)
			if s := d.State(); d.opens > 0 && !d.broken && !d.refuse && (!d.shows(RGB{}) || s.Armed || s.Playing) {
				t.Errorf("after Close %s shows %v, armed %v, playing %v", d.info.Serial, s.Shown, s.Armed, s.Playing)
			}
		}
		for _, s := range r.statuses {
			if !slices.Contains(States(), s.State) || s.Connected != (s.State == StateConnected) {
				t.Errorf("status %+v has no true state", s)
			}
		}
	})
}

// show shows a frame and waits until the light has nothing more to do.
func (r *rig) show(f Frame) {
	r.Show(f)
	synctest.Wait()
}

// after lets time pass.
func (r *rig) after(d time.Duration) {
	r.bus.test.Add(1)
	pass(d)
}

// pass lets time pass, for lights without a bus.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

var (
	red   = RGB{255, 0, 0}
	green = RGB{0, 128, 0}
	blue  = RGB{0, 0, 255}
)

func steady(c RGB) Frame { return Both(LED{Color: c}) }
