package timeline

import (
	"context"
	"errors"
	"testing"
	"time"

	"gatefold/engine"
)

// A long story can be given up.
func TestRunEndsWithItsContext(t *testing.T) {
	story, err := Parse("long.timeline", []byte("at 0s playback device.name=Kitchen\nat 1000h\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	_, err = Run(story, Options{
		Files:   engine.Snapshot{{Path: "home.star", Data: []byte("def on_playback(now):\n    allow()\n")}},
		Context: ctx,
		Observe: func(_ time.Time, _ string, r engine.Report) {
			if _, ok := r.(engine.TurnReport); ok {
				if looks++; looks == 10 {
					cancel()
				}
			}
		},
	})
	if !errors.Is(err, context.Canceled) || looks > 11 {
		t.Errorf("after %d looks: %v", looks, err)
	}
}
