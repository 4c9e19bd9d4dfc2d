package main

import (
	"testing"
	"time"

	"gatefold/internal/sim"
)

// A refresh token that Spotify replaces is saved before it is used: a kill at any
// time afterwards loses nothing.
func TestRotationSurvivesAKill(t *testing.T) {
	h := unlinked(t)
	h.serve(sim.SpotifyOptions{Now: time.Now, Rotate: true, TokenLifetime: time.Second})
	h.login("--no-browser").agree()
	last := ""
	for range 3 {
		d := h.run()
		d.looks(12) // over the end of a token
		d.kill()
		token := h.stored("home").RefreshToken()
		if token == last {
			t.Error("the token was not replaced")
		}
		last = token
	}
	contains(t, "the journal", first(h.gatefold("journal")), "rotated, until")
}
