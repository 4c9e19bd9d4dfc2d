//go:build fakeusb

// The daemon as a process of its own, on the real USB stack: what is asserted is what
// the blink(1)'s firmware shows.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatefold/hardware"
	"gatefold/hardware/fakeusb"
	"gatefold/internal/sim"
)

var (
	dark   = fakeusb.Color{}
	red    = fakeusb.Color{255, 0, 0}
	green  = fakeusb.Color{0, 128, 0}
	blue   = fakeusb.Color{0, 0, 255}
	amber  = fakeusb.Color{255, 191, 0}
	dimmed = fakeusb.Color{13, 13, 13} // white at 5 %
)

// lit is a house with a USB bus.
type lit struct {
	*house
	bus *fakeusb.Bus
}

// preloaded is the library that gives a program the bus, compiled once.
var preloaded = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "fakeusb")
	if err != nil {
		return "", err
	}
	return fakeusb.Compile(dir)
})

// newLit is a house whose configuration says this of lights. Without hotplug libusb
// sees nothing, as without AF_NETLINK.
func newLit(t *testing.T, lights string, hotplug bool) *lit {
	t.Helper()
	if !hardware.USBSupported() {
		t.Fatal("these tests need cgo: install gcc and run them with CGO_ENABLED=1")
	}
	h := newHouse(t)
	library, err := preloaded()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("", "bus") // short: sockets lie in it
	if err != nil {
		t.Fatal(err)
	}
	bus, err := fakeusb.NewBus(root, hotplug)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the daemon's end
		bus.Close()
		os.RemoveAll(root)
	})
	h.more, h.start = fakeusb.Env(library, root), fakeusb.Start
	l := &lit{h, bus}
	l.lights(lights)
	return l
}

// lights writes what the configuration says of them.
func (l *lit) lights(say string) {
	l.write("gatefold.yaml", strings.Replace(l.config("true"), "light: none", say, 1))
}

func (l *lit) plug(port string, m fakeusb.Model, serial string) *fakeusb.Device {
	l.t.Helper()
	d := fakeusb.NewDevice(m, serial)
	l.must(l.bus.Plug(port, d))
	return d
}

// shows waits until a device does.
func (l *lit) shows(d *fakeusb.Device, what string, holds func(fakeusb.State) bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 40*time.Second)
	defer cancel()
	if !d.AwaitState(ctx, holds) {
		s := d.State()
		l.t.Fatalf("waited in vain for %s; it shows %v, armed %v, playing %v, fired %d", what, s.Shown, s.Armed, s.Playing, s.Fired)
	}
}

func steady(c fakeusb.Color) func(fakeusb.State) bool {
	return func(s fakeusb.State) bool { return s.Shown == fakeusb.Shown{Top: c, Bottom: c} && s.Armed }
}

// rhythm says whether the newest three changes are between these.
func rhythm(a, b fakeusb.Color) func(fakeusb.State) bool {
	return func(s fakeusb.State) bool {
		if len(s.History) < 3 {
			return false
		}
		var seen []fakeusb.Color
		for _, m := range s.History[len(s.History)-3:] {
			if m.Top != m.Bottom {
				return false
			}
			seen = append(seen, m.Top)
		}
		return slices.Equal(seen, []fakeusb.Color{a, b, a}) || slices.Equal(seen, []fakeusb.Color{b, a, b})
	}
}

// alarm says whether the watchdog has fired and its red flashes show.
func alarm(s fakeusb.State) bool {
	return s.Fired > 0 && s.Playing && rhythm(red, dark)(s) && flash(s) < 300*time.Millisecond
}

// flash is how long the newest red flash took.
func flash(s fakeusb.State) time.Duration {
	for i := len(s.History) - 2; i >= 0; i-- {
		if s.History[i].Top == red {
			return s.History[i+1].At.Sub(s.History[i].At)
		}
	}
	return time.Hour
}

