package fakeusb

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// The quirks that the driver is built around, each as facts about the real firmwares have it.

func send(t *testing.T, d *Device, b ...byte) {
	t.Helper()
	if err := d.SetReport(append([]byte{1}, append(b, make([]byte, 8-len(b))...)...)); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, d *Device, b ...byte) []byte {
	t.Helper()
	send(t, d, b...)
	a, err := d.GetReport()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// lines sets lines from pos on, of these colours and ticks.
func lines(t *testing.T, d *Device, pos byte, ls ...line) {
	t.Helper()
	for i, l := range ls {
		send(t, d, 'l', l.led)
		send(t, d, 'P', l.color[0], l.color[1], l.color[2], byte(l.ticks>>8), byte(l.ticks), pos+byte(i))
	}
}

var (
	red   = Color{255, 0, 0}
	green = Color{0, 255, 0}
	black = Color{}
)

// tops are the colours that the top LED was told, one after the other.
func tops(d *Device) []Color {
	var cs []Color
	for _, m := range d.State().History {
		cs = append(cs, m.Top)
	}
	return cs
}

func TestPlayingCountsAndEndsInclusive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDevice(Mk3, "3000abcd")
		lines(t, d, 4, line{red, 10, 0}, line{black, 0, 0}, line{green, 20, 2}, line{red, 1, 0})
		send(t, d, 'p', 1, 4, 6, 2)
		if s := ask(t, d, 'S'); !slices.Equal(s[2:6], []byte{1, 4, 6, 2}) {
			t.Errorf("play state % x", s)
		}
		time.Sleep(time.Minute)
		s := d.State()
		var at []time.Duration
		for _, m := range s.History {
			at = append(at, m.At.Sub(s.History[0].At))
		}
		ms := time.Millisecond
		if want := []time.Duration{0, 100 * ms, 300 * ms, 400 * ms}; !slices.Equal(at, want) || s.Playing || s.Top != red || s.Bottom != green {
			t.Errorf("changes at %v, playing %v, shows %v", at, s.Playing, s.Shown)
		}
	})
}

func TestTheWatchdogHasOneShot(t *testing.T) {
	for _, c := range []struct {
		model Model
		f     Firmware
		want  []Color // in the first second
	}{
		{Mk3, Firmware{}, []Color{red, green, red}},
		{Mk2, Firmware{Version: 205}, []Color{red, green, red}},
		{Mk2, Firmware{Version: 205, ExclusiveEnd: true}, []Color{red, red, red}},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := NewDeviceWith(c.model, "20001234", c.f)
			lines(t, d, 10, line{red, 40, 0}, line{green, 40, 0}, line{black, 40, 0})
			send(t, d, 'D', 1, 0, 200, 1, 10, 11)
			time.Sleep(1900 * time.Millisecond)
			send(t, d, 'D', 1, 0, 200, 1, 10, 11)
			send(t, d, 'c', 0, 0, 255, 0, 1, 0) // does not disarm it
			time.Sleep(1999 * time.Millisecond)
			if s := d.State(); s.Fired != 0 || !s.Armed {
				t.Errorf("fired %d, armed %v", s.Fired, s.Armed)
			}
			time.Sleep(time.Second)
			if got := tops(d)[1:]; !slices.Equal(got, c.want) || d.State().Armed {
				t.Errorf("mk%d %+v plays %v, want %v", c.model, c.f, got, c.want)
			}
			send(t, d, 'D', 1, 0, 200, 1, 10, 11)
			if s := d.State(); !s.Playing || !s.Armed || s.Fired != 1 {
				t.Error("arming it anew stops what it plays")
			}
		})
	}
}

func TestOldWatchdogsPlayAllLines(t *testing.T) {
	for m, f := range map[Model]Firmware{Mk1: {}, Mk2: {Version: 204}} {
		synctest.Test(t, func(t *testing.T) {
			d := NewDeviceWith(m, "20001234", f)
			send(t, d, 'D', 1, 0, 1, 1, 28, 31)
			time.Sleep(6 * time.Second)
			if got := tops(d); len(got) < 12 || got[0] != rainbow()[0].color || got[11] != rainbow()[11].color {
				t.Errorf("mk%d plays %v", m, got)
			}
		})
	}
}

