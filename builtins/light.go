package builtins

import (
	"time"

	"gatefold/engine"
)

// LED is what one LED shows. The zero value is dark.
type LED struct {
	R, G, B uint8         // brightness applied
	Fade    time.Duration // how long the change to it takes
	Every   time.Duration // period of a rhythm, half of it dark; 0: steady
}

// Wish is what one account wants its light to show.
type Wish struct {
	Rank        int // of the account's condition: the highest wins
	Top, Bottom LED
	// Whether the account set the LED. One that it left to the condition's built-in light while it set the other yields
	// to accounts that did.
	TopSet, BottomSet bool
}

// Lamp takes what accounts want their light to show. *Arbiter is one.
type Lamp interface {
	// Wish replaces what the account wanted before. It must not block.
	Wish(account string, w Wish)
}

// lightArgs are the arguments of a light call.
type lightArgs interface {
	engine.Args
	engine.Slotted
	has(led ledArg) bool
	shows() LED
}

// Builtin is the light of a condition where no rule says another, as the call that would show it. The two that mean
// that gatefold itself is in trouble (blind, fault) have rhythms: they can be told without seeing colours.
func Builtin(c engine.Condition) engine.Effect { return builtinOn(c, ledAll) }

func builtinOn(c engine.Condition, led ledArg) engine.Effect {
	set := func(col color, brightness percent) engine.Effect {
		return engine.Effect{Call: "blink1.set", Args: setArgs{led, col, usualFade, brightness}}
	}
	blink := func(col color, every time.Duration) engine.Effect {
		return engine.Effect{Call: "blink1.blink", Args: blinkArgs{led, col, every, usualBrightness}}
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

// Shown are the light calls that show, in order: those that stand, and the built-in light for each LED that none of
// them sets. A fault shows itself whatever stands.
func Shown(s engine.Stands) []engine.Effect {
	calls := lightCalls(s)
	top, bottom := covers(calls, ledTop), covers(calls, ledBottom)
	switch {
	case top && bottom:
		return calls
	case top:
		return append([]engine.Effect{builtinOn(s.Condition, ledBottom)}, calls...)
	case bottom:
		return append([]engine.Effect{builtinOn(s.Condition, ledTop)}, calls...)
	}
	return []engine.Effect{Builtin(s.Condition)}
}

// WishOf is what an account on which this stands wants its light to show.
func WishOf(s engine.Stands) Wish {
	calls := lightCalls(s)
	top, bottom := covers(calls, ledTop), covers(calls, ledBottom)
	w := Wish{Rank: int(s.Condition), TopSet: top || !bottom, BottomSet: bottom || !top}
	for _, e := range Shown(s) {
		args := e.Args.(lightArgs)
		if args.has(ledTop) {
			w.Top = args.shows()
		}
		if args.has(ledBottom) {
			w.Bottom = args.shows()
		}
	}
	return w
}

// lightCalls are the light calls among what stands that may show.
func lightCalls(s engine.Stands) []engine.Effect {
	if s.Condition == engine.ConditionFault {
		return nil
	}
	var out []engine.Effect
	for _, e := range s.Effects {
		if _, ok := e.Args.(lightArgs); ok {
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