// unworn says that nothing was written that wears out, or cannot be undone.
func (l *lit) unworn(devices ...*fakeusb.Device) {
	l.t.Helper()
	for _, d := range devices {
		if s := d.State(); s.Flash > 0 || s.EEPROM > 0 || len(s.Forbidden) > 0 || s.Overruns > 0 {
			l.t.Errorf("flash %d, EEPROM %d, overruns %d, forbidden %q", s.Flash, s.EEPROM, s.Overruns, s.Forbidden)
		}
	}
}

// says waits until status, metrics and gatefold light doctor agree on a light.
func (l *lit) says(p *process, label, state string, advice string) {
	l.t.Helper()
	series := fmt.Sprintf(`gatefold_light_state{light=%q,state=%q} 1`, label, state)
	p.until(series, func() bool { return strings.Contains(p.metrics(), series) })
	out, code := l.gatefold("status")
	if code != 0 || !strings.Contains(out, advice) {
		l.t.Errorf("status (%d) does not say %q:\n%s", code, advice, out)
	}
	connected := state == "connected"
	if got := strings.Contains(p.metrics(), "gatefold_light_connected 1"); got != connected {
		l.t.Errorf("gatefold_light_connected is 1: %v", got)
	}
	if out, code := l.gatefold("light", "doctor"); (code == 0) != connected || !connected && !strings.Contains(out, state+": ") {
		l.t.Errorf("light doctor (%d): %s", code, out)
	}
}

// An intruder is red, and the end is dark and disarmed, on every model.
func TestLightOnIntruder(t *testing.T) {
	for m, serial := range map[fakeusb.Model]string{fakeusb.Mk1: "1a001234", fakeusb.Mk2: "20001234", fakeusb.Mk3: "3000abcd"} {
		t.Run(fmt.Sprint("mk", m), func(t *testing.T) {
			l := newLit(t, "light: usb", true)
			d := l.plug("1-1", m, strings.ToUpper(serial))
			l.must(l.bus.Bind("1-1", fakeusb.HIDLED))
			l.home.Play(kitchen, sim.Item{Name: "So What"})
			p := l.run()
			l.shows(d, "green", steady(green))
			l.home.Play(bob, sim.Item{Name: "Blue Train"})
			l.shows(d, "red", steady(red))
			l.says(p, "default", "connected", "watchdog armed")
			l.home.Stop()
			l.shows(d, "dim white", steady(dimmed))
			if s := p.status().Light; s.Serial != serial || s.Model != fmt.Sprint("blink(1) mk", int(m)) || s.Firmware == "" || !s.Watchdog || s.Shows != "dim white" {
				t.Errorf("status: %+v", s)
			}
			if code, took := p.stop(); code != 0 || took > 5*time.Second {
				t.Errorf("SIGTERM: exit code %d after %s", code, took)
			}
			if s := d.State(); s.Shown != (fakeusb.Shown{}) || s.Armed || s.Playing {
				t.Errorf("after SIGTERM it shows %v, armed %v, playing %v", s.Shown, s.Armed, s.Playing)
			}
			l.unworn(d)
		})
	}
}

// Blind has its rhythm; a pattern is played by the device itself; both end.
func TestLightOnBlindnessAndPatterns(t *testing.T) {
	l := newLit(t, "light: usb", true)
	d := l.plug("1-1", fakeusb.Mk3, "3000abcd")
	l.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := l.run()
	l.shows(d, "red", steady(red))
	l.spotify.Fault(sim.Fault{Path: "player", Kind: sim.KindStatus, Status: 500})
	l.shows(d, "the rhythm of blindness", rhythm(amber, dark))
	l.spotify.ClearFaults()
	l.shows(d, "red again", steady(red))
	l.write("rules/home.star", `
def on_playback(now):
    deny("a pattern")
    blink1.pattern("0,#0000ff,0.2,0,#000000,0.2,0")
`)
	l.shows(d, "the pattern", func(s fakeusb.State) bool { return s.Playing && rhythm(blue, dark)(s) })
	sent := len(d.Commands())
	l.shows(d, "ten more beats", func(s fakeusb.State) bool { return len(s.History) > 10 && s.Playing && rhythm(blue, dark)(s) })
	for _, c := range d.Commands()[sent:] {
		if c.Letter == 'c' || c.Letter == 'P' {
			t.Errorf("while the device plays it was sent %q", c)
		}
	}
	l.write("rules/home.star", testRules)
	l.shows(d, "red after the pattern", func(s fakeusb.State) bool { return steady(red)(s) && !s.Playing })
	p.stop()
	l.unworn(d)
}

