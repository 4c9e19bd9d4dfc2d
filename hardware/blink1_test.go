package hardware

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestShowsColoursPerLED(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(Frame{Top: LED{Color: red, Fade: 500 * time.Millisecond}, Bottom: LED{Color: green}})
		want := []report{{1, 'c', 255, 0, 0, 0, 50, 1}, {1, 'c', 0, 128, 0, 0, 1, 2}}
		if got := reports(d); !slices.Equal(got, want) {
			t.Errorf("sent % x, want % x", got, want)
		}
		r.show(steady(blue))
		if got := reports(d)[2:]; !slices.Equal(got, []report{{1, 'c', 0, 0, 255, 0, 1, 0}}) {
			t.Errorf("one colour on both took % x", got)
		}
		want1 := Status{State: StateConnected, Name: "usb", Connected: true, Serial: "20001234", Model: "blink(1) mk2", Firmware: "205", Path: "1-1:1.0", Watchdog: true, Changes: 2}
		if s := r.Status(); s != want1 {
			t.Errorf("status %+v", s)
		}
	})
}

// A light that nobody has asked for anything keeps its colour. Its watchdog is armed all the same: a program that dies
// or hangs before its first frame does so in the sight of all.
func TestNothingIsSentUnasked(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.after(time.Minute)
		if got := reports(d); len(got) != 0 || !d.State().Armed {
			t.Errorf("before the first Show it was sent % x; armed: %v", got, d.State().Armed)
		}
	})
}

func TestARepeatedFrameSendsNothing(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		f := Frame{Top: LED{Color: red, Fade: time.Second}, Bottom: LED{Color: green, Fade: time.Second}}
		for range 100 {
			r.show(f)
			r.after(10 * time.Millisecond)
		}
		if n := len(reports(d)); n != 2 {
			t.Errorf("100 times the same frame took %d reports", n)
		}
		f.Bottom.Color = blue
		r.show(f)
		if n := len(reports(d)); n != 3 {
			t.Errorf("a change of one LED took %d reports", n-2)
		}
		if got := r.Status().Changes; got != 2 {
			t.Errorf("%d changes counted, want 2", got)
		}
	})
}

func TestTheLatestFrameWins(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		d.freeze()
		r.show(steady(red)) // hangs in the transfer
		for i := range 1000 {
			r.Show(steady(RGB{1, byte(i), byte(i >> 8)})) // none blocks
		}
		r.Show(steady(green))
		d.thaw()
		synctest.Wait()
		if n := len(reports(d)); n != 2 || !d.shows(green) {
			t.Errorf("it took %d reports to %v", n, d.Shown())
		}
	})
}

func TestRhythmBeats(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		start := time.Now()
		r.show(Frame{Top: LED{Color: red, Every: time.Second}, Bottom: LED{Color: blue, Every: 3 * time.Second}})
		r.after(3*time.Second + time.Millisecond)
		type beat struct {
			ms  int64
			led which
			c   RGB
		}
		want := []beat{
			{0, top, red}, {0, bottom, blue}, {500, top, RGB{}}, {1000, top, red}, {1500, both, RGB{}},
			{2000, top, red}, {2500, top, RGB{}}, {3000, top, red}, {3000, bottom, blue},
		}
		var got []beat
		for _, s := range fades(d) {
			got = append(got, beat{s.at.Sub(start).Milliseconds(), which(s.r[7]), RGB{s.r[2], s.r[3], s.r[4]}})
		}
		if !slices.Equal(got, want) {
			t.Errorf("beats\n%v, want\n%v", got, want)
		}
		if n := r.Status().Changes; n != 1 {
			t.Errorf("beats were counted as changes: %d", n)
		}
	})
}

