// Package lab turns a seed into weeks of a household's listening with intruders in it, and measures how little each way
// of polling lets them hear, per call spent.
//
//	params.go     every number of the model        policy.go        what a way of polling is
//	random.go     streams of chance, by name       fixed.go         fixed intervals, with and without track ends
//	story.go      what people intend               original.go      the program that gatefold replaces
//	listening.go  the owners' sessions             clairvoyant.go   who knows when intruders come
//	intruders.go  the intruders' visits            ours.go          the real engine, gate and rules
//	stage.go      virtual time                     run.go           all of them over the same weeks
//	player.go     who plays, and who can see it    measure.go       what is counted
//	server.go     requests, limits, lock-outs      table.go, aims.go, svg.go
//	owner.go, intruder.go  how people react
//
// # The model
//
// One account, on a virtual clock that begins on a Monday at midnight. Two to four owners listen by habits of the hour
// and of the kind of day, at albums and single tracks, with pauses and changes of device, and hardly at night. Two or
// three people who should not come again and again, each at hours of the week of his own; some visits are by strays, at any
// hour. A visit begins while an owner listens with a probability of Params.Within, and takes the player over then. What
// somebody intends is drawn before anything runs; how he reacts (to a pause, to volume 0, to a transfer) is drawn from a
// stream of his own visit. So all policies meet the same people, and none disturbs what another one meets.
//
// The server carries commands out when they arrive, half a latency after they were sent, and shows every change of state
// to looks only after a lag. It allows Params.Per30s calls in any rolling 30 s and Params.PerDay in any rolling day, answers
// others with 429 and a Retry-After, and puts the end of that off for every call that is made meanwhile. What pausing a
// device does that is not the active one is not documented, so both is simulated (Params.IgnoreID).
//
// Params says how everything is distributed.
//
// # Promises
//
//   - The same parameters give the same story, and the same results, however many run at once.
//   - Counts are exact: of calls, of 429s, of seconds heard. What is approximate is said with the figure.
package lab
