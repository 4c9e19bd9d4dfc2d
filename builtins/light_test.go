package builtins

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatefold/engine"
)

// effect reads a call.
func effect(t *testing.T, call string) engine.Effect {
	t.Helper()
	e, err := engine.ParseEffect(call, All(Deps{})...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func stands(t *testing.T, c engine.Condition, calls ...string) engine.Stands {
	t.Helper()
	s := engine.Stands{Condition: c}
	for _, call := range calls {
		s.Effects = append(s.Effects, effect(t, call))
	}
	return s
}

func TestBuiltinLights(t *testing.T) {
	for c, want := range map[engine.Condition]string{
		engine.ConditionIdle:    `blink1.set(color="#ffffff", brightness=5)`,
		engine.ConditionAllow:   `blink1.set(color="#00ff00", brightness=20)`,
		engine.ConditionUnknown: `blink1.set(color="#ffbf00", brightness=20)`,
		engine.ConditionBlind:   `blink1.blink(color="#ffbf00", every="2s")`,
		engine.ConditionDeny:    `blink1.set(color="#ff0000")`,
		engine.ConditionFault:   `blink1.blink(color="#ff00ff", every="250ms")`,
	} {
		e := Builtin(c)
		if e.String() != want {
			t.Errorf("%s: %s, not %s", c, e, want)
		}
		if err := readBack(e); err != nil {
			t.Error(err)
		}
		if l := e.Args.(lightArgs).shows(); l.R|l.G|l.B == 0 {
			t.Errorf("the light of %s is dark", c)
		}
	}
}

func TestShown(t *testing.T) {
	for _, x := range []struct {
		name   string
		stands engine.Stands
		want   []string
	}{
		{"nothing called", stands(t, engine.ConditionDeny, "pause()"), []string{`blink1.set(color="#ff0000")`}},
		{"both LEDs", stands(t, engine.ConditionAllow, "poll()", `blink1.set("blue")`), []string{`blink1.set(color="#0000ff")`}},
		{"off is shown", stands(t, engine.ConditionIdle, `blink1.off()`), []string{`blink1.off()`}},
		{"top only", stands(t, engine.ConditionDeny, `blink1.set("blue", led=1)`),
			[]string{`blink1.set(color="#ff0000", led=2)`, `blink1.set(color="#0000ff", led=1)`}},
		{"bottom only", stands(t, engine.ConditionBlind, `blink1.set("blue", led=2)`),
			[]string{`blink1.blink(color="#ffbf00", every="2s", led=1)`, `blink1.set(color="#0000ff", led=2)`}},
		{"one and the other", stands(t, engine.ConditionDeny, `blink1.set("blue", led=1)`, `blink1.off(led=2)`),
			[]string{`blink1.set(color="#0000ff", led=1)`, `blink1.off(led=2)`}},
		{"another light beside it", stands(t, engine.ConditionDeny, `blink1.set("blue", light="door", led=1)`, `blink1.off()`),
			[]string{`blink1.off()`, `blink1.set(color="#ff0000", led=2, light="door")`, `blink1.set(color="#0000ff", led=1, light="door")`}},
		{"another light alone", stands(t, engine.ConditionAllow, `blink1.set("blue", light="door")`),
			[]string{`blink1.set(color="#00ff00", brightness=20)`, `blink1.set(color="#0000ff", light="door")`}},
		{"a fault shows itself", stands(t, engine.ConditionFault, `blink1.set("green")`, "pause()"),
			[]string{`blink1.blink(color="#ff00ff", every="250ms")`}},
	} {
		var got []string
		for _, e := range Shown(x.stands) {
			got = append(got, e.String())
		}
		if !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s: %v, not %v", x.name, got, x.want)
		}
	}
}

func TestWishOf(t *testing.T) {
	blue := LED{B: 255, Fade: usualFade}
	red := LED{R: 255, Fade: usualFade}
	for _, x := range []struct {
		name   string
		stands engine.Stands
		want   Wish
	}{
		{"the built-in light", stands(t, engine.ConditionDeny), Wish{Rank: 4, Pair: Pair{red, red, true, true}}},
		{"a colour", stands(t, engine.ConditionAllow, `blink1.set("blue", brightness=50, fade="2s")`),
			Wish{Rank: 1, Pair: Pair{LED{B: 128, Fade: 2 * time.Second}, LED{B: 128, Fade: 2 * time.Second}, true, true}}},
		{"the last wins", stands(t, engine.ConditionAllow, `blink1.off()`, `blink1.set("blue", led=2)`),
			Wish{Rank: 1, Pair: Pair{LED{Fade: usualFade}, blue, true, true}}},
		{"one LED is left to the state", stands(t, engine.ConditionDeny, `blink1.set("blue", led=1)`), Wish{Rank: 4, Pair: Pair{blue, red, true, false}}},
		{"the other one", stands(t, engine.ConditionDeny, `blink1.set("blue", led=2)`), Wish{Rank: 4, Pair: Pair{red, blue, false, true}}},
		{"a rhythm", stands(t, engine.ConditionFault, `blink1.set("blue", led=2)`),
			Wish{Rank: 5, Pair: Pair{LED{R: 255, B: 255, Every: 250 * time.Millisecond}, LED{R: 255, B: 255, Every: 250 * time.Millisecond}, true, true}}},
	} {
		if got := WishOf(x.stands); !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s: %+v, not %+v", x.name, got, x.want)
		}
	}
}

