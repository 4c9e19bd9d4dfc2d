// Package sources turns the outside into what a loop of package engine takes:
// answers of the Spotify player into looks and their failures, and commands into
// outcomes.
//
// Spotify never blocks on a limit: what the gate refuses comes back as such, with
// the time at which to ask again.
package sources
