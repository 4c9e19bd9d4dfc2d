// Package coverage turns runs of rules into what of them ran: lines, functions, and both ways of every branch.
//
//	Profile   loads rulesets, in the place of engine.Load, and counts
//	Report    what was counted, by file; Text and HTML write it
//
// Where the interpreter is cannot be asked exactly: most of its instructions have no position, and an else that is not
// written has none at all. So the parsed file is changed before it is compiled: each statement is preceded by a call that
// counts, and each condition is handed to one.
//
// Promises:
//   - Counting changes nothing: the ruleset that decides is the one that would without it. The one that counts is
//     evaluated beside it, and what it decides is forgotten.
//   - What was not run is never counted, and what was run always is, but for what runs into the limit of steps.
//   - A profile may be used by many goroutines at once.
package coverage
