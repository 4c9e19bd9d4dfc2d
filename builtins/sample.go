package builtins

import (
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// samples are a look and a blindness that have everything there can be: what rules read of them is vetted by their own
// attributes.
func samples() map[string]engine.Sample {
	then := time.Unix(0, 0)
	return map[string]engine.Sample{
		engine.KindPlayback: {Payload: NewPlayback(Playback{Device: sampleDevice(), Item: sampleItem(), Playing: true, Context: "spotify:album:0"}), Holder: "device"},
		engine.KindBlind:    {Payload: engine.Blind{Kind: engine.BlindUnreachable, Since: then, RetryAt: then, Message: "-"}},
	}
}

// results are answers to questions, likewise.
func results() map[string]starlark.Value {
	return map[string]starlark.Value{
		"devices": &answerValue{kind: "devices", items: starlark.Tuple{newDeviceValue(*sampleDevice())}},
		"recently_played": &answerValue{kind: "plays", items: starlark.Tuple{
			&playValue{item: newItemValue(*sampleItem()), at: time.Unix(0, 0), context: "spotify:album:0"},
		}},
	}
}

func sampleDevice() *Device {
	return &Device{ID: "0", Name: "Kitchen", Type: "speaker", Active: true, Volume: 50, SupportsVolume: true}
}

func sampleItem() *Item {
	return &Item{Kind: "track", Name: "Blue Train", Artists: []string{"John Coltrane"}, Album: "Blue Train", URI: "spotify:track:0", Duration: time.Minute}
}
