//go:build race

package spotify

// raceDetector says that calls cost ten times as much: simulations of many calls are for the other run.
const raceDetector = true
