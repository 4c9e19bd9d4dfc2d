package hardware

import (
	"math"
	"testing"
	"time"
)

func TestRhythmOfAnLED(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		led     LED
		elapsed time.Duration
		lit     bool
		edge    time.Duration
	}{
		{LED{Color: red}, 0, true, 0},
		{LED{Color: red}, time.Hour, true, 0},
		{LED{Color: red, Every: -s}, s, true, 0},
		{LED{Every: s}, s / 2, true, 0}, // dark in both halves: no rhythm
		{LED{Color: red, Every: s}, 0, true, s / 2},
		{LED{Color: red, Every: s}, s/2 - 1, true, 1},
		{LED{Color: red, Every: s}, s / 2, false, s / 2},
		{LED{Color: red, Every: s}, 7*s + 600*time.Millisecond, false, 400 * time.Millisecond},
		{LED{Color: red, Every: s}, -5 * s, true, s / 2}, // the clock went back
		{LED{Color: red, Every: 1}, 49 * time.Millisecond, true, time.Millisecond},
		{LED{Color: red, Every: 1}, 50 * time.Millisecond, false, 50 * time.Millisecond},
		{LED{Color: red, Every: math.MaxInt64}, 0, true, math.MaxInt64 / 2},
	} {
		n := c.led.beat(c.elapsed)
		if lit, edge := n.color == c.led.Color, n.next; lit != c.lit || edge != c.edge {
			t.Errorf("%+v after %v: lit %v, edge in %v; want %v, %v", c.led, c.elapsed, lit, edge, c.lit, c.edge)
		}
	}
}

func TestFadeFitsTheRhythm(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		fade, every, want time.Duration
	}{{500 * ms, 0, 500 * ms}, {500 * ms, 1000 * ms, 250 * ms}, {100 * ms, 1000 * ms, 100 * ms}, {time.Hour, 1, 25 * ms}} {
		if got := (LED{Color: red, Fade: c.fade, Every: c.every}).fade(); got != c.want {
			t.Errorf("fade %v every %v is %v, want %v", c.fade, c.every, got, c.want)
		}
	}
}

func TestAScoreKeepsTheBeat(t *testing.T) {
	var s score
	at := func(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }
	blink := LED{Color: red, Every: time.Second}

	s.want(Frame{Top: blink}, at(0))
	if !s.want(Frame{Top: blink, Bottom: LED{Color: blue}}, at(300)) || s.top.began != at(0) {
		t.Error("a change of the bottom moved the beat of the top")
	}
	if s.want(Frame{Top: blink, Bottom: LED{Color: blue}}, at(400)) {
		t.Error("a repeat is a change")
	}
	s.want(Both(blink), at(700))
	if s.top.began != at(700) || s.bottom.began != at(700) {
		t.Error("equal LEDs do not beat together")
	}
}

// A fade under way that is to be done sooner is told so; a repeat of it is not sent.
func TestAFasterFadeOvertakes(t *testing.T) {
	var s sequence
	now := time.Unix(0, 0)
	show := func(fade time.Duration) int {
		s.want(Both(LED{Color: red, Fade: fade}), now)
		return len(s.due(now))
	}
	if show(time.Minute) != 1 {
		t.Error("the first fade was not sent")
	}
	now = now.Add(time.Second)
	if show(time.Minute) != 0 || show(2*time.Minute) != 0 {
		t.Error("a fade to the same colour was sent again")
	}
	if show(time.Second) != 1 {
		t.Error("the faster fade was not sent")
	}
	now = now.Add(time.Minute)
	if show(0) != 0 {
		t.Error("a colour that is there already was sent")
	}
}