func TestWishOfSeveralLights(t *testing.T) {
	w := WishOf(stands(t, engine.ConditionAllow, `blink1.set("blue", light="door", led=2)`, `blink1.pattern("2,#ff0000,1,0", brightness=50)`))
	green := LED{G: 51, Fade: usualFade}
	blue := LED{B: 255, Fade: usualFade}
	pattern := LED{Pattern: "2,#800000,1,0"}
	want := Wish{Rank: 1, Pair: Pair{pattern, pattern, true, true}, Named: map[string]Pair{"door": {green, blue, false, true}}}
	if !reflect.DeepEqual(w, want) {
		t.Errorf("%+v, not %+v", w, want)
	}
}

func TestDimmed(t *testing.T) {
	for _, x := range []struct {
		is   LED
		most int
		want LED
	}{
		{LED{R: 255, G: 128, Fade: 1}, 100, LED{R: 255, G: 128, Fade: 1}},
		{LED{R: 255, G: 128, Every: 1}, 50, LED{R: 128, G: 64, Every: 1}},
		{LED{R: 13, G: 13, B: 13}, 20, LED{R: 13, G: 13, B: 13}}, // dim enough as it is
		{LED{R: 255, B: 1}, 1, LED{R: 3}},
		{LED{}, 1, LED{}},
		{LED{Pattern: "3,#ff0000,0.5,0,#000000,0.5,0,#010203,1,2"}, 10, LED{Pattern: "3,#1a0000,0.5,0,#000000,0.5,0,#010203,1,2"}},
	} {
		if got := x.is.Dimmed(x.most); got != x.want {
			t.Errorf("%+v at %d %%: %+v, not %+v", x.is, x.most, got, x.want)
		}
	}
}

// Whatever the brightness, what is lit stays lit, on a light and in a pattern, and nothing is brighter than the cap.
func TestNothingBecomesDark(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := color{rapid.Uint8().Draw(rt, "r"), rapid.Uint8().Draw(rt, "g"), rapid.Uint8().Draw(rt, "b")}
		brightness := percent(rapid.IntRange(1, 100).Draw(rt, "brightness"))
		most := rapid.IntRange(1, 100).Draw(rt, "most")
		if c == (color{}) {
			return
		}
		l := setArgs{color: c}
		l.brightness = brightness
		if got := l.shows().Dimmed(most); got.R|got.G|got.B == 0 || int(max(got.R, got.G, got.B)) > (255*most+50)/100 {
			rt.Fatalf("%v at %d %%: %+v", c, most, got)
		}
		p := patternArgs{pattern: pattern{1, []patternLine{{c, 1, ledAll}, {color{}, 1, ledAll}}}}
		p.brightness = brightness
		read, err := parsePattern(p.shows().Dimmed(most).Pattern)
		if err != nil || read.lines[0].color == (color{}) || read.lines[1].color != (color{}) {
			rt.Fatalf("%v at %d %%: %+v, %v", c, most, read, err)
		}
	})
}

// wishes remembers what a lamp was told.
type wishes map[string]Wish

func (w wishes) Wish(account string, wish Wish) { w[account] = wish }

func TestStandTellsTheLamp(t *testing.T) {
	told := wishes{}
	for _, m := range All(Deps{Lamp: told}) {
		if m.Stand != nil {
			m.Stand("home", stands(t, engine.ConditionDeny, `blink1.set("blue", led=1)`))
		}
	}
	if want := WishOf(stands(t, engine.ConditionDeny, `blink1.set("blue", led=1)`)); len(told) != 1 || !reflect.DeepEqual(told["home"], want) {
		t.Errorf("the lamp was told %+v", told)
	}
	for _, m := range All(Deps{}) {
		if m.Stand != nil {
			t.Errorf("%s wants to show something without a lamp", m.Name)
		}
	}
}
