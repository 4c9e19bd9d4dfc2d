// Package builtins turns what a rule calls into effects that the engine records: it is everything a rule can do, and
// the values it decides on.
//
//	verdict.go   allow, deny, done           publish.go  publish
//	blink1.go    blink1.set, .pattern ...    log.go      log
//	pause.go     pause                       state.go    state.get, .set, .delete
//	poll.go      poll                        timers.go   every, at
//	slack.go     slack.post, .link           playback.go the argument of on_playback
//	button.go    button                      followup.go what a message says later (story.go)
//	spotify.go   spotify.devices ...         approve.go  approve, disapprove
//	notify.go    notify
//
// Each of them has a page for rule authors beside it (.md) and a specification (testdata/*.star); handlers.md, language.md,
// std.md and values.md are about no single one. internal/manual reads the pages: gatefold doc, docs/rules and the editor show
// them. Below the capabilities lie what an
// argument can be (duration.go, clocktime.go, color.go, pattern.go, led.go, lightname.go, text.go, markup.go, target.go,
// throttle.go), what a light shows (light.go, dim.go), how several accounts share each (arbiter.go, contest.go), what the ledger says of a device (acquaintance.go), what
// a question comes to (answer.go), and which permissions calls need (scopes.go). What spotify.* does is in question.go,
// player.go and playlist.go.
//
// Promises:
//   - A call records an effect or fails, and says then what would have been right. It does no I/O, and reads no clock
//     but the event's.
//   - An effect prints as the call that made it, and reading that back (engine.ParseEffect) makes an equal effect,
//     whatever strangers wrote into names.
//   - No name, however long or odd, makes a call fail that works with another name: an intruder cannot void a turn by
//     what he calls his device. Only what a rule's author wrote is an error.
//   - Values are immutable, and may be used by several goroutines.
//
// Everything works without a light and without Slack: then nothing is shown, and messages fail for good.
package builtins

import (
	"time"

	"gatefold/engine"
)

// Deps is what the builtins reach the world with. All of it is optional.
type Deps struct {
	Lamp   Lamp             // shows what stands; nil: nothing does
	Lights *Lights          // that rules can name; nil: any, by any name
	Poster Poster           // posts messages; nil: a message fails for good
	Now    func() time.Time // tells how late a message is; nil: no message says so

	Notifier Notifier // sends to the targets of notify; nil: a message fails for good
	Targets  []string // the names that notify knows; nil: every one that is well-formed

	Inquirer  Inquirer  // answers questions; nil: each comes to an error
	Commander Commander // commands players; nil: a command fails for good
	Playlists Playlists // writes playlists; nil: likewise
}

// All is everything that rules can call.
func All(d Deps) []engine.Module {
	return []engine.Module{
		playbackModule(),
		verdictModule(),
		blink1Module(d.Lamp, d.Lights),
		pauseModule(),
		pollModule(),
		slackModule(d.Poster, d.Now),
		buttonModule(),
		notifyModule(d),
		spotifyModule(d),
		approveModule(),
		publishModule(),
		logModule(),
		stateModule(),
		timersModule(),
	}
}
