package manual

import (
	"errors"
	"time"

	"go.starlark.net/starlark"

	"gatefold/builtins"
	"gatefold/engine"
)

// Argument gives a value of the kind that a handler is called with: what its attributes are called, and of which types they
// are, is asked of the value itself. A topic has its published fields as well.
func Argument(handler string) starlark.Value {
	at := time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC)
	ev := engine.Event{ID: "1", Account: "home", Kind: engine.KindPlayback, Time: at, Cause: engine.CauseState}
	switch handler {
	case "on_playback":
		return builtins.NewPlayback(builtins.Playback{
			Device:  &builtins.Device{ID: "1", Name: "Kitchen", Type: "speaker", Active: true, Volume: 50},
			Item:    &builtins.Item{Kind: "track", Name: "Blue Train", Artists: []string{"John Coltrane"}, Album: "Blue Train", URI: "spotify:track:1", Duration: time.Minute},
			Playing: true, Context: "spotify:album:1",
		}).Bind(ev, engine.Facts{})
	case "on_blind":
		return engine.Blind{Kind: engine.BlindQuota, Since: at, RetryAt: at}.Bind(ev, engine.Facts{})
	case "":
		return engine.Tick{}.Bind(ev, engine.Facts{})
	}
	topic, err := engine.NewTopic("rule", nil)
	if err != nil {
		return starlark.None
	}
	return topic.Bind(ev, engine.Facts{})
}

// Attr gives an attribute of a value; nil: it has none of that name.
func Attr(v starlark.Value, name string) starlark.Value {
	has, ok := v.(starlark.HasAttrs)
	if !ok {
		return nil
	}
	if member, err := has.Attr(name); err == nil {
		return member
	}
	return nil
}

// AttrNames are the attributes of a value.
func AttrNames(v starlark.Value) []string {
	if has, ok := v.(starlark.HasAttrs); ok {
		return has.AttrNames()
	}
	return nil
}

// Method says what a method of a value takes, if it says so itself.
func Method(v starlark.Value) (engine.Signature, bool) {
	b, ok := v.(*starlark.Builtin)
	if !ok {
		return engine.Signature{}, false
	}
	p := &engine.Probe{}
	_, err := starlark.Call(&starlark.Thread{Name: "probe"}, b, starlark.Tuple{p}, nil)
	return p.Signature, errors.Is(err, engine.ErrProbed)
}
