// Command gatefold watches who is streaming on a Spotify account and acts on it
// by rules.
//
// main turns flags into options and calls Run functions that take a context, so
// that tests run the real program. The daemon itself is put together in
// daemon.go; what it stands on (clock, transports, journal, light) is a world,
// of which demo and tests replace parts.
package main

import (
	"context"
	"os"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], system())) }