func TestARhythmIsNotDisturbedByRepeatsOrTheOtherLED(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		f := Frame{Top: LED{Color: red, Every: time.Second}, Bottom: LED{Color: blue}}
		for i := range 30 {
			f.Bottom.Color.G = byte(i)
			r.show(f)
			r.after(100 * time.Millisecond)
		}
		var beats int
		for _, s := range fades(d) {
			if s.r[7] == byte(top) {
				beats++
			}
		}
		if beats != 6 && beats != 7 { // the seventh falls on the last instant
			t.Errorf("3 s of a rhythm of 1 s took %d reports", beats)
		}
	})
}

func TestAnMk1ShowsTop(t *testing.T) {
	d := mk1("1a001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(Frame{Top: LED{Color: red}, Bottom: LED{Color: green, Every: time.Second}})
		r.after(5 * time.Second)
		if got := reports(d); !slices.Equal(got, []report{{1, 'c', 255, 0, 0, 0, 1, 0}}) {
			t.Errorf("sent % x", got)
		}
		r.show(Frame{Top: LED{Color: red}, Bottom: LED{Color: blue}})
		if n := r.Status().Changes; n != 1 {
			t.Errorf("%d changes, of which one can be seen", n)
		}
	})
}

func TestAReplugAloneIsNoChange(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(Both(LED{Color: red, Every: time.Minute}))
		r.after(25 * time.Second)
		r.bus.unplug(d)
		r.after(10 * time.Second) // in the dark half
		r.bus.plug(d)
		r.after(lastRetry)
		if !d.shows(red) {
			t.Errorf("a slow rhythm begins with its dark half: %v", d.Shown())
		}
		if n := r.Status().Changes; n != 1 {
			t.Errorf("%d changes", n)
		}
	})
	d = mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(steady(red))
		r.bus.unplug(d)
		r.after(10 * time.Second)
		r.bus.plug(d)
		r.after(lastRetry)
		if !d.shows(red) {
			t.Errorf("the new device shows %v", d.Shown())
		}
	})
}

func TestReplugShowsTheFrameAgain(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(steady(red))
		r.bus.unplug(d)
		r.after(2 * HeartbeatEvery)
		if s := r.Status(); s.Connected || !strings.Contains(s.Err, "no blink(1) is plugged in") || s.Serial != "" {
			t.Errorf("unplugged, and the status is %+v", s)
		}
		r.Show(steady(green))
		r.bus.plug(d)
		r.after(lastRetry)
		if !d.shows(green) {
			t.Errorf("after the replug it shows %v", d.Shown())
		}
		var went []bool
		for _, s := range r.statuses {
			went = append(went, s.Connected)
		}
		if got := slices.Compact(went); !slices.Equal(got, []bool{true, false, true}) {
			t.Errorf("it was connected: %v", got)
		}
	})
}

func TestTheSearchBacksOff(t *testing.T) {
	bubble(t, "", nil, func(t *testing.T, r *rig) {
		r.after(30 * time.Second)
		want := []time.Duration{200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000}
		for i := range min(len(want), len(r.bus.searches)-1) {
			if got := r.bus.searches[i+1].Sub(r.bus.searches[i]); got != want[i]*time.Millisecond {
				t.Errorf("wait %d was %v, want %v", i, got, want[i]*time.Millisecond)
			}
		}
		if n := len(r.bus.searches); n != len(want)+1 {
			t.Errorf("%d searches in 30 s", n)
		}
	})
}

func TestAFailingDeviceBacksOffToo(t *testing.T) {
	d := mk2("20001234")
	d.broken = true
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(steady(red))
		r.after(30 * time.Second)
		if n := len(r.bus.searches); n > 11 {
			t.Errorf("a device that opens and never answers was opened %d times in 30 s", n)
		}
		if s := r.Status(); s.Connected || !strings.Contains(s.Err, "does not answer") {
			t.Errorf("status %+v", s)
		}
		d.broken = false
		r.after(lastRetry)
		if !d.shows(red) {
			t.Errorf("it works again and shows %v", d.Shown())
		}
	})
}

