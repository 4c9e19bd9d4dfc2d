// Package engine turns what happened on an account into what is to be done about
// it, by rules written in Starlark. It knows no device, no network, no database
// and no file watching.
//
//	Vet        a Snapshot of files -> what is wrong with them, without running any
//	Load       a Snapshot of files -> *Ruleset, or a *LoadError with all that is wrong
//	Evaluate   (*Ruleset, Event, Facts, State) -> Decision: pure
//	Fold       (Facts, Event, Decision) -> Facts: pure
//	Loop       one account as a state machine: Step(now, Input) -> actions, when to come back
//	Runner     drives a Loop with a Clock, a Source, a Journal and Modules
//
//	Module     one capability offered to rules; its builtins record Effects in a Turn
//	Payload    what an event carries; Held is that of a look
//	Pacer      when to look next        Source    looks and pauses
//	Journal    keeps what happened      Observer  hears of it
//
// To offer rules another call, write a Module whose builtin calls Recording and
// then Stand (for what the next look replaces) or Once (for what happens one
// time, after it was committed).
//
// Promises:
//   - A rule cannot block: builtins record, Steps and a wall clock end a handler,
//     a panic is an error. What nobody can bound in a process is memory: a
//     ruleset that decides in another one is Elsewhere.
//   - The same event, facts, state and rules give the same decision.
//   - A turn is decided wholly or not at all.
//   - Nothing is paused that the last look, at most PauseWithin ago, did not show
//     playing and denied; the verdict is Unknown from the first look that fails.
//   - Values of Facts and State never change; a Ruleset may be used by many
//     goroutines, a Loop by one.
package engine