// Another port, another blink(1) in the same port, and the frame is there again.
func TestLightOnUnplugging(t *testing.T) {
	l := newLit(t, "light: usb", true)
	d := l.plug("1-1", fakeusb.Mk2, "20001234")
	l.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := l.run()
	l.shows(d, "red", steady(red))
	l.must(l.bus.Unplug("1-1"))
	l.says(p, "default", "absent", "no blink(1) is plugged in")
	l.must(l.bus.Plug("1-2", d))
	l.shows(d, "red in another port", steady(red))
	l.must(l.bus.Unplug("1-2"))
	other := l.plug("1-2", fakeusb.Mk3, "3000abcd")
	l.shows(other, "red on another one", steady(red))
	l.says(p, "default", "connected", "3000abcd, blink(1) mk3")
	p.stop()
	l.unworn(d, other)
}

const twoLights = `
def on_playback(now):
    if now.device == None:
        return
    deny("not a household device")
    blink1.set("blue")
    blink1.set("red", light = "door", fade = "0s")
`

// Two lights by name, whichever was plugged in first: the one that takes any leaves
// that with a name alone.
func TestLightsOnTwoSerials(t *testing.T) {
	l := newLit(t, "light: usb\nlights: {door: 20001234}", true) // a number to YAML
	l.write("rules/home.star", twoLights)
	door := l.plug("1-1", fakeusb.Mk2, "20001234")
	p := l.run()
	l.shows(door, "that nobody plays", steady(dimmed))
	l.says(p, "default", "other", "in use as another light")
	usual := l.plug("1-2", fakeusb.Mk3, "3000abcd")
	l.shows(usual, "that nobody plays", steady(dimmed))
	l.home.Play(bob, sim.Item{Name: "Blue Train"})
	l.shows(door, "red", steady(red))
	l.shows(usual, "blue", steady(blue))
	l.says(p, "door", "connected", "door: usb:20001234, blink(1) mk2")
	l.must(l.bus.Unplug("1-1"))
	l.says(p, "door", "other", "20001234 is not plugged in")
	if got := usual.Shown().Top; got != blue {
		t.Errorf("the other one shows %v", got)
	}
	l.must(l.bus.Plug("1-1", door))
	l.shows(door, "red again", steady(red))
	out, code := l.gatefold("light", "list")
	if code != 0 || !strings.Contains(out, "20001234  blink(1) mk2  1-1:1.0  door     connected, by the daemon") {
		t.Errorf("light list (%d): %s", code, out)
	}
	p.stop()
	for _, d := range []*fakeusb.Device{door, usual} {
		if s := d.State(); s.Shown != (fakeusb.Shown{}) || s.Armed {
			t.Errorf("after the end: %v, armed %v", s.Shown, s.Armed)
		}
	}
}

