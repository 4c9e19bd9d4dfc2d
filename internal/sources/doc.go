// Package sources turns the outside into what a loop of package engine takes:
// answers of the Spotify player into looks and their failures, commands into
// outcomes, and the state of things into the moment of the next look.
//
// Spotify never blocks on a limit: what the gate refuses comes back as such, with
// the time at which to ask again. Poller is pure.
package sources
