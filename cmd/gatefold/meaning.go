package main

import (
	"gatefold/builtins"
	"gatefold/engine"
)

// meaning is what a light can mean, and what it shows then where no rule says otherwise.
type meaning struct {
	name string // "deny"
	text string
	led  builtins.LED
}

// meanings are all of them, the worst last.
func meanings() []meaning {
	of := func(c engine.Condition, text string) meaning {
		return meaning{c.String(), text, builtins.WishOf(engine.Stands{Condition: c}).Top}
	}
	return []meaning{
		of(engine.ConditionIdle, "nobody holds the player"),
		of(engine.ConditionAllow, "who plays may"),
		of(engine.ConditionUnknown, "no rule judges who plays, or nobody was looked at yet"),
		of(engine.ConditionBlind, "the player cannot be seen"),
		of(engine.ConditionDeny, "who plays may not"),
		of(engine.ConditionFault, "gatefold itself is broken"),
		{"alarm", "gatefold died or hangs: the device shows this by itself", builtins.LED{Pattern: alarmNotation}},
	}
}

// alarmNotation looks like what the watchdog of a blink(1) plays.
const alarmNotation = "0,#ff0000,0.15,0,#000000,0.01,0,#000000,0.84,0"
