//go:build fakeusb

// These tests drive a blink(1) through the real karalabe/hid, hidapi and libusb, and look at what the firmware shows.
// Each runs in a process of its own, with the fake bus preloaded: libusb lives as long as its process.
package fakeusb_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatefold/hardware"
	"gatefold/hardware/fakeusb"
)

// library is what the tests preload. A child process has it in its environment.
var library string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if !hardware.USBSupported() {
		fmt.Fprintln(os.Stderr, "the fakeusb tests need cgo: install gcc and run them with CGO_ENABLED=1")
		return 1
	}
	if os.Getenv(childEnv) != "" {
		return child()
	}
	if os.Getenv("FAKEUSB_ROOT") != "" {
		return m.Run()
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil { // they wait more than they work
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "fakeusb")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if library, err = fakeusb.Compile(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// onBus runs body in a child process that sees an empty USB bus, with this in its environment besides.
func onBus(t *testing.T, hotplug bool, body func(t *testing.T, bus *fakeusb.Bus), env ...string) {
	t.Helper()
	if root := os.Getenv("FAKEUSB_ROOT"); root != "" {
		bus, err := fakeusb.NewBus(root, hotplug)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(bus.Close)
		body(t, bus)
		return
	}
	t.Parallel()
	root, err := os.MkdirTemp(filepath.Dir(library), "bus") // short: sockets lie in it; anew for each of -count
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	child.Env = slices.Concat(os.Environ(), fakeusb.Env(library, root), env)
	var out strings.Builder
	child.Stdout, child.Stderr = &out, &out
	if err := fakeusb.Start(child); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err != nil || !strings.Contains(out.String(), "--- PASS: "+t.Name()) {
		t.Fatalf("on the fake bus: %v\n%s", err, out.String())
	}
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	timer := time.NewTimer(d)
	return timer.C, timer.Stop
}

var (
	red   = fakeusb.Color{255, 0, 0}
	green = fakeusb.Color{0, 128, 0}
	dark  = fakeusb.Color{}
)

func steady(c fakeusb.Color) hardware.Frame {
	return hardware.Both(hardware.LED{Color: hardware.RGB{R: c[0], G: c[1], B: c[2]}})
}

// open opens a light, and gives its statuses.
func open(t *testing.T, bus *fakeusb.Bus, serial string) (*hardware.Blink1, chan hardware.Status) {
	t.Helper()
	seen := make(chan hardware.Status, 1000)
	b, err := hardware.OpenBlink1(hardware.Blink1Options{
		Options: hardware.Options{Clock: wallClock{}, Changed: func(s hardware.Status) { seen <- s }},
		Serial:  serial, SysRoot: bus.SysRoot(), DevRoot: bus.DevRoot(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b, seen
}

func plug(t *testing.T, bus *fakeusb.Bus, m fakeusb.Model, serial string) *fakeusb.Device {
	t.Helper()
	d := fakeusb.NewDevice(m, serial)
	if err := bus.Plug("1-1", d); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { spared(t, d) })
	return d
}

func await(t *testing.T, d *fakeusb.Device, what string, holds func(fakeusb.Shown, []fakeusb.Command) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if !d.Await(ctx, holds) {
		t.Fatalf("waited for %s; the device shows %v after %q", what, d.Shown(), d.Commands())
	}
}

func awaitColor(t *testing.T, d *fakeusb.Device, c fakeusb.Color) {
	t.Helper()
	awaitState(t, d, fmt.Sprint(c), func(s fakeusb.State) bool { return s.Shown == fakeusb.Shown{Top: c, Bottom: c} && !s.Playing })
}

func awaitState(t *testing.T, d *fakeusb.Device, what string, holds func(fakeusb.State) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	defer cancel()
	if !d.AwaitState(ctx, holds) {
		t.Fatalf("waited for %s; the device is %+v", what, d.State())
	}
}

// fades are the colours that a device was told.
func fades(d *fakeusb.Device) []fakeusb.Command {
	return slices.DeleteFunc(d.Commands(), func(c fakeusb.Command) bool { return c.Letter != 'c' })
}

// spared fails the test if a device came to harm.
func spared(t *testing.T, d *fakeusb.Device) {
	t.Helper()
	if s := d.State(); s.Flash != 0 || s.EEPROM != 0 || s.Overruns != 0 || len(s.Forbidden) != 0 {
		t.Errorf("%d writes to flash, %d to EEPROM, %d lines past the last, and %q", s.Flash, s.EEPROM, s.Overruns, s.Forbidden)
	}
}

func awaitStatus(t *testing.T, seen chan hardware.Status, what string, holds func(hardware.Status) bool) hardware.Status {
	t.Helper()
	limit := time.After(15 * time.Second)
	for {
		select {
		case s := <-seen:
			if holds(s) {
				return s
			}
		case <-limit:
			t.Fatalf("no status with %s", what)
		}
	}
}

func connected(s hardware.Status) bool { return s.Connected }

func errHas(words string) func(hardware.Status) bool {
	return func(s hardware.Status) bool { return !s.Connected && strings.Contains(s.Err, words) }
}

func isState(is hardware.State) func(hardware.Status) bool {
	return func(s hardware.Status) bool { return s.State == is }
}

func TestEveryModelShowsColours(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		for model, serial := range map[fakeusb.Model]string{fakeusb.Mk1: "1A001234", fakeusb.Mk2: "20001234", fakeusb.Mk3: "3000abcd"} {
			d := plug(t, bus, model, serial)
			b, seen := open(t, bus, strings.ToUpper(serial))
			b.Show(hardware.Frame{
				Top:    hardware.LED{Color: hardware.RGB{R: 255}, Fade: 500 * time.Millisecond},
				Bottom: hardware.LED{Color: hardware.RGB{G: 128}},
			})
			want := fakeusb.Shown{Top: red, Bottom: green}
			if model == fakeusb.Mk1 {
				want.Bottom = red
			}
			await(t, d, "both LEDs", func(s fakeusb.Shown, _ []fakeusb.Command) bool { return s == want })
			if fade := fades(d)[0].Fade; fade != 500*time.Millisecond {
				t.Errorf("mk%d: top fades over %v", model, fade)
			}
			s := awaitStatus(t, seen, "a connection", connected)
			if s.Serial != strings.ToLower(serial) || s.Model != fmt.Sprintf("blink(1) mk%d", model) || s.Err != "" {
				t.Errorf("mk%d: status %+v", model, s)
			}
			if err := b.Close(); err != nil {
				t.Errorf("mk%d: close: %v", model, err)
			}
			if d.Shown() != (fakeusb.Shown{}) {
				t.Errorf("mk%d: after Close it shows %v", model, d.Shown())
			}
			if err := bus.Unplug("1-1"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRepeatedFrameSendsNothing(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001234")
		b, _ := open(t, bus, "")
		b.Show(steady(red))
		awaitColor(t, d, red)
		for range 100 {
			b.Show(steady(red))
		}
		b.Show(steady(green))
		awaitColor(t, d, green)
		if n := len(fades(d)); n != 2 {
			t.Errorf("two colours took %d commands: %q", n, fades(d))
		}
	})
}

func TestRhythm(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk3, "3000abcd")
		b, _ := open(t, bus, "")
		b.Show(hardware.Both(hardware.LED{Color: hardware.RGB{R: 255}, Every: 100 * time.Millisecond}))
		awaitState(t, d, "three beats", func(s fakeusb.State) bool { return len(s.History) >= 6 })
		for i, c := range fades(d)[:6] {
			if want := []fakeusb.Color{red, dark}[i%2]; c.Letter != 'c' || c.Color != want || c.LED != 0 {
				t.Errorf("beat %d is %q, want %v", i, c, want)
			}
		}
		b.Show(steady(green))
		awaitColor(t, d, green)
	})
}

func TestUnplugAndReplug(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001234")
		b, seen := open(t, bus, "")
		b.Show(steady(red))
		awaitColor(t, d, red)
		awaitStatus(t, seen, "the frame", func(s hardware.Status) bool { return s.Changes == 1 })

		if err := bus.Unplug("1-1"); err != nil {
			t.Fatal(err)
		}
		awaitStatus(t, seen, "the loss, though nothing was to be sent", errHas("unplugged"))
		if s := awaitStatus(t, seen, "no blink(1)", errHas("no blink(1) is plugged in")); s.State != hardware.StateAbsent {
			t.Errorf("status %+v", s)
		}
		if err := bus.Plug("1-2", d); err != nil { // another port
			t.Fatal(err)
		}
		awaitColor(t, d, red)
		awaitStatus(t, seen, "a connection", connected)

		if err := bus.Unplug("1-2"); err != nil {
			t.Fatal(err)
		}
		other := fakeusb.NewDevice(fakeusb.Mk1, "1A005678") // another blink(1) in the same port
		if err := bus.Plug("1-2", other); err != nil {
			t.Fatal(err)
		}
		awaitColor(t, other, red)
		if s := awaitStatus(t, seen, "a connection", connected); s.Serial != "1a005678" || s.Changes != 1 {
			t.Errorf("status %+v", s)
		}
	})
}