// A steady light is told every 2 s that we live, and asked whether it still is as it should be. Its colour is not sent
// again.
func TestASteadyLightGetsHeartbeatsOnly(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(steady(red))
		before := len(d.sent)
		r.after(time.Minute)
		letters := map[byte]int{}
		for _, s := range d.sent[before:] {
			letters[s.r.command()]++
		}
		want := map[byte]int{cmdWatchdog: 30, cmdReadPlay: 30, cmdReadColor: 30, cmdReadLine: 30}
		if !maps.Equal(letters, want) || r.Status().Restored != 0 {
			t.Errorf("in a minute it was sent %v, want %v", letters, want)
		}
	})
}

func TestSerialChoosesTheDevice(t *testing.T) {
	a, b := mk2("20001111"), mk2("2000abcd")
	b.info.Path = "1-2:1.0"
	bubble(t, " 2000ABCD", []*fakeDevice{a, b}, func(t *testing.T, r *rig) {
		r.show(steady(red))
		if a.opens != 0 || !b.shows(red) {
			t.Errorf("the one got % x, the other shows %v", reports(a), b.Shown())
		}
		if s := r.Status(); s.Name != "usb:2000abcd" {
			t.Errorf("it is named %q", s.Name)
		}
		r.bus.unplug(b)
		r.after(10 * time.Second)
		if s := r.Status(); !strings.Contains(s.Err, "2000abcd is not plugged in; there is 20001111") {
			t.Errorf("status %+v", s)
		}
	})
}

// What is opened is what is in a port by then: between finding and opening, people may swap two lights.
func TestASwapWhileOpening(t *testing.T) {
	d, other := mk2("20001234"), mk3("3000abcd")
	sys := machine(t, map[string]string{"sys/bus/usb/devices/1-1/serial": "3000ABCD\n"})
	synctest.Test(t, func(t *testing.T) {
		bus := &fakeBus{t: t, plugged: []*fakeDevice{d}, swapped: other}
		b, err := openBlink1(Blink1Options{Options: Options{Clock: wallClock{}}, Serial: "20001234"}, bus, sys, true)
		if err != nil {
			t.Fatal(err)
		}
		b.Show(steady(red))
		pass(time.Second)
		if s := b.Status(); s.State != StateOther || len(other.sent) != 0 || bus.opened != 0 {
			t.Errorf("status %+v; another one was sent %d reports; %d handles are open", s, len(other.sent), bus.opened)
		}
		b.Close()
	})
}

func TestTheFirstThatOpensIsTaken(t *testing.T) {
	a, b := mk2("20001111"), mk2("20002222")
	a.refuse = true
	b.info.Path = "1-2:1.0"
	bubble(t, "", []*fakeDevice{b, a}, func(t *testing.T, r *rig) {
		r.show(steady(red))
		if !b.shows(red) {
			t.Errorf("%+v", r.Status())
		}
		r.bus.unplug(b)
		r.after(10 * time.Second)
		if s := r.Status(); !strings.Contains(s.Err, "20001111: another program holds it") {
			t.Errorf("status %+v", s)
		}
	})
}

func TestCloseOfAHangingDevice(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		d.freeze()
		r.show(steady(red))
		began := time.Now()
		err := r.Close()
		if err == nil || time.Since(began) != CloseWait {
			t.Errorf("Close after %v: %v", time.Since(began), err)
		}
		d.thaw() // the owner still darkens it and lets go
		synctest.Wait()
		if !d.shows(RGB{}) || r.bus.opened != 0 {
			t.Errorf("shows %v, %d handles open", d.Shown(), r.bus.opened)
		}
	})
}

func TestCloseSaysWhenItMayNotBeDark(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(steady(red))
		d.broken = true
		if err := r.Close(); err == nil || !strings.Contains(err.Error(), "may not be dark") {
			t.Errorf("Close: %v", err)
		}
	})
}

