package builtins

import (
	"slices"
	"time"

	"gatefold/engine"
)

// LED is what one LED shows. The zero value is dark.
type LED struct {
	R, G, B uint8         // brightness applied
	Fade    time.Duration // how long the change to it takes
	Every   time.Duration // period of a rhythm, half of it dark; 0: steady
	// Pattern is played by the device in place of all that, in its own notation ("3,#ff0000,0.5,0,#000000,0.5,0"),
	// brightness applied; "" is none. Of its lines those count that are for this LED.
	Pattern string
}

// Pair is what both LEDs of a light should show.
type Pair struct {
	Top, Bottom LED
	// Whether the account set the LED. One that it left to the condition's built-in light yields to accounts that did.
	TopSet, BottomSet bool
}

// Wish is what one account wants lights to show.
type Wish struct {
	Rank int // of the account's condition: the highest wins
	Pair     // of the light that calls without a name mean
	// Named are the others that the account's calls name. It leaves all other lights to the condition.
	Named map[string]Pair
}

// Of is what the account wants of a light.
func (w Wish) Of(light string) Pair {
	if light == "" {
		return w.Pair
	}
	if p, ok := w.Named[light]; ok {
		return p
	}
	return left(w.Rank)
}

// left is a light that an account of this rank does not mention. A fault is ours and shows itself everywhere.
func left(rank int) Pair {
	c := engine.Condition(rank)
	l := Builtin(c).Args.(lightArgs).shows()
	fault := c == engine.ConditionFault
	return Pair{l, l, fault, fault}
}

// Lamp takes what accounts want lights to show. *Arbiter is one.
type Lamp interface {
	// Wish replaces what the account wanted before. It must not block.
	Wish(account string, w Wish)
}

// lightArgs are the arguments of a light call.
type lightArgs interface {
	engine.Args
	engine.Slotted
	has(led ledArg) bool
	on() (light string)
	shows() LED
}

// Builtin is the light of a condition where no rule says another, as the call that would show it. The two that mean
// that gatefold itself is in trouble (blind, fault) have rhythms: they can be told without seeing colours.
func Builtin(c engine.Condition) engine.Effect { return builtinOn(c, spot{}) }

func builtinOn(c engine.Condition, s spot) engine.Effect {
	set := func(col color, brightness percent) engine.Effect {
		return engine.Effect{Call: "blink1.set", Args: setArgs{s, col, usualFade, brightness}}
	}
	blink := func(col color, every time.Duration) engine.Effect {
		return engine.Effect{Call: "blink1.blink", Args: blinkArgs{s, col, every, usualBrightness}}
	}
	amber := color{0xff, 0xbf, 0x00}
	switch c {
	case engine.ConditionIdle:
		return set(color{0xff, 0xff, 0xff}, 5)
	case engine.ConditionAllow:
		return set(color{0x00, 0xff, 0x00}, 20)
	case engine.ConditionBlind:
		return blink(amber, 2*time.Second)
	case engine.ConditionDeny:
		return set(color{0xff, 0x00, 0x00}, usualBrightness)
	case engine.ConditionFault:
		return blink(color{0xff, 0x00, 0xff}, 250*time.Millisecond)
	}
	return set(amber, 20) // unknown, and whatever is not known here
}

// Shown are the light calls that show, in order, light by light: those that stand, and the built-in light for each LED
// that none of them sets. A fault shows itself whatever stands.
func Shown(s engine.Stands) []engine.Effect {
	var out []engine.Effect
	for _, light := range mentioned(s) {
		out = append(out, ShownOn(s, light)...)
	}
	return out
}

// ShownOn is the same for one light, "" for the one that calls without a name mean.
func ShownOn(s engine.Stands, light string) []engine.Effect {
	calls := lightCalls(s, light)
	top, bottom := covers(calls, ledTop), covers(calls, ledBottom)
	switch {
	case top && bottom:
		return calls
	case top:
		return append([]engine.Effect{builtinOn(s.Condition, spot{ledBottom, light})}, calls...)
	case bottom:
		return append([]engine.Effect{builtinOn(s.Condition, spot{ledTop, light})}, calls...)
	}
	return []engine.Effect{builtinOn(s.Condition, spot{ledAll, light})}
}

// WishOf is what an account on which this stands wants lights to show.
func WishOf(s engine.Stands) Wish {
	w := Wish{Rank: int(s.Condition)}
	for _, light := range mentioned(s) {
		p := pairOn(s, light)
		if light == "" {
			w.Pair = p
			continue
		}
		if w.Named == nil {
			w.Named = make(map[string]Pair)
		}
		w.Named[light] = p
	}
	return w
}

func pairOn(s engine.Stands, light string) Pair {
	calls := lightCalls(s, light)
	top, bottom := covers(calls, ledTop), covers(calls, ledBottom)
	p := Pair{TopSet: top || !bottom, BottomSet: bottom || !top}
	for _, e := range ShownOn(s, light) {
		args := e.Args.(lightArgs)
		if args.has(ledTop) {
			p.Top = args.shows()
		}
		if args.has(ledBottom) {
			p.Bottom = args.shows()
		}
	}
	return p
}

// mentioned are the lights that calls set, the one without a name first; it is always among them.
func mentioned(s engine.Stands) []string {
	lights := make([]string, 1, 2)
	if s.Condition == engine.ConditionFault {
		return lights
	}
	for _, e := range s.Effects {
		if a, ok := e.Args.(lightArgs); ok && !slices.Contains(lights, a.on()) {
			lights = append(lights, a.on())
		}
	}
	return lights
}

// lightCalls are the calls among what stands that may show on a light.
func lightCalls(s engine.Stands, light string) []engine.Effect {
	if s.Condition == engine.ConditionFault {
		return nil
	}
	var out []engine.Effect
	for _, e := range s.Effects {
		if a, ok := e.Args.(lightArgs); ok && a.on() == light {
			out = append(out, e)
		}
	}
	return out
}

func covers(calls []engine.Effect, led ledArg) bool {
	for _, e := range calls {
		if e.Args.(lightArgs).has(led) {
			return true
		}
	}
	return false
}
