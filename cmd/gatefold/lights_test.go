package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/hardware"
	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/metrics"

	"github.com/prometheus/client_golang/prometheus"
)

// shownLight remembers what it was shown.
type shownLight struct {
	mu     sync.Mutex
	frames []hardware.Frame
}

func (s *shownLight) Show(f hardware.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = append(s.frames, f)
}

func (s *shownLight) Close() error { return nil }

func (s *shownLight) top() hardware.RGB { return s.last().Top.Color }

// last is what it shows.
func (s *shownLight) last() hardware.Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frames) == 0 {
		return hardware.Frame{}
	}
	return s.frames[len(s.frames)-1]
}

func TestMetricsKnowEveryStateOfALight(t *testing.T) {
	reg := prometheus.NewRegistry()
	m, err := metrics.New(reg, metrics.Options{Now: newClock(1).Now, Lights: []string{"default"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range hardware.States() {
		m.LightState("default", string(state))
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() != "gatefold_light_state" {
				continue
			}
			if n := len(f.GetMetric()); n != len(hardware.States()) {
				t.Errorf("%d states, not %d", n, len(hardware.States()))
			}
			for _, s := range f.GetMetric() {
				if on := s.GetGauge().GetValue() == 1; on != (s.GetLabel()[1].GetValue() == string(state)) {
					t.Errorf("in %s: %v", state, s)
				}
			}
		}
	}
}

// What rules may write, the driver can play.
func TestEveryPatternOfRulesCanBePlayed(t *testing.T) {
	l := builtins.LED{Pattern: alarmNotation}
	if got := led(l); got.Pattern.String() != alarmNotation {
		t.Errorf("played: %v", got)
	}
	if got := led(l.Dimmed(10)).Pattern.String(); got != "0,#1a0000,0.15,0,#000000,0.01,0,#000000,0.84,0" {
		t.Errorf("dimmed: %s", got)
	}
	if got := led(builtins.LED{Pattern: "nonsense"}); got.Color == (hardware.RGB{}) {
		t.Error("what cannot be played is dark, which is a lie")
	}
}

// A rule that makes up serials does not take the machine.
func TestLightsAreBounded(t *testing.T) {
	log := new(syncBuffer)
	l, err := openLights(lightsOptions{light: config.Light{Kind: "none"}, most: 100, log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 * mostLights {
		l.show(fmt.Sprintf("4000%04d", i), builtins.LED{R: 1}, builtins.LED{R: 1})
	}
	if n := len(l.report()); n != mostLights {
		t.Errorf("%d lights", n)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "more lights than can be opened"); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, log.String())
	}
}

func TestOneNameForOneDevice(t *testing.T) {
	c := &config.Config{Light: config.Light{Kind: "usb", Serial: "3000ABCD"}, Lights: config.Lights{{Name: "door", Serial: "3000abcd"}, {Name: "desk", Serial: "20001234"}}}
	if got := lightLabels(c); !slices.Equal(got, []string{"default", "desk"}) {
		t.Errorf("labels %v", got)
	}
	for name, want := range map[string]wantedLight{
		"door": {"default", "3000abcd"}, "3000ABCD": {"default", "3000abcd"}, "default": {"default", "3000abcd"},
		"desk": {"desk", "20001234"}, "20001234": {"desk", "20001234"}, "2000eeee": {"2000eeee", "2000eeee"},
	} {
		if got, err := lightNamed(c, name); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := lightNamed(c, "dor"); err == nil {
		t.Error("there is no light dor")
	}
}

// closedLight remembers that it was closed.
type closedLight struct {
	shownLight
	closed chan struct{}
	once   sync.Once
}

func (c *closedLight) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// A disk that hangs does not leave a light lit: nobody would stand for what it shows until its watchdog fires, and then
// it would show the alarm though gatefold has ended in order.
func TestTheLightEndsBesideADiskThatHangs(t *testing.T) {
	light := &closedLight{closed: make(chan struct{})}
	d := &daemon{log: slog.New(slog.DiscardHandler)}
	var err error
	d.lights, err = openLights(lightsOptions{
		most: 100, log: d.log, usual: func(hardware.Options) hardware.Light { return light },
	})
	if err != nil {
		t.Fatal(err)
	}
	d.down.add("light", d.lights.Close)
	hangs := make(chan struct{})
	defer close(hangs)
	d.down.add("rules", func() error { <-hangs; return nil })
	if err := d.closeAll(); err == nil {
		t.Error("it is not said")
	}
	select {
	case <-light.closed:
	default:
		t.Error("the light was left as it was")
	}
}

// A light that is not there shows nothing, and one that is tried shows that.
func TestStatusSaysWhatALightShows(t *testing.T) {
	light := &toldLight{}
	l, err := openLights(lightsOptions{
		most: 100, log: slog.New(slog.DiscardHandler),
		usual: func(o hardware.Options) hardware.Light { light.changed = o.Changed; return light },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.show("", builtins.LED{G: 128}, builtins.LED{G: 128})
	shows := func(s hardware.Status) string {
		light.changed(s)
		var out strings.Builder
		r := l.report()
		printLights(&out, control.Status{Light: r[0], Lights: r[1:]})
		return out.String()
	}
	there := hardware.Status{State: hardware.StateConnected, Connected: true, Watchdog: true}
	if out := shows(there); !strings.Contains(out, "shows green") {
		t.Errorf("connected:\n%s", out)
	}
	if out := shows(hardware.Status{State: hardware.StateAbsent, Err: "it is not plugged in"}); strings.Contains(out, "shows") {
		t.Errorf("not connected:\n%s", out)
	}
	l.try(l.labelled("default")[0], [2]builtins.LED{{R: 255}, {R: 255}}, time.Hour)
	if out := shows(there); !strings.Contains(out, "shows red, for gatefold light test") {
		t.Errorf("tried:\n%s", out)
	}
}

// toldLight tells what it is told to.
type toldLight struct {
	shownLight
	changed func(hardware.Status)
}

// What is asked of the lights while a rule names one more is no race.
func TestMissingWhileALightIsNamed(t *testing.T) {
	l, err := openLights(lightsOptions{light: config.Light{Kind: "none"}, most: 100, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var both sync.WaitGroup
	both.Go(func() {
		for i := range 20 {
			l.show(fmt.Sprintf("4000%04d", i), builtins.LED{R: 1}, builtins.LED{R: 1})
		}
	})
	both.Go(func() {
		for range 20 {
			l.missing("")
		}
	})
	both.Wait()
}

// What is to be typed is for what is in the way: a udev rule does not help against a control group.
func TestRemedyAgainstAControlGroup(t *testing.T) {
	for hint, want := range map[string]string{
		"cannot open blink(1) 20001234: operation not permitted: in a systemd unit set DeviceAllow=char-usb_device rw": "in the systemd unit: ",
		"no permission to open blink(1) 20001234": "light udev",
	} {
		if got := lightRemedy(hardware.StateForbidden, hint); !strings.Contains(got, want) {
			t.Errorf("against %q: %s", hint, got)
		}
	}
}

// What is printed can be pasted: a shell would wait for the end of a quote.
func TestUdevAdviceCanBePasted(t *testing.T) {
	for _, line := range strings.Split(udevAdvice, "\n") {
		if command, ok := strings.CutPrefix(line, "  "); ok && strings.ContainsAny(command, "<>'()") {
			t.Errorf("%s", command)
		}
	}
}

// Two of the same serial: the daemon holds the one in its port.
func TestListTellsEqualSerialsApart(t *testing.T) {
	sys := t.TempDir()
	for _, port := range []string{"1-1", "1-2"} {
		dir := filepath.Join(sys, "bus/usb/devices", port)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"idVendor": "27b8", "idProduct": "01ed", "serial": "20001234", "bcdDevice": "0002"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	held := control.Light{Label: "default", Connected: true, Serial: "20001234", Port: "1-2:1.0"}
	found := listLights(stdio{sys: sys, dev: t.TempDir()}, &config.Config{}, []control.Light{held})
	if len(found) != 2 || found[0].Daemon || !found[1].Daemon {
		t.Errorf("listed: %+v", found)
	}
}
