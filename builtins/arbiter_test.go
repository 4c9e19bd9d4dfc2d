package builtins

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"gatefold/engine"
)

// frames remembers what was shown.
type frames [][2]LED

func (f *frames) show(top, bottom LED) { *f = append(*f, [2]LED{top, bottom}) }

func (f frames) last() [2]LED { return f[len(f)-1] }

func wishFor(t *testing.T, c engine.Condition, calls ...string) Wish {
	return WishOf(stands(t, c, calls...))
}

func TestArbiterBeforeTheFirstLook(t *testing.T) {
	var shown frames
	NewArbiter([]string{"a", "b"}, shown.show)
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
				a := NewArbiter([]string{"a", "b"}, shown.show)
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
	a := NewArbiter([]string{"first", "second"}, shown.show)
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
	a := NewArbiter([]string{"a", "b"}, shown.show)
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
	a := NewArbiter([]string{"a"}, shown.show)
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
	a := NewArbiter(nil, shown.show)
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
