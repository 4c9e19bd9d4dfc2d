//go:build fakeusb

package fakeusb_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gatefold/hardware"
	"gatefold/hardware/fakeusb"
)

// These tests look at what becomes of a light in real life: its program is killed or stopped, other programs and the
// kernel want the device, it loses its memory.

// childEnv makes the test binary a program that does nothing but show a light: childEnv=<serial, or nothing> <what is
// shown>.
const childEnv = "FAKEUSB_CHILD"

// child is that program. It says "ready" when it shows what it shall, and ends in order at SIGTERM.
func child() int {
	root := os.Getenv("FAKEUSB_ROOT")
	said := false
	serial, shown, _ := strings.Cut(os.Getenv(childEnv), " ")
	b, err := hardware.OpenBlink1(hardware.Blink1Options{
		Options: hardware.Options{Clock: wallClock{}, Changed: func(s hardware.Status) {
			if s.Changes > 0 && !said {
				said = true
				os.Stdout.WriteString("ready\n")
			}
		}},
		Serial: serial, SysRoot: root + "/sys", DevRoot: root + "/dev",
	})
	if err != nil {
		return 2
	}
	over := make(chan os.Signal, 1)
	signal.Notify(over, syscall.SIGTERM)
	f := hardware.Both(hardware.LED{Color: hardware.RGB{G: 128}})
	switch shown {
	case "steady":
	case "rhythm":
		f.Top.Every, f.Bottom.Every = 300*time.Millisecond, 300*time.Millisecond
	default:
		p, err := hardware.ParsePattern(shown)
		if err != nil {
			return 2
		}
		f = hardware.Both(hardware.LED{Pattern: p})
	}
	b.Show(f)
	<-over
	if b.Close() != nil {
		return 1
	}
	return 0
}

// start starts such a program, and waits until it shows its light.
func start(t *testing.T, serial, shown string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childEnv+"="+serial+" "+shown)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	line := bufio.NewReader(out)
	if s, err := line.ReadString('\n'); err != nil || s != "ready\n" {
		t.Fatalf("the program says %q, %v", s, err)
	}
	go io.Copy(io.Discard, line)
	return c
}

func diagnose(bus *fakeusb.Bus, serial string) hardware.Diagnosis {
	return hardware.Diagnose(hardware.Blink1Options{Serial: serial, SysRoot: bus.SysRoot(), DevRoot: bus.DevRoot()})
}

// alarmed says whether what a device has shown last has two short red flashes in it, a second apart.
func alarmed(s fakeusb.State) bool {
	h := s.History
	flash := func(i int) bool {
		return h[i].Top == red && h[i].Bottom == red && h[i+1].Shown == (fakeusb.Shown{}) && h[i+1].At.Sub(h[i].At) == 150*time.Millisecond
	}
	var at []time.Time
	for i := max(len(h)-8, 0); i < len(h)-1; i++ {
		if flash(i) {
			at = append(at, h[i].At)
		}
	}
	n := len(at)
	if s.Fired == 0 || n < 2 {
		return false
	}
	apart := at[n-1].Sub(at[n-2])
	return apart == time.Second || apart == 990*time.Millisecond // firmwares differ by a line of 10 ms
}

func TestKillTurnsTheLightToTheAlarm(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		cases := []struct {
			model          fakeusb.Model
			serial         string
			firmware       fakeusb.Firmware
			shown, becomes string
			holds          func(fakeusb.State) bool
		}{
			{fakeusb.Mk3, "3000abcd", fakeusb.Firmware{}, "0,#0000ff,0.3,1,#000000,0.5,0", "the alarm", alarmed},
			{fakeusb.Mk2, "20001111", fakeusb.Firmware{Version: 203}, "steady", "the alarm", alarmed},
			{fakeusb.Mk2, "20002222", fakeusb.Firmware{ExclusiveEnd: true}, "rhythm", "the alarm", alarmed},
			{fakeusb.Mk1, "1a001234", fakeusb.Firmware{}, "steady", "the rainbow that it is sold with", rainbow},
		}
		var ds []*fakeusb.Device
		var ps []*exec.Cmd
		for i, c := range cases {
			d := fakeusb.NewDeviceWith(c.model, c.serial, c.firmware)
			if err := bus.Plug(fmt.Sprintf("1-%d", i+1), d); err != nil {
				t.Fatal(err)
			}
			ds, ps = append(ds, d), append(ps, start(t, c.serial, c.shown))
			if !d.State().Armed {
				t.Errorf("%s shows its light and is not armed", c.serial)
			}
		}
		died := time.Now()
		for _, p := range ps {
			if err := p.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		for i, c := range cases {
			awaitState(t, ds[i], c.becomes, c.holds)
			if took := time.Since(died); took > hardware.AlarmAfter+5*time.Second {
				t.Errorf("%s: the alarm came after %v", c.serial, took)
			}
			spared(t, ds[i])
		}
		b, _ := open(t, bus, "3000abcd") // the next one ends the alarm
		b.Show(steady(green))
		awaitColor(t, ds[0], green)
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
}

func rainbow(s fakeusb.State) bool {
	n := len(s.History)
	return s.Fired == 1 && s.Playing && n > 3 && s.History[n-1].Shown != s.History[n-2].Shown && s.History[n-2].Shown != s.History[n-3].Shown
}

func TestAStoppedProgram(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk3, "3000abcd")
		p := start(t, "", "steady")
		awaitColor(t, d, green)
		if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		awaitState(t, d, "the alarm", alarmed)
		if err := p.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		awaitColor(t, d, green)
		awaitState(t, d, "an armed watchdog", func(s fakeusb.State) bool { return s.Armed })
	})
}