// A transfer fails once, and Close comes before the device is looked for again: it is still there, lit, and its watchdog
// would show the alarm of somebody who ended in order.
func TestCloseAfterAFailureMakesItDark(t *testing.T) {
	d, other := mk2("20001234"), mk2("20000001")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(steady(red))
		r.bus.plug(other) // which is none of ours
		d.broken = true
		r.show(steady(green))
		d.broken = false
		r.after(firstRetry / 2)
		if r.Status().Connected || !d.shows(red) || !d.State().Armed {
			t.Fatalf("%+v, it shows %v", r.Status(), d.Shown())
		}
		r.bus.test.Add(1)
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if s := d.State(); !d.shows(RGB{}) || s.Armed || other.opens != 0 {
			t.Errorf("after Close it shows %v, armed %v; another one was opened %d times", s.Shown, s.Armed, other.opens)
		}
	})
}

// If it cannot be made dark then, that is said; if it was pulled out meanwhile, it is dark.
func TestCloseAfterAFailureThatLasts(t *testing.T) {
	for _, gone := range []bool{false, true} {
		d := mk2("20001234")
		again := func(r *rig) {
			r.bus.plug(d) // by then another program holds it: it is none of ours
			d.refuse = true
			r.after(time.Minute)
		}
		bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
			r.show(steady(red))
			d.broken = true
			r.show(steady(green))
			r.after(time.Second)
			if gone {
				r.bus.unplug(d)
				r.after(time.Minute)
				again(r)
			}
			r.bus.test.Add(1)
			if err := r.Close(); (err == nil) != gone || !gone && !strings.Contains(err.Error(), "may not be dark") {
				t.Errorf("pulled out: %v; Close: %v", gone, err)
			}
		})
	}
}

// The last transfer fails, and the one after it would not.
func TestCloseTriesAgain(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(steady(red))
		d.failing = 1
		r.bus.test.Add(1)
		if err := r.Close(); err != nil || !d.shows(RGB{}) || d.State().Armed {
			t.Errorf("Close: %v; it shows %v", err, d.Shown())
		}
	})
}

func TestCloseTwiceAndShowAfterIt(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		r.show(steady(red))
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				r.Show(steady(blue))
				if err := r.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
		}
		all.Wait()
		n := len(reports(d))
		r.show(steady(green))
		r.after(time.Minute)
		if !d.shows(RGB{}) || len(reports(d)) != n {
			t.Errorf("after Close it shows %v", d.Shown())
		}
		if s := r.Status(); s.Connected || s.Err != "" {
			t.Errorf("status %+v", s)
		}
	})
}

func TestManyShowersAtOnce(t *testing.T) {
	d := mk2("20001234")
	bubble(t, "", []*fakeDevice{d}, func(t *testing.T, r *rig) {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				for k := range 50 {
					r.Show(Frame{Top: LED{Color: RGB{1, byte(i), byte(k)}}})
					r.Status()
				}
			})
		}
		all.Wait()
		r.show(steady(green))
		if !d.shows(green) {
			t.Errorf("shows %v", d.Shown())
		}
	})
}

func TestWithoutUSB(t *testing.T) {
	b, err := openBlink1(Blink1Options{Options: Options{Clock: wallClock{}}}, nil, newSysfs("", ""), false)
	if err != nil {
		t.Fatal(err)
	}
	b.Show(steady(red))
	if s := b.Status(); s.Connected || !strings.Contains(s.Err, "CGO_ENABLED=1") {
		t.Errorf("status %+v", s)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestAClockIsRequired(t *testing.T) {
	if _, err := OpenBlink1(Blink1Options{}); err == nil {
		t.Error("opened without a clock")
	}
}

func TestNone(t *testing.T) {
	n := None()
	n.Show(steady(red))
	if err := n.Close(); err != nil || n.(Reporter).Status() != (Status{State: StateNone, Name: "none"}) {
		t.Errorf("%v %+v", err, n.(Reporter).Status())
	}
}

// fades are the colours that a device was told.
func fades(d *fakeDevice) []sent {
	return slices.DeleteFunc(slices.Clone(d.sent), func(s sent) bool { return s.r.command() != cmdFade })
}

func reports(d *fakeDevice) []report {
	var rs []report
	for _, s := range fades(d) {
		rs = append(rs, s.r)
	}
	return rs
}
