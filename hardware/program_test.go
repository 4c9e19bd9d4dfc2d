package hardware

import (
	"slices"
	"testing"
	"time"

	"gatefold/hardware/fakeusb"
)

// A pattern is the same to see, whether the device plays it or we do.
func TestPatternsLookTheSameOnEveryModel(t *testing.T) {
	const text = "3,#ff0000,0.3,1,#0000ff,0.2,2,#000000,0.5,0,#008000,0.4,0"
	type moment struct {
		at time.Duration
		fakeusb.Shown
	}
	r, g, b := fakeusb.Color{255, 0, 0}, fakeusb.Color{0, 128, 0}, fakeusb.Color{0, 0, 255}
	var want []moment
	for round := range 3 {
		at := time.Duration(round) * 1400 * time.Millisecond
		before := g
		if round == 0 {
			before = fakeusb.Color{}
		}
		want = append(want, moment{at, fakeusb.Shown{Top: r, Bottom: before}}, moment{at + 300*time.Millisecond, fakeusb.Shown{Top: r, Bottom: b}},
			moment{at + 500*time.Millisecond, fakeusb.Shown{}}, moment{at + time.Second, fakeusb.Shown{Top: g, Bottom: g}})
	}
	for _, d := range []*fakeDevice{
		fake(fakeusb.Mk2, 203, "20001234"), fake(fakeusb.Mk2, 205, "20001234"), mk3("3000abcd"), fake(fakeusb.Mk4, 0, "40001234"),
	} {
		bubble(t, "", []*fakeDevice{d}, func(t *testing.T, rig *rig) {
			rig.after(3 * time.Second)
			began := time.Now()
			rig.show(Both(LED{Pattern: pattern(t, text)}))
			rig.after(time.Minute)
			var got []moment
			for _, m := range d.State().History {
				now := moment{m.At.Sub(began), m.Shown}
				if n := len(got); m.At.Before(began) || n > 0 && got[n-1].Shown == now.Shown || n == 0 && now.Shown == (fakeusb.Shown{}) {
					continue
				}
				if n := len(got); n > 0 && got[n-1].at == now.at {
					got[n-1] = now // two LEDs take two reports
					continue
				}
				got = append(got, now)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %s shows\n%v, want\n%v", d.info.Model, rig.Status().Firmware, got, want)
			}
			if s := d.State(); s.Playing || rig.Status().Restored != 0 || rig.Status().Changes != 1 {
				t.Errorf("%s: playing %v, status %+v", d.info.Model, s.Playing, rig.Status())
			}
		})
	}
}

// What the device plays by itself takes heartbeats only, and repeats of the frame do not disturb it.
func TestADevicePlaysByItself(t *testing.T) {
	for _, d := range []*fakeDevice{mk2("20001234"), mk3("3000abcd")} {
		bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
			f := Both(LED{Pattern: pattern(t, "0,#ff0000,0.2,1,#0000ff,0.3,2,#000000,0.5,0")})
			r.show(f)
			before := len(d.sent)
			for range 60 {
				r.show(f)
				r.after(time.Second)
			}
			if got := letters(d.sent[before:]); got != "DRS" || len(d.sent)-before > 3*31 {
				t.Errorf("%s: in a minute %d reports: %q", d.info.Model, len(d.sent)-before, got)
			}
			if n := len(d.State().History); n < 180 || n > 184 {
				t.Errorf("%s: it has shown %d changes in 60 rounds of 3", d.info.Model, n)
			}
			// Another pattern: only the line that differs is written.
			before = len(d.sent)
			r.show(Both(LED{Pattern: pattern(t, "0,#ff0000,0.2,1,#0000ff,0.3,2,#000000,0.6,0")}))
			want := []report{stopReport(), ledReport(both), lineReport(2, RGB{}, 60), offReport(), playReport(0, 2, 0)}
			var got []report
			for _, s := range d.sent[before:] {
				got = append(got, s.r)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: another pattern took % x, want % x", d.info.Model, got, want)
			}
			r.show(steady(green))
			if s := d.State(); s.Playing || !d.shows(green) {
				t.Errorf("%s: a colour ends it: playing %v, shows %v", d.info.Model, s.Playing, s.Shown)
			}
			r.show(f)
			r.show(Frame{Top: f.Top, Bottom: LED{Color: blue}}) // now we play
			r.after(10 * time.Second)
			if s := d.State(); s.Playing || s.Bottom != (fakeusb.Color{0, 0, 255}) || r.Status().Restored != 0 {
				t.Errorf("%s: LEDs that differ: playing %v, shows %v", d.info.Model, s.Playing, s.Shown)
			}
		})
	}
}

// A counted pattern ends by itself, on every model, and is not played again by a replug.
func TestACountedPatternStaysAtItsEnd(t *testing.T) {
	for _, d := range []*fakeDevice{mk1("1a001234"), fake(fakeusb.Mk2, 203, "20001234"), mk2("20001234"), mk3("3000abcd")} {
		bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
			r.show(Both(LED{Pattern: pattern(t, "2,#ff0000,1,0,#0000ff,1,0")}))
			r.after(3500 * time.Millisecond)
			if n := len(flashesTo(d, red)); n != 2 {
				t.Errorf("%s: red %d times after 3.5 s", d.info.Model, n)
			}
			r.after(time.Minute)
			if !d.shows(blue) || len(flashesTo(d, red)) != 2 || r.Status().Restored != 0 {
				t.Errorf("%s shows %v; red %d times; %+v", d.info.Model, d.Shown(), len(flashesTo(d, red)), r.Status())
			}
			r.bus.unplug(d)
			r.after(10 * time.Second)
			r.bus.plug(d)
			r.after(10 * time.Second)
			if !d.shows(blue) || len(flashesTo(d, red)) != 0 {
				t.Errorf("%s, plugged in again, shows %v", d.info.Model, d.Shown())
			}
		})
	}
}

// flashesTo are the moments at which a device began to show a colour.
func flashesTo(d *fakeDevice, c RGB) []time.Time {
	var at []time.Time
	for _, m := range d.State().History {
		if m.Top == (fakeusb.Color{c.R, c.G, c.B}) {
			at = append(at, m.At)
		}
	}
	return at
}

// A pattern of one line is a fade: no firmware can play line 0 alone.
func TestAPatternOfOneLine(t *testing.T) {
	d := mk3("3000abcd")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(Both(LED{Pattern: pattern(t, "0,#ff0000,1,0")}))
		r.after(time.Minute)
		if s := d.State(); s.Playing || !d.shows(red) || len(fades(d)) != 1 {
			t.Errorf("playing %v, shows %v, %d fades", s.Playing, s.Shown, len(fades(d)))
		}
	})
}
