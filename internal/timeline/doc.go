// Package timeline turns a story on a virtual clock (a *.timeline file) into what the rules made happen in it, and says
// where that differs from what the story expects. FORMAT.md is the page for rule authors.
//
//	Parse      a file -> *Timeline, or *Errors with file, line and column
//	Run        a *Timeline and rule files -> Result: everything that was carried out, and when
//	Result     Diff says what differs, at the right lines
//	Update     rewrites the expected lines of a file to what happened
//	RunDir     all timelines below a folder, side by side
//
// The loop of the daemon runs (engine.Loop) with the real source, Spotify client, gate and journal; Spotify is the
// simulator, reached through memory. Only the shell around the loop is another one.
//
// Promises:
//   - The same timeline and rules give the same result: one goroutine, one virtual clock, no real time, no randomness.
//     What is due at the same moment happens in a fixed order: the story, answers that arrive, loops that wake up.
//   - A run ends: a story that does not come to rest is an error.
//   - Nothing leaves the process, whatever the rules do.
package timeline
