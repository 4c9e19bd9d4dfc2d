package builtins

import (
	"context"
	"errors"
	"time"

	"gatefold/engine"
)

// TryOut runs every handler once, about nobody, a stranger and what else there is, and gives warnings of those that fail
// though nothing is unusual. Nothing comes of what they decide. A handler of a topic may want fields that nobody knows: that
// it fails says nothing.
func TryOut(rules *engine.Ruleset, now time.Time) []engine.Problem {
	var found []engine.Problem
	run := func(kind string, data engine.Payload, when string) {
		ev := engine.Event{ID: "try", Account: "home", Kind: kind, Time: now, Cause: engine.CauseLook, Data: data}
		d := rules.Evaluate(context.Background(), ev, engine.Facts{}, nil)
		var failed *engine.RuleError
		if when == "" || !errors.As(d.Err, &failed) {
			return
		}
		p := failed.Problem
		p.Severity, p.Code, p.Text = engine.Warning, engine.CodeFails, failed.Handler+" fails "+when+": "+p.Text
		found = append(found, p)
	}
	for _, kind := range rules.Describe().Kinds {
		switch kind {
		case engine.KindPlayback:
			run(kind, NewPlayback(Playback{}), "when nobody holds the player")
			run(kind, stranger(), "when a device plays that was never seen")
		case engine.KindBlind:
			run(kind, engine.Blind{Kind: engine.BlindUnreachable, Since: now, Message: "no answer"}, "when Spotify cannot be reached")
		default:
			topic, _ := engine.NewTopic("cli", nil)
			run(kind, topic, "")
		}
	}
	for _, t := range rules.Timers() {
		run(engine.KindTimer, engine.Tick{Timer: t.ID}, "at its time")
	}
	return found
}

func stranger() Playback {
	return NewPlayback(Playback{
		Device:  &Device{ID: "0000", Name: "Stranger's Laptop", Type: "computer", Active: true},
		Item:    &Item{Name: "Blue Train", Artists: []string{"John Coltrane"}, Album: "Blue Train", URI: "spotify:track:0000000000000000000000", Duration: 10 * time.Minute},
		Playing: true,
	})
}