func TestAnOrderlyEnd(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		for m, serial := range map[fakeusb.Model]string{fakeusb.Mk1: "1A001234", fakeusb.Mk2: "20001234", fakeusb.Mk3: "3000abcd"} {
			d := plug(t, bus, m, serial)
			p := start(t, "", "0,#0000ff,0.3,1,#000000,0.5,0")
			if err := p.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := p.Wait(); err != nil {
				t.Errorf("mk%d: the program ended with %v", m, err)
			}
			if s := d.State(); s.Shown != (fakeusb.Shown{}) || s.Armed || s.Playing || s.Fired != 0 {
				t.Errorf("mk%d: after the end it shows %v; armed %v, playing %v", m, s.Shown, s.Armed, s.Playing)
			}
			if err := bus.Unplug("1-1"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestADevicePlaysItsPattern(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk3, "3000abcd")
		b, seen := open(t, bus, "")
		p, err := hardware.ParsePattern("0,#ff0000,0.1,1,#008000,0.1,2,#000000,0.2,0")
		if err != nil {
			t.Fatal(err)
		}
		b.Show(hardware.Both(hardware.LED{Pattern: p}))
		awaitStatus(t, seen, "the frame", func(s hardware.Status) bool { return s.Changes == 1 })
		sent := len(d.Commands())
		awaitState(t, d, "ten rounds and two heartbeats", func(s fakeusb.State) bool {
			beats := 0
			for _, c := range s.Commands[min(sent, len(s.Commands)):] {
				if c.Letter == 'D' {
					beats++
				}
			}
			return len(s.History) > 30 && beats >= 2
		})
		s := d.State()
		if !s.Playing || b.Status().Restored != 0 {
			t.Errorf("playing %v; status %+v", s.Playing, b.Status())
		}
		if slices.ContainsFunc(s.Commands[sent:], func(c fakeusb.Command) bool { return !strings.ContainsRune("DSR", rune(c.Letter)) }) {
			t.Errorf("while it played it was sent %q", s.Commands[sent:])
		}
		h := s.History[len(s.History)-7:]
		for i := range h[3:] {
			if h[i].Shown != h[i+3].Shown || h[i+3].At.Sub(h[i].At) != 400*time.Millisecond {
				t.Errorf("it does not play a round of 400 ms: %v", h)
				break
			}
		}
	})
}

func TestABrownOutIsMended(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001234")
		b, seen := open(t, bus, "")
		b.Show(steady(green))
		awaitColor(t, d, green)
		d.BrownOut()
		awaitColor(t, d, green)
		awaitStatus(t, seen, "that it began anew", func(s hardware.Status) bool { return s.Connected && s.Restored == 1 })
		awaitState(t, d, "an armed watchdog", func(s fakeusb.State) bool { return s.Armed })
	})
}

