//go:build !race

package spotify

const raceDetector = false