func TestUnplugDuringATransfer(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001234")
		b, seen := open(t, bus, "20001234")
		b.Show(steady(red))
		awaitColor(t, d, red)
		d.Hold(true)
		b.Show(steady(green))
		if err := bus.Unplug("1-1"); err != nil {
			t.Fatal(err)
		}
		awaitStatus(t, seen, "the loss", errHas("unplugged"))
		d.Hold(false)
		if err := bus.Plug("1-1", d); err != nil {
			t.Fatal(err)
		}
		awaitColor(t, d, green)
	})
}

func TestFailingDeviceIsOpenedAgain(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001234")
		b, seen := open(t, bus, "")
		b.Show(steady(red))
		awaitColor(t, d, red)
		d.Break(true)
		b.Show(steady(green))
		awaitStatus(t, seen, "the loss", errHas("lost"))
		if s := awaitStatus(t, seen, "silence", errHas("does not answer")); s.State != hardware.StateSilent {
			t.Errorf("status %+v", s)
		}
		d.Break(false)
		awaitColor(t, d, green)
	})
}

func TestCloseWhileATransferHangs(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001234")
		b, _ := open(t, bus, "")
		b.Show(steady(red))
		awaitColor(t, d, red)
		d.Hold(true)
		b.Show(steady(green))
		began := time.Now()
		err := b.Close()
		if took := time.Since(began); took > 2*hardware.CloseWait {
			t.Errorf("Close took %v", took)
		}
		if err == nil || !strings.Contains(err.Error(), "may not be dark") {
			t.Errorf("Close says %v", err)
		}
		d.Hold(false)
	})
}