// hid-led makes a light dark when it is taken from it, and has it back at the end.
func TestTheKernelsDriver(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		for m, serial := range map[fakeusb.Model]string{fakeusb.Mk1: "1A001234", fakeusb.Mk3: "3000abcd"} {
			d := plug(t, bus, m, serial)
			if err := bus.Bind("1-1", fakeusb.HIDLED); err != nil {
				t.Fatal(err)
			}
			if g := awaitLights(t, bus, 1); g.State != hardware.StateConnected || g.Lights[0].Driver != "hid-led" {
				t.Errorf("bound: %+v", g)
			}
			b, _ := open(t, bus, "")
			b.Show(steady(green))
			awaitColor(t, d, green)
			sent := fades(d)
			if dark := map[fakeusb.Model]int{fakeusb.Mk1: 3, fakeusb.Mk3: 6}[m]; len(sent) != dark+1 || sent[0].Color != (fakeusb.Color{}) {
				t.Errorf("mk%d: it was told %q", m, sent)
			}
			if g := diagnose(bus, ""); g.State != hardware.StateBusy || g.Lights[0].Driver != "usbfs" || len(g.Lights[0].Holders) != 1 || g.Lights[0].Holders[0].PID != os.Getpid() {
				t.Errorf("held: %+v", g)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			awaitDriver(t, bus, "hid-led")
			if err := bus.Unplug("1-1"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// awaitLights is what a diagnosis says once libusb has heard of so many.
func awaitLights(t *testing.T, bus *fakeusb.Bus, n int) hardware.Diagnosis {
	t.Helper()
	return awaitDiagnosis(t, bus, func(g hardware.Diagnosis) bool {
		return len(g.Lights) == n && !slices.ContainsFunc(g.Lights, func(f hardware.Finding) bool { return !f.Libusb })
	})
}

func awaitDriver(t *testing.T, bus *fakeusb.Bus, driver string) {
	t.Helper()
	awaitDiagnosis(t, bus, func(g hardware.Diagnosis) bool { return len(g.Lights) == 1 && g.Lights[0].Driver == driver })
}

func awaitDiagnosis(t *testing.T, bus *fakeusb.Bus, holds func(hardware.Diagnosis) bool) hardware.Diagnosis {
	t.Helper()
	for limit := time.Now().Add(15 * time.Second); ; {
		g := diagnose(bus, "")
		if holds(g) {
			return g
		}
		if time.Now().After(limit) {
			t.Fatalf("the diagnosis stays %+v", g)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// A program that was killed leaves no driver behind, and the next one can open the device.
func TestAfterAKilledHolder(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001234")
		if err := bus.Bind("1-1", fakeusb.HIDLED); err != nil {
			t.Fatal(err)
		}
		p := start(t, "", "rhythm")
		b, seen := open(t, bus, "")
		b.Show(steady(red))
		if s := awaitStatus(t, seen, "the holder", isState(hardware.StateBusy)); !strings.Contains(s.Err, "pid") {
			t.Errorf("status %+v", s)
		}
		if g := diagnose(bus, ""); g.State != hardware.StateBusy || !slices.ContainsFunc(g.Lights[0].Holders, func(h hardware.Holder) bool { return h.PID == p.Process.Pid }) {
			t.Errorf("held: %+v", g)
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		awaitColor(t, d, red)
		awaitState(t, d, "an armed watchdog", func(s fakeusb.State) bool { return s.Armed && s.Fired == 0 })
	})
}

func TestASecondProgramIsThereFirst(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk3, "3000abcd")
		if err := bus.Occupy("1-1", true); err != nil {
			t.Fatal(err)
		}
		b, seen := open(t, bus, "3000abcd")
		b.Show(steady(red))
		awaitStatus(t, seen, "the holder", isState(hardware.StateBusy))
		if g := diagnose(bus, "3000abcd"); g.State != hardware.StateBusy {
			t.Errorf("diagnosis %+v", g)
		}
		if err := bus.Occupy("1-1", false); err != nil {
			t.Fatal(err)
		}
		awaitColor(t, d, red)
		if err := bus.Occupy("1-1", true); err == nil {
			t.Error("a device that is held can be occupied")
		}
	})
}

func TestTwoLightsBySerial(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001111")
		e := fakeusb.NewDevice(fakeusb.Mk3, "3000ABCD")
		if err := bus.Plug("1-2", e); err != nil {
			t.Fatal(err)
		}
		named, _ := open(t, bus, "20001111")
		named.Show(steady(red))
		other, err := hardware.OpenBlink1(hardware.Blink1Options{
			Options: hardware.Options{Clock: wallClock{}}, SysRoot: bus.SysRoot(), DevRoot: bus.DevRoot(),
			Except: func() []string { return []string{"20001111"} },
		})
		if err != nil {
			t.Fatal(err)
		}
		other.Show(steady(green))
		awaitColor(t, d, red)
		awaitColor(t, e, green)
		if err := other.Close(); err != nil {
			t.Error(err)
		}
		if e.Shown() != (fakeusb.Shown{}) || d.Shown().Top != red {
			t.Errorf("after one was closed they show %v and %v", d.Shown(), e.Shown())
		}
		spared(t, e)
	})
}

// Without iconv libusb reads no texts, unless it was built to do without. The kernel knows the serial.
func TestWithoutIconv(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk3, "3000ABCD")
		missed, err := fakeusb.NeedsIconv("/proc/self/exe")
		if err != nil {
			t.Fatal(err)
		}
		if g := awaitLights(t, bus, 1); g.Lights[0].NoIconv != missed || g.Lights[0].Serial != "3000abcd" || g.Lights[0].Model != "blink(1) mk3" || g.State != hardware.StateConnected {
			t.Errorf("diagnosis %+v", g)
		}
		b, seen := open(t, bus, "3000abcd")
		b.Show(steady(red))
		awaitColor(t, d, red)
		if s := awaitStatus(t, seen, "a connection", connected); s.Serial != "3000abcd" || s.Firmware != "303" {
			t.Errorf("status %+v", s)
		}
	}, fakeusb.NoIconv)
}