// A rule names the very device that the light for any has: it gets it, and that one
// looks for another.
func TestLightOnARuleThatTakesIt(t *testing.T) {
	l := newLit(t, "light: usb", true)
	first := l.plug("1-1", fakeusb.Mk2, "20001234")
	l.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := l.run()
	l.shows(first, "red", steady(red))
	l.write("rules/home.star", strings.ReplaceAll(twoLights, `"door"`, `"20001234"`))
	p.until("it is the rule's", func() bool { return len(p.status().Lights) == 1 && p.status().Lights[0].Connected })
	l.shows(first, "red by its name", steady(red))
	l.says(p, "default", "other", "in use as another light")
	second := l.plug("1-2", fakeusb.Mk3, "3000abcd")
	l.shows(second, "blue", steady(blue))
	l.says(p, "20001234", "connected", "20001234: usb:20001234")
	p.stop()
	l.unworn(first, second)
}

// What is in a light's way, and what to type.
func TestLightOnTrouble(t *testing.T) {
	t.Run("forbidden", func(t *testing.T) {
		l := newLit(t, "light: usb:20001234", true)
		d := l.plug("1-1", fakeusb.Mk2, "20001234")
		l.must(l.bus.Allow("1-1", false))
		p := l.run()
		l.says(p, "default", "forbidden", hardware.UdevRule)
		l.must(l.bus.Allow("1-1", true))
		l.shows(d, "dim white", steady(dimmed))
		l.says(p, "default", "connected", "watchdog armed")
	})
	t.Run("hidden", func(t *testing.T) {
		l := newLit(t, "light: usb", false)
		l.plug("1-1", fakeusb.Mk2, "20001234")
		l.says(l.run(), "default", "hidden", "AF_NETLINK")
	})
	t.Run("busy", func(t *testing.T) {
		l := newLit(t, "light: usb", true)
		d := l.plug("1-1", fakeusb.Mk2, "20001234")
		other := neighbour(t, l)
		first := other.run()
		l.shows(d, "dim white by the other one", steady(dimmed))
		p := l.run()
		l.says(p, "default", "busy", "another program holds it")
		first.stop()
		l.home.Play(bob, sim.Item{Name: "Blue Train"})
		l.shows(d, "red by this one", steady(red))
	})
	t.Run("other", func(t *testing.T) {
		l := newLit(t, "light: usb:3000eeee", true)
		d := l.plug("1-1", fakeusb.Mk2, "20001234")
		l.says(l.run(), "default", "other", "there is 20001234")
		if len(d.Commands()) != 0 {
			t.Errorf("another one was sent %q", d.Commands())
		}
	})
	t.Run("no iconv", func(t *testing.T) {
		l := newLit(t, "light: usb:20001234", true)
		l.more = append(l.more, fakeusb.NoIconv)
		d := l.plug("1-1", fakeusb.Mk2, "20001234")
		p := l.run()
		l.shows(d, "dim white", steady(dimmed))
		l.says(p, "default", "connected", "watchdog armed")
		p.stop()
		missed, err := fakeusb.NeedsIconv(l.program)
		if err != nil {
			t.Fatal(err)
		}
		if out, code := l.gatefold("light", "doctor"); code != 0 || strings.Contains(out, "iconv") != missed {
			t.Errorf("light doctor (%d): %s", code, out)
		}
	})
	t.Run("none for auto", func(t *testing.T) {
		l := newLit(t, "light: auto\nlights: {door: 20001234}", true)
		door := l.plug("1-1", fakeusb.Mk2, "20001234")
		p := l.run()
		l.shows(door, "dim white", steady(dimmed))
		if s := p.status(); s.Light.Name != "none" || len(s.Lights) != 1 || !s.Lights[0].Connected {
			t.Errorf("auto took %+v beside %+v", s.Light, s.Lights)
		}
		l.says(p, "door", "connected", "door: usb:20001234")
	})
	t.Run("hid-led", func(t *testing.T) {
		l := newLit(t, "light: usb", true)
		l.plug("1-1", fakeusb.Mk2, "20001234")
		l.must(l.bus.Bind("1-1", fakeusb.HIDLED))
		if out, code := l.gatefold("light", "doctor"); code != 0 || !strings.Contains(out, "20001234 blink(1) mk2 at 1-1") || !strings.Contains(out, "hid-led has it") {
			t.Errorf("light doctor (%d): %s", code, out)
		}
	})
}

