// Package worker turns rules into decisions in a process of its own: a child that holds no secret, no network and no file.
// A rule can kill or hang the process that runs it in a handful of steps, and nothing in the interpreter prevents it; here
// it is the child that dies.
//
//	worker.go   Worker: loads candidates, decides turns                      seat.go    one child at a time, started when it is needed
//	ruleset.go  the engine.Decider of one ruleset                           pool.go    seats that do the same
//	trial.go    and of one that is only tried                               child.go   a child as its parent sees it
//	strikes.go  counts deaths                                               allowance.go  how long it is waited for
//	outside.go  what no rule is to blame for                                computed_*.go  what the system says of a process
//	death.go    why one ended, and by what rule                             note.go    what the child is about to run
//	message.go  what they say to each other                                 pipe.go    how: frames of bounded length
//	mirror.go   what the past says, as differences                          payload.go, decision.go  events there, decisions back
//	bounded.go  a command that runs rules by itself, in a child with bounds
//	serve.go    the child                                                   confine.go what it gives up before it sees a rule
//
// Promises:
//   - A turn is decided by the child as it would be here: the same decision, with its positions, reads, logs and errors.
//     One conformance test runs against both.
//   - A decision comes within the time of a turn or has an error. A child that computes and does not answer, answers something
//     else, or says what no turn can say, is killed. One that gets no time to compute, or that somebody else has killed, is
//     replaced, and blames no rule (ErrOutside).
//   - A child decides one turn at a time: what ran when it died is what killed it, and it is named. A ruleset that has killed
//     three, each within a day of the one before, is set aside: it decides nothing until its files change.
//   - Turns do not wait for each other for long: more children decide while one takes its time.
//   - Rules that were only loaded have a child of their own, so that a candidate cannot hurt those in force; Adopt moves
//     them. Those that look on have one too (Beside): a slow shadow does not make a candidate wait.
//   - Whatever the child says is taken for text of a stranger: read within bounds, checked, and never computed with.
package worker
