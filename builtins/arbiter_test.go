package builtins

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"gatefold/engine"
)

// frames remembers what was shown on the light without a name.
type frames [][2]LED

func (f *frames) show(_ string, top, bottom LED) { *f = append(*f, [2]LED{top, bottom}) }

func (f frames) last() [2]LED { return f[len(f)-1] }

func wishFor(t *testing.T, c engine.Condition, calls ...string) Wish {
	return WishOf(stands(t, c, calls...))
}

func TestArbiterBeforeTheFirstLook(t *testing.T) {
	var shown frames
	NewArbiter([]string{"a", "b"}, nil, shown.show)
	amber := wishFor(t, engine.ConditionUnknown).Top
	if !reflect.DeepEqual(shown, frames{{amber, amber}}) || amber == (LED{}) {
		t.Errorf("shown: %+v", shown)
	}
}

func TestArbiterRanks(t *testing.T) {
	order := []engine.Condition{
		engine.ConditionFault, engine.ConditionDeny, engine.ConditionBlind,
		engine.ConditionUnknown, engine.ConditionAllow, engine.ConditionIdle,
	}
	for i, high := range order {
		for _, low := range order[i+1:] {
			for _, accounts := range [][2]string{{"a", "b"}, {"b", "a"}} {
				var shown frames
				a := NewArbiter([]string{"a", "b"}, nil, shown.show)
				a.Wish(accounts[0], wishFor(t, high))
				a.Wish(accounts[1], wishFor(t, low))
				if got, want := shown.last()[0], wishFor(t, high).Top; got != want {
					t.Errorf("%s over %s: %+v", high, low, got)
				}
			}
		}
	}
}

func TestArbiterTiesGoInConfigOrder(t *testing.T) {
	var shown frames
	a := NewArbiter([]string{"first", "second"}, nil, shown.show)
	a.Wish("second", wishFor(t, engine.ConditionAllow, `blink1.set("blue")`))
	a.Wish("first", wishFor(t, engine.ConditionAllow, `blink1.set("green")`))
	a.Wish("stranger", wishFor(t, engine.ConditionAllow, `blink1.set("yellow")`))
	if got := shown.last()[0]; got.G != 128 {
		t.Errorf("shown: %+v", got)
	}
	a.Wish("first", wishFor(t, engine.ConditionIdle))
	if got := shown.last()[0]; got.B != 255 {
		t.Errorf("shown when the first is idle: %+v", got)
	}
}

// TestArbiterPerLED: each account has its LED, and the other's built-in light does not disturb it, until that one sets
// it by having nothing to say at all.
func TestArbiterPerLED(t *testing.T) {
	var shown frames
	a := NewArbiter([]string{"a", "b"}, nil, shown.show)
	a.Wish("a", wishFor(t, engine.ConditionAllow, `blink1.set("lime", led=1)`))
	a.Wish("b", wishFor(t, engine.ConditionDeny, `blink1.set("red", led=2)`))
	if got := shown.last(); got[0].G != 255 || got[1].R != 255 {
		t.Errorf("shown: %+v", got)
	}
	a.Wish("b", wishFor(t, engine.ConditionBlind))
	amber := wishFor(t, engine.ConditionBlind).Top
	if got := shown.last(); got != [2]LED{amber, amber} {
		t.Errorf("shown when one is blind: %+v", got)
	}
}

func TestArbiterShowsChangesOnly(t *testing.T) {
	var shown frames
	a := NewArbiter([]string{"a"}, nil, shown.show)
	for range 5 {
		a.Wish("a", wishFor(t, engine.ConditionDeny))
		a.Wish("a", wishFor(t, engine.ConditionDeny, `blink1.set("red")`, "pause()"))
	}
	a.Wish("z", wishFor(t, engine.ConditionAllow))
	if len(shown) != 2 {
		t.Errorf("%d frames: %+v", len(shown), shown)
	}
}

func TestArbiterManyAccountsAtOnce(t *testing.T) {
	var shown frames
	a := NewArbiter(nil, nil, shown.show)
	blue, red := wishFor(t, engine.ConditionAllow, `blink1.set("blue")`), wishFor(t, engine.ConditionDeny)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 100 {
				a.Wish(fmt.Sprint(i), red)
				a.Wish(fmt.Sprint(i), blue)
			}
		})
	}
	all.Wait()
	if got := shown.last()[0]; got != blue.Top {
		t.Errorf("in the end it shows %+v", got)
	}
	for i := 1; i < len(shown); i++ {
		if shown[i] == shown[i-1] {
			t.Fatalf("frame %d shows nothing new", i)
		}
	}
}

// shownOn remembers what each light shows.
type shownOn map[string][2]LED

func (s shownOn) show(light string, top, bottom LED) { s[light] = [2]LED{top, bottom} }

func both(l LED) [2]LED { return [2]LED{l, l} }

