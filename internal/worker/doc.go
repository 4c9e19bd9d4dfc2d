// Package worker turns rules into decisions in a process of its own: a child that holds no secret, no network and no file.
// A rule can kill or hang the process that runs it in a handful of steps, and nothing in the interpreter prevents it; here
// it is the child that dies.
//
//	worker.go   Worker: loads candidates, decides turns, counts deaths      seat.go    one child at a time, started when it is needed
//	ruleset.go  the engine.Decider of one ruleset                           child.go   a child as its parent sees it
//	death.go    why one ended, and by what rule                             note.go    what the child is about to run
//	message.go  what they say to each other                                 pipe.go    how: frames of bounded length
//	mirror.go   what the past says, as differences                          payload.go, decision.go  events there, decisions back
//	bounded.go  a command that runs rules by itself, in a child with bounds
//	serve.go    the child                                                   confine.go what it gives up before it sees a rule
//
// Promises:
//   - A turn is decided by the child as it would be here: the same decision, with its positions, reads, logs and errors.
//     One conformance test runs against both.
//   - A decision comes within the time of a turn or has an error. A child that does not answer, answers something else, or
//     says what no turn can say, is killed.
//   - One turn at a time: what ran when a child died is what killed it, and it is named. A ruleset that has killed three is
//     set aside: it decides nothing until its files change.
//   - Rules that were only loaded have a child of their own, so that a candidate cannot hurt those in force; Adopt moves
//     them. Those that look on have one too (Beside): a slow shadow does not make a candidate wait.
//   - Whatever the child says is taken for text of a stranger: read within bounds, checked, and never computed with.
package worker