func TestTwoHolders(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001234")
		first, _ := open(t, bus, "")
		first.Show(steady(red))
		awaitColor(t, d, red)
		second, seen := open(t, bus, "")
		second.Show(steady(green))
		if s := awaitStatus(t, seen, "the holder", errHas("another program holds it")); s.State != hardware.StateBusy {
			t.Errorf("status %+v", s)
		}
		if got := d.Shown().Top; got != red {
			t.Errorf("the second holder disturbed the first: %v", got)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		awaitColor(t, d, green)
	})
}

func TestWithoutPermission(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001234")
		if err := bus.Allow("1-1", false); err != nil {
			t.Fatal(err)
		}
		b, seen := open(t, bus, "20001234") // libusb cannot read it, the kernel can
		b.Show(steady(red))
		if s := awaitStatus(t, seen, "the refusal", errHas("open blink(1) 20001234")); s.State != hardware.StateForbidden || !strings.Contains(s.Err, hardware.UdevRule) {
			t.Errorf("status %+v", s)
		}
		if g := diagnose(bus, ""); g.State != hardware.StateForbidden || len(g.Lights) != 1 || g.Lights[0].Serial != "20001234" {
			t.Errorf("diagnosis %+v", g)
		}
		if err := bus.Allow("1-1", true); err != nil {
			t.Fatal(err)
		}
		awaitColor(t, d, red)
	})
}

func TestNetlinkDenied(t *testing.T) {
	onBus(t, false, func(t *testing.T, bus *fakeusb.Bus) {
		plug(t, bus, fakeusb.Mk2, "20001234")
		_, seen := open(t, bus, "")
		if s := awaitStatus(t, seen, "advice", errHas("AF_NETLINK")); s.State != hardware.StateHidden {
			t.Errorf("status %+v", s)
		}
		if g := diagnose(bus, ""); g.State != hardware.StateHidden || len(g.Lights) != 1 || !g.Lights[0].Kernel || g.Lights[0].Libusb {
			t.Errorf("diagnosis %+v", g)
		}
	})
}

func TestOtherSerialIsLeftAlone(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001234")
		b, seen := open(t, bus, "20009999")
		b.Show(steady(red))
		if s := awaitStatus(t, seen, "what there is", errHas("20001234")); s.State != hardware.StateOther {
			t.Errorf("status %+v", s)
		}
		mine := fakeusb.NewDevice(fakeusb.Mk2, "20009999")
		if err := bus.Plug("1-2", mine); err != nil {
			t.Fatal(err)
		}
		awaitColor(t, mine, red)
		if len(d.Commands()) != 0 {
			t.Errorf("the other device was sent %q", d.Commands())
		}
	})
}

func TestOnlyTheWhitelistIsSent(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk3, "3000abcd")
		b, _ := open(t, bus, "")
		for i := range 50 {
			c := fakeusb.Color{uint8(i), 'L', 'G'}
			b.Show(steady(c))
			awaitColor(t, d, c)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		bad := func(c fakeusb.Command) bool {
			return !strings.ContainsRune("cpPlDrSRv", rune(c.Letter)) || len(c.Raw) != 9
		}
		if sent := d.Commands(); len(fades(d)) != 51 || slices.ContainsFunc(sent, bad) {
			t.Errorf("sent %q", sent)
		}
	})
}

func TestListing(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		if found, err := hardware.ListBlink1(); err != nil || len(found) != 0 {
			t.Fatalf("an empty bus lists %v, %v", found, err)
		}
		d := plug(t, bus, fakeusb.Mk3, "3000ABCD")
		if err := bus.Plug("1-2", fakeusb.NewDevice(fakeusb.Mk1, "1A001234")); err != nil {
			t.Fatal(err)
		}
		b, _ := open(t, bus, "3000abcd")
		b.Show(steady(red))
		awaitColor(t, d, red)
		want := []hardware.Info{
			{Serial: "1a001234", Model: "blink(1) mk1", Path: "1-2:1.0", Release: 0x0100},
			{Serial: "3000abcd", Model: "blink(1) mk3", Path: "1-1:1.0", Release: 0x0101},
		}
		// libusb hears of a new device a moment after it was plugged in
		limit := time.Now().Add(15 * time.Second)
		for {
			found, err := hardware.ListBlink1()
			if err != nil {
				t.Fatal(err)
			}
			if slices.Equal(found, want) {
				break
			}
			if time.Now().After(limit) {
				t.Fatalf("listed %+v, want %+v", found, want)
			}
		}
		if got := d.Shown().Top; got != red {
			t.Errorf("listing changed the light to %v", got)
		}
	})
}