// neighbour is another house on the bus of one.
func neighbour(t *testing.T, l *lit) *lit {
	t.Helper()
	h := buildHouse(t)
	h.more, h.start = l.more, l.start
	other := &lit{h, l.bus}
	other.lights("light: usb")
	return other
}

// The dead-man's light: the device shows by itself that nobody is there, and the truth
// when somebody is again.
func TestLightOnKill(t *testing.T) {
	for m, serial := range map[fakeusb.Model]string{fakeusb.Mk2: "20001234", fakeusb.Mk3: "3000abcd"} {
		t.Run(fmt.Sprint("mk", m), func(t *testing.T) {
			l := newLit(t, "light: usb", true)
			d := l.plug("1-1", m, serial)
			l.home.Play(kitchen, sim.Item{Name: "So What"})
			p := l.run()
			l.shows(d, "green", steady(green))
			p.kill()
			killed := time.Now()
			if d.State().Fired > 0 {
				t.Error("it fired while the daemon lived")
			}
			l.shows(d, "the alarm", alarm)
			if took := time.Since(killed); took > hardware.AlarmAfter+6*time.Second {
				t.Errorf("the alarm came after %s", took)
			}
			p = l.run()
			l.shows(d, "green again", func(s fakeusb.State) bool { return steady(green)(s) && !s.Playing })
			p.stop()
			if s := d.State(); s.Shown != (fakeusb.Shown{}) || s.Armed || s.Playing {
				t.Errorf("after SIGTERM: %v, armed %v", s.Shown, s.Armed)
			}
			l.unworn(d)
		})
	}
}

func TestLightOnStop(t *testing.T) {
	l := newLit(t, "light: usb", true)
	d := l.plug("1-1", fakeusb.Mk3, "3000abcd")
	l.home.Play(kitchen, sim.Item{Name: "So What"})
	p := l.run()
	l.shows(d, "green", steady(green))
	l.must(p.cmd.Process.Signal(syscall.SIGSTOP))
	l.shows(d, "the alarm", alarm)
	l.must(p.cmd.Process.Signal(syscall.SIGCONT))
	l.shows(d, "the truth again", func(s fakeusb.State) bool { return steady(green)(s) && !s.Playing })
	l.home.Play(bob, sim.Item{Name: "Blue Train"})
	l.shows(d, "red", steady(red))
	p.stop()
	l.unworn(d)
}

// The daemon shows what it is asked to, and the truth after it; without a daemon the
// light is dark after it.
func TestLightOnTrial(t *testing.T) {
	l := newLit(t, "light: usb", true)
	d := l.plug("1-1", fakeusb.Mk2, "20001234")
	l.home.Play(kitchen, sim.Item{Name: "So What"})
	p := l.run()
	l.shows(d, "green", steady(green))
	out, code := l.gatefold("light", "test", "--for", "300ms")
	if code != 0 {
		t.Fatalf("light test (%d): %s", code, out)
	}
	l.shows(d, "the truth again", steady(green))
	seen := map[fakeusb.Color]bool{}
	for _, m := range d.State().History {
		seen[m.Top] = true
	}
	for _, m := range meanings() {
		if c := (fakeusb.Color{m.led.R, m.led.G, m.led.B}); !seen[c] || !strings.Contains(out, m.name) {
			t.Errorf("%s was not shown, or not said:\n%s", m.name, out)
		}
	}
	if out, code := l.gatefold("light", "test", "--pattern", "0,#0000ff,0.1,0,#000000,0.1,0", "--for", "1s"); code != 0 || !strings.Contains(out, "blue") {
		t.Errorf("a pattern (%d): %s", code, out)
	}
	l.shows(d, "the truth after the pattern", func(s fakeusb.State) bool { return steady(green)(s) && !s.Playing })
	p.stop()
	if out, code := l.gatefold("light", "test", "20001234", "--for", "300ms"); code != 0 || !strings.Contains(out, "deny") {
		t.Errorf("without a daemon (%d): %s", code, out)
	}
	if s := d.State(); s.Shown != (fakeusb.Shown{}) || s.Armed || !ever(s, red) {
		t.Errorf("after it: %v, armed %v", s.Shown, s.Armed)
	}
	l.unworn(d)
}