func TestTheOverflowOfOldWatchdogs(t *testing.T) {
	for version, fires := range map[int]bool{204: true, 205: false} {
		synctest.Test(t, func(t *testing.T) {
			d := NewDeviceWith(Mk2, "20001234", Firmware{Version: version})
			send(t, d, 'D', 1, 6600>>8, 6600&0xff, 1, 28, 31) // 66 s
			time.Sleep(2 * time.Second)
			if s := d.State(); (s.Fired == 1) != fires {
				t.Errorf("%d fired %d times after 2 s", version, s.Fired)
			}
		})
	}
}

// An mk2 plays the alarm as often as was left to play of what the watchdog interrupted.
func TestTheLeftoverCount(t *testing.T) {
	for m, ends := range map[Model]bool{Mk2: true, Mk3: false} {
		synctest.Test(t, func(t *testing.T) {
			d := NewDevice(m, "20001234")
			lines(t, d, 0, line{red, 100, 0}, line{green, 100, 0})
			send(t, d, 'D', 1, 0, 250, 1, 0, 1)
			send(t, d, 'p', 1, 0, 1, 3)
			time.Sleep(time.Minute)
			if s := d.State(); s.Fired != 1 || s.Playing == ends {
				t.Errorf("mk%d: playing %v after a minute", m, s.Playing)
			}
			send(t, d, 'p', 0)
			if s := d.State(); s.Playing {
				t.Error("it cannot be stopped")
			}
		})
	}
}

func TestAnMk1LooksForTheWishInTheWrongPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDevice(Mk1, "1a001234")
		send(t, d, 'c', 255, 0, 0, 0, 1, 0)
		send(t, d, 'D', 1, 2, 1, 0)
		if d.Shown().Top != red {
			t.Error("the low byte is not 0, and the light is off")
		}
		send(t, d, 'D', 1, 2, 0, 1)
		if d.Shown().Top != black {
			t.Error("the low byte is 0, and the light stays")
		}
		lines(t, d, 3, line{green, 7, 2})
		d.Replug()
		if a := ask(t, d, 'R', 0, 0, 0, 0, 0, 3); !slices.Equal(a[2:8], []byte{0, 255, 0, 0, 7, 0}) || d.State().EEPROM != 1 {
			t.Errorf("line 3 is % x after a replug, %d writes", a, d.State().EEPROM)
		}
	})
}

func TestReadingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		two, three := NewDevice(Mk2, "20001234"), NewDevice(Mk3, "3000abcd")
		for _, d := range []*Device{two, three} {
			send(t, d, 'c', 200, 0, 0, 0, 1, 1)
			send(t, d, 'c', 0, 200, 0, 0, 100, 2) // over a second
			time.Sleep(500 * time.Millisecond)
		}
		if a := ask(t, two, 'r', 0, 0, 0, 0, 0, 2); !slices.Equal(a[2:5], []byte{0, 200, 0}) {
			t.Errorf("bottom of mk2 is % x", a) // half a second more has passed for it
		}
		if a := ask(t, three, 'r', 0, 0, 0, 0, 0, 2); !slices.Equal(a[2:5], []byte{200, 0, 0}) {
			t.Errorf("mk3 answers % x for the wrong LED", a)
		}
		send(t, three, 'l', 2)
		if a := ask(t, three, 'r', 0, 0, 0, 0, 0, 1); !slices.Equal(a[2:5], []byte{0, 100, 0}) {
			t.Errorf("in the middle of its fade it is % x", a)
		}
		if a := ask(t, three, 'v'); string(a[3:5]) != "33" {
			t.Errorf("version % x", a)
		}
	})
}

func TestPowerIsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDevice(Mk2, "20001234")
		lines(t, d, 28, line{red, 7, 0})
		send(t, d, 'D', 1, 1, 1, 1, 28, 31)
		d.BrownOut()
		if a := ask(t, d, 'R', 0, 0, 0, 0, 0, 28); !slices.Equal(a[2:8], make([]byte, 6)) || d.State().Armed {
			t.Errorf("after a brown-out line 28 is % x, armed %v", a, d.State().Armed)
		}
		send(t, d, 'p', 1, 30, 40, 0)
		time.Sleep(time.Second)
		if d.State().Overruns == 0 {
			t.Error("lines past the last were played and not noticed")
		}
		send(t, d, 'p', 0)
		send(t, d, 'W', 0xbe, 0xef, 0xca, 0xfe)
		if s := d.State(); s.Flash != 1 || len(s.Forbidden) != 1 {
			t.Errorf("%d writes to flash, forbidden %q", s.Flash, s.Forbidden)
		}
	})
}
