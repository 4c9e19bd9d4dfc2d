package main

import (
	"log/slog"
	"net/http"
	"os"

	"gatefold/engine"
	"gatefold/hardware"
	"gatefold/internal/journal"
	"gatefold/internal/reload"
	"gatefold/internal/secrets"
)

// world is what a daemon stands on. The zero value of each field but Clock and
// Log means the real thing; demo and tests replace some.
type world struct {
	Clock        *wallClock
	Log          *slog.Logger
	Level        *slog.LevelVar // of Log; nil: it cannot be changed
	Stdio        stdio
	Spotify      http.RoundTripper // to both of Spotify's hosts
	Slack        http.RoundTripper
	Notify       http.RoundTripper                     // to the targets of notify()
	Light        func(hardware.Options) hardware.Light // of the key light; nil: as configured
	Journal      *journal.Journal                      // nil: in the data folder
	Secrets      secrets.Store                         // nil: as configured
	Observe      engine.Observer                       // hears what metrics and log hear; may be nil
	Reloaded     func(r reload.Result, changes string) // hears what came of each look at the rules, and what that changes; may be nil
	Warned       func(text string)                     // hears what is warned of after a reload; may be nil
	Reconfigured func(text string)                     // hears what came of an edit of the configuration; may be nil
	Hangup       <-chan os.Signal                      // reads configuration and rules again; nil: SIGHUP ends the program, as when a demo's terminal closes
	Started      func(d *daemon)                       // everything is up; may be nil
}