// Nobody's light is dark: it shows the state of the house where no rule says something else.
func TestArbiterSeveralLights(t *testing.T) {
	shown := shownOn{}
	a := NewArbiter([]string{"kids", "parents"}, []string{"door"}, shown.show)
	builtin := func(c engine.Condition) [2]LED { return both(wishFor(t, c).Top) }
	expect := func(what string, want shownOn) {
		t.Helper()
		if !reflect.DeepEqual(shown, want) {
			t.Errorf("%s: %+v, not %+v", what, shown, want)
		}
	}
	unseen := builtin(engine.ConditionUnknown)
	expect("before the first look", shownOn{"": unseen, "door": unseen})

	red, blue := LED{R: 255, Fade: usualFade}, LED{B: 255, Fade: usualFade}
	a.Wish("kids", wishFor(t, engine.ConditionAllow, `blink1.set("blue", light="door")`))
	expect("one account sets it", shownOn{"": unseen, "door": both(blue)})
	a.Wish("parents", wishFor(t, engine.ConditionDeny))
	expect("who does not mention it yields", shownOn{"": both(red), "door": both(blue)})
	a.Wish("parents", wishFor(t, engine.ConditionDeny, `blink1.set("red", light="door", led=1)`))
	expect("who does ranks", shownOn{"": both(red), "door": {red, blue}})
	a.Wish("kids", wishFor(t, engine.ConditionAllow, `blink1.set("blue", light="3000abcd")`))
	expect("a light that a rule names by its serial", shownOn{"": both(red), "door": both(red), "3000abcd": both(blue)})
	a.Wish("parents", wishFor(t, engine.ConditionBlind))
	expect("nobody sets door", shownOn{"": builtin(engine.ConditionBlind), "door": builtin(engine.ConditionBlind), "3000abcd": both(blue)})
	a.Wish("kids", wishFor(t, engine.ConditionIdle))
	blind := builtin(engine.ConditionBlind)
	expect("nobody sets any", shownOn{"": blind, "door": blind, "3000abcd": blind})
	fault := builtin(engine.ConditionFault)
	a.Wish("kids", wishFor(t, engine.ConditionIdle, `blink1.off()`, `blink1.off(light="door")`, `blink1.off(light="3000abcd")`))
	a.Wish("parents", wishFor(t, engine.ConditionFault, `blink1.off()`))
	expect("a fault shows itself everywhere", shownOn{"": fault, "door": fault, "3000abcd": fault})
}

func TestArbiterFaultOfTheHouse(t *testing.T) {
	shown := shownOn{}
	a := NewArbiter([]string{"home"}, []string{"door"}, shown.show)
	fault := both(wishFor(t, engine.ConditionFault).Top)
	red := both(LED{R: 255, Fade: usualFade})
	a.House(true)
	for range 2 {
		if want := (shownOn{"": fault, "door": fault}); !reflect.DeepEqual(shown, want) {
			t.Errorf("in a fault it shows %+v", shown)
		}
		a.Wish("home", wishFor(t, engine.ConditionDeny, `blink1.set("red", light="door")`))
	}
	a.Wish("home", wishFor(t, engine.ConditionDeny, `blink1.set("red", light="3000abcd")`))
	if got := shown["3000abcd"]; got != fault {
		t.Errorf("a light that joins in a fault shows %+v", got)
	}
	a.House(false)
	if want := (shownOn{"": red, "door": red, "3000abcd": red}); !reflect.DeepEqual(shown, want) {
		t.Errorf("after it %+v", shown)
	}
}

// What shows is what a walk over all wishes would find, whatever came before.
func TestArbiterShowsTheBestOfEveryLight(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	calls := []string{
		`blink1.set("red")`, `blink1.set("blue", led=1)`, `blink1.set("red", light="door", led=2)`, `blink1.set("blue", light="door")`,
		`blink1.off(light="desk", led=1)`, `blink1.pattern("1,#00ff00,1,0", light="desk")`,
	}
	rapid.Check(t, func(rt *rapid.T) {
		shown := shownOn{}
		a := NewArbiter(names, []string{"door"}, shown.show)
		wishes := map[string]Wish{}
		for _, n := range names {
			wishes[n] = wishFor(t, engine.ConditionUnknown)
		}
		for range rapid.IntRange(1, 30).Draw(rt, "turns") {
			c := engine.Condition(rapid.IntRange(int(engine.ConditionIdle), int(engine.ConditionFault)).Draw(rt, "condition"))
			n := rapid.SampledFrom(names).Draw(rt, "account")
			wishes[n] = wishFor(t, c, rapid.SliceOfN(rapid.SampledFrom(calls), 0, 3).Draw(rt, "calls")...)
			a.Wish(n, wishes[n])
			for light, got := range shown {
				var best [2]Pair
				var of [2]standing
				for i, n := range names {
					p := wishes[n].Of(light)
					for led, s := range []standing{{p.TopSet, wishes[n].Rank}, {p.BottomSet, wishes[n].Rank}} {
						if i == 0 || s.before(of[led]) {
							best[led], of[led] = p, s
						}
					}
				}
				if want := [2]LED{best[0].Top, best[1].Bottom}; got != want {
					rt.Fatalf("light %q shows %+v, not %+v", light, got, want)
				}
			}
		}
	})
}

// A rule that makes up names of lights costs neither memory nor time without end: each light is a contest of all
// accounts, and each account's wish is held up by all lights.
func TestArbiterIsBounded(t *testing.T) {
	shown := map[string]bool{}
	a := NewArbiter([]string{"home"}, []string{"door"}, func(light string, _, _ LED) { shown[light] = true })
	lit := Pair{Top: LED{R: 1}, Bottom: LED{R: 1}, TopSet: true, BottomSet: true}
	for i := range 1000 {
		a.Wish("home", Wish{Rank: 1, Named: map[string]Pair{fmt.Sprintf("4000%04d", i): lit, "door": lit}})
	}
	if n := len(shown); n != mostStages || !shown["40000000"] || !shown["door"] {
		t.Errorf("%d lights were shown", n)
	}
	a.Wish("home", Wish{Rank: 1, Named: map[string]Pair{"40000999": lit}}) // which is left out
	a.House(true)
}
