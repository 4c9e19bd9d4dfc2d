package engine

import (
	"context"
	"encoding/json"

	"go.starlark.net/starlark"
)

// Module is one capability offered to rules. An empty Name puts its members at
// the top level.
type Module struct {
	Name    string
	Members starlark.StringDict
	// Pure names the members that also work while a file is loaded.
	Pure []string
	// Keyed names the members that take every and then key, and how many
	// arguments come before: two throttled calls of one in the same function need
	// a key, which is found at load.
	Keyed map[string]int
	// Inner are members that effects of the engine's own call: they are read back, and no rule can name them.
	Inner starlark.StringDict
	// Topics names the members that take a topic, which must be a literal, and where.
	Topics map[string]TopicAt
	// Literals names the members of which an argument is looked at while a file is
	// loaded, where it is a literal or left out, beyond what its type says (Param.Check).
	Literals map[string][]Literal
	// Judges names the members after which nobody asks for a verdict any more: they give or settle it.
	Judges []string
	// Verdicts names those of them that judge, and how; Standing the members whose calls stand. Both work in some turns
	// only, and where they cannot is vetted.
	Verdicts map[string]VerdictKind
	Standing []string
	// Keys names the members of which an argument is the key of something, an attribute of it, and where.
	Keys map[string]TopicAt
	// Timers names the members that call a function on the clock, their second argument, fn. They work at the top level
	// of a file only.
	Timers []string
	// Samples are what handlers of a kind are told, so that what they read of it is vetted before it runs.
	Samples map[string]Sample
	// Results are what members give back, for the same reason: values that have every attribute, and an element if they
	// are sequences.
	Results map[string]starlark.Value
	// Messages is what can be done with a message of this module beyond sending it; nil: nothing.
	Messages Messages
	// Events are the kinds it emits, and how to read one back from JSON.
	Events map[string]func(json.RawMessage) (Payload, error)
	// Stand takes what stands now on an account. It records the wish and
	// returns: no I/O, no waiting.
	Stand func(account string, now Stands)
	// Answer fetches the answer to a question that Turn.Ask has recorded. Its
	// error is what the rule is told.
	Answer func(context.Context, Ask) (json.RawMessage, error)
	// Apply carries out what happens once; the result is kept with the effect.
	// An error may implement RetryAt() time.Time (not before then) or
	// Permanent() bool (do not try again).
	Apply func(context.Context, Effect) (json.RawMessage, error)
}

// Sample is a payload that has everything a payload of its kind can have: no attribute of its argument is None.
type Sample struct {
	Payload Payload
	Holder  string // the attribute that is None when there is nobody to judge; "": there is no such thing
}

// Literal is an argument that may be wrong by what it says, and not only by its type.
type Literal struct {
	Name     string
	Position int
	Default  string                   // what it is when it is left out
	Check    func(value string) error // says what is wrong, and what would be right; nil: nothing
}

// TopicAt is the argument of a call that is a topic, or a key.
type TopicAt struct {
	Name     string
	Position int
}