// The port is the same, the blink(1) is not: it is left alone.
func TestAnotherInTheSamePort(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk2, "20001111")
		b, seen := open(t, bus, "20001111")
		b.Show(steady(red))
		awaitColor(t, d, red)
		if err := bus.Unplug("1-1"); err != nil {
			t.Fatal(err)
		}
		other := plug(t, bus, fakeusb.Mk2, "20002222")
		awaitStatus(t, seen, "another", func(s hardware.Status) bool {
			return s.State == hardware.StateOther && strings.Contains(s.Err, "there is 20002222")
		})
		if g := awaitLights(t, bus, 1); g.Lights[0].State != hardware.StateConnected {
			t.Errorf("diagnosis %+v", g)
		}
		if g := diagnose(bus, "20001111"); g.State != hardware.StateOther {
			t.Errorf("diagnosis %+v", g)
		}
		if n := len(other.Commands()); n != 0 {
			t.Errorf("it was sent %d commands", n)
		}
		if err := bus.Plug("1-2", d); err != nil {
			t.Fatal(err)
		}
		awaitColor(t, d, red)
	})
}

// A daemon whose loops hang is to look dead, though its process lives.
func TestAHangingProgram(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk3, "3000abcd")
		var hangs atomic.Bool
		seen := make(chan hardware.Status, 1000)
		b, err := hardware.OpenBlink1(hardware.Blink1Options{
			Options: hardware.Options{
				Clock: wallClock{}, Changed: func(s hardware.Status) { seen <- s },
				Alive: func() bool { return !hangs.Load() },
			},
			SysRoot: bus.SysRoot(), DevRoot: bus.DevRoot(),
		})
		if err != nil {
			t.Fatal(err)
		}
		b.Show(steady(green))
		awaitColor(t, d, green)
		hangs.Store(true)
		awaitStatus(t, seen, "that it is left to the alarm", func(s hardware.Status) bool { return s.Alarm && s.Connected })
		b.Show(steady(red))
		awaitState(t, d, "the alarm", alarmed)
		hangs.Store(false)
		awaitColor(t, d, red)
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if s := d.State(); s.Shown != (fakeusb.Shown{}) || s.Armed {
			t.Errorf("after Close it shows %v, armed %v", s.Shown, s.Armed)
		}
	})
}

// A container without /dev/bus/usb.
func TestNoDeviceNodes(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		plug(t, bus, fakeusb.Mk3, "3000ABCD")
		if err := os.RemoveAll(bus.DevRoot()); err != nil {
			t.Fatal(err)
		}
		_, seen := open(t, bus, "")
		awaitStatus(t, seen, "advice", func(s hardware.Status) bool {
			return s.State == hardware.StateHidden && strings.Contains(s.Err, "/dev/bus/usb")
		})
	})
}

func TestAModelThatNobodyKnows(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := plug(t, bus, fakeusb.Mk4, "40001234")
		b, seen := open(t, bus, "")
		b.Show(steady(green))
		awaitColor(t, d, green)
		if s := awaitStatus(t, seen, "a connection", connected); s.Model != "blink(1) mk4 or later" || s.Firmware != "401" || !s.Watchdog {
			t.Errorf("status %+v", s)
		}
	})
}

func TestWriteAlarm(t *testing.T) {
	onBus(t, true, func(t *testing.T, bus *fakeusb.Bus) {
		d := fakeusb.NewDevice(fakeusb.Mk1, "1A001234")
		if err := bus.Plug("1-1", d); err != nil {
			t.Fatal(err)
		}
		awaitLights(t, bus, 1)
		o := hardware.Blink1Options{SysRoot: bus.SysRoot(), DevRoot: bus.DevRoot()}
		for _, want := range []int{12, 0} {
			if n, err := hardware.WriteAlarm(o); n != want || err != nil {
				t.Errorf("wrote %d lines, %v; want %d", n, err, want)
			}
		}
		if n := d.State().EEPROM; n != 12 {
			t.Errorf("%d writes to EEPROM", n)
		}
		p := start(t, "", "steady")
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		awaitState(t, d, "our alarm", func(s fakeusb.State) bool {
			h := s.History
			n := len(h)
			return s.Fired == 1 && n > 8 && h[n-1].Top == red && h[n-4].Top == red && h[n-1].At.Sub(h[n-4].At) == time.Second &&
				h[n-2].Top == dark && h[n-3].Top == dark
		})
	})
}
