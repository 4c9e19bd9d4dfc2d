// Command gatefold watches who is streaming on a Spotify account and acts on it
// by rules.
//
// main turns flags into options and calls Run functions that take a context, so
// that tests run the real program. The daemon itself is put together in
// daemon.go; what it stands on (clock, transports, journal, light) is a world,
// of which demo and tests replace parts. As a child of itself it is the process
// that rules run in (internal/worker), and nothing else; or a command that runs
// rules, within bounds (bounded.go).
package main

import (
	"os"

	"gatefold/internal/worker"
)

func main() {
	if worker.IsChild(os.Args) {
		os.Exit(worker.Main())
	}
	if worker.IsBounded(os.Args) {
		os.Exit(asBounded(os.Args))
	}
	os.Exit(boundedly(os.Args, system()))
}