// ever says whether a colour was ever shown.
func ever(s fakeusb.State, c fakeusb.Color) bool {
	return slices.ContainsFunc(s.History, func(m fakeusb.Moment) bool { return m.Top == c })
}

func TestLightOnBrightness(t *testing.T) {
	l := newLit(t, "light: usb", true)
	d := l.plug("1-1", fakeusb.Mk2, "20001234")
	l.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := l.run()
	l.shows(d, "red", steady(red))
	l.lights("light: usb\nbrightness: 20")
	l.shows(d, "a dimmer red", steady(fakeusb.Color{51, 0, 0}))
	p.kill()
	l.shows(d, "the alarm, as bright as ever", alarm)
}

// A mk1 has its alarm in EEPROM: written once, when somebody asks for it.
func TestLightOnEEPROM(t *testing.T) {
	l := newLit(t, "light: usb", true)
	d := l.plug("1-1", fakeusb.Mk1, "1a001234")
	if out, code := l.gatefold("light", "alarm"); code != exitUsage || !strings.Contains(out, "--yes") {
		t.Errorf("nobody is there to be asked (%d): %s", code, out)
	}
	if out, code := l.gatefold("light", "alarm", "1A001234", "--yes"); code != 0 || !strings.Contains(out, "12 lines written") {
		t.Errorf("the first time (%d): %s", code, out)
	}
	wrote := d.State().EEPROM
	if out, code := l.gatefold("light", "alarm", "--yes"); code != 0 || !strings.Contains(out, "nothing was written") {
		t.Errorf("the second time (%d): %s", code, out)
	}
	l.home.Play(kitchen, sim.Item{Name: "So What"})
	p := l.run()
	l.shows(d, "green", steady(green))
	if out, code := l.gatefold("light", "alarm", "--yes"); code != exitFailed || !strings.Contains(out, "stop it first") {
		t.Errorf("beside the daemon (%d): %s", code, out)
	}
	p.kill()
	l.shows(d, "the alarm", alarm)
	if got := d.State().EEPROM; got != wrote {
		t.Errorf("EEPROM writes: %d, then %d", wrote, got)
	}
}

// A trial without a daemon that is cut off half way, because its terminal is closed or nobody reads on, leaves no alarm
// of a daemon that never ran.
func TestLightOnATrialThatIsCutOff(t *testing.T) {
	for name, cut := range map[string]func(*exec.Cmd, *os.File) error{
		"hangup": func(c *exec.Cmd, _ *os.File) error { return c.Process.Signal(syscall.SIGHUP) },
		"pipe":   func(_ *exec.Cmd, r *os.File) error { return r.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLit(t, "light: usb", true)
			d := l.plug("1-1", fakeusb.Mk2, "20001234")
			r, w, err := os.Pipe()
			l.must(err)
			defer r.Close()
			c := exec.Command(l.program, "light", "test", "--for", "300ms")
			c.Env, c.Dir, c.Stdout = l.env(), l.dir, w
			l.must(l.start(c))
			w.Close()
			l.shows(d, "the first meaning", steady(dimmed))
			l.must(cut(c, r))
			c.Wait() // its exit code says that it was interrupted
			if s := d.State(); s.Shown != (fakeusb.Shown{}) || s.Armed {
				t.Errorf("it shows %v, armed %v; %s", s.Shown, s.Armed, c.ProcessState)
			}
		})
	}
}
