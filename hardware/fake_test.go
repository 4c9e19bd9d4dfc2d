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
	owner    string        // the goroutine
	test     atomic.Uint32 // what the test did before it let time pass is seen by the owner (synctest orders time, not memory)
}

// fakeDevice is a blink(1) without wires.
type fakeDevice struct {
	info     Info
	refuse   bool          // cannot be opened
	broken   bool          // every transfer fails
	gone     bool          // pulled out
	hang     chan struct{} // transfers wait for it to be closed
	sent     []sent
	probes   int
	top, bot RGB
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
	for _, d := range b.plugged {
		if d.info == i && !d.refuse {
			b.opened++
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
	if h.dev.hang != nil {
		<-h.dev.hang
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
	c := RGB{r[2], r[3], r[4]}
	if r[7] != byte(bottom) {
		h.dev.top = c
	}
	if r[7] != byte(top) {
		h.dev.bot = c
	}
	return nil
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

func mk2(serial string) *fakeDevice {
	return &fakeDevice{info: Info{Serial: serial, Model: "blink(1) mk2", Path: "1-1:1.0", Release: releaseMk2}}
}

// unplug takes a device off the bus.
func (b *fakeBus) unplug(d *fakeDevice) {
	d.gone, d.top, d.bot = true, RGB{}, RGB{}
	b.plugged = slices.DeleteFunc(b.plugged, func(o *fakeDevice) bool { return o == d })
}

// plug puts it back, dark and empty.
func (b *fakeBus) plug(d *fakeDevice) {
	d.gone, d.sent = false, nil
	b.plugged = append(b.plugged, d)
}

// rig is a blink(1) light on a fake bus inside a bubble.
type rig struct {
	*Blink1
	bus      *fakeBus
	statuses []Status
}

// bubble runs body with a light on a bus in synctest, and closes it.
func bubble(t *testing.T, serial string, devices []*fakeDevice, body func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{bus: &fakeBus{t: t, plugged: devices}}
		o := Blink1Options{Serial: serial, Options: Options{Clock: wallClock{}, Changed: func(s Status) { r.statuses = append(r.statuses, s) }}}
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
