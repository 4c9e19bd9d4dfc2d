package builtins

import (
	"encoding/json"
	"fmt"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"

	"gatefold/engine"
)

// answerValue is what a question came to: a sequence, and why it is empty if it could not be answered.
type answerValue struct {
	engine.Inert
	kind  string // "devices", "plays"
	items starlark.Tuple
	err   string
}

// String is "devices(2)", or the error.
func (a *answerValue) String() string {
	if a.err != "" {
		return fmt.Sprintf("%s(error=%s)", a.kind, quote(a.err))
	}
	return fmt.Sprintf("%s(%d)", a.kind, len(a.items))
}

// Type is "devices" or "plays".
func (a *answerValue) Type() string { return a.kind }

// Truth is whether there is anything in it.
func (a *answerValue) Truth() starlark.Bool { return len(a.items) > 0 }

// Len implements starlark.Sequence.
func (a *answerValue) Len() int { return len(a.items) }

// Index implements starlark.Indexable.
func (a *answerValue) Index(i int) starlark.Value { return a.items[i] }

// Iterate implements starlark.Iterable.
func (a *answerValue) Iterate() starlark.Iterator { return a.items.Iterate() }

// Attr implements starlark.HasAttrs.
func (a *answerValue) Attr(name string) (starlark.Value, error) {
	if name == "error" {
		return optional(a.err), nil
	}
	return nil, nil
}

// AttrNames implements starlark.HasAttrs.
func (a *answerValue) AttrNames() []string { return []string{"error"} }

func encodeDevices(devices []Device) (json.RawMessage, error) {
	out := make([]*deviceValue, len(devices))
	for i, d := range devices {
		out[i] = newDeviceValue(d)
	}
	return json.Marshal(out)
}

// decodeDevices makes the value of spotify.devices().
func decodeDevices(got engine.Answer, then *recall) (starlark.Value, error) {
	out := &answerValue{kind: "devices", err: got.Err}
	if got.Err != "" {
		return out, nil
	}
	var in []deviceJSON
	if err := json.Unmarshal(got.Data, &in); err != nil {
		return nil, fmt.Errorf("reading %s: %w", got.Call, err)
	}
	for _, j := range in {
		out.items = append(out.items, then.with(newDeviceValue(*j.device())))
	}
	return out, nil
}

// playJSON is a Play as an answer keeps it.
type playJSON struct {
	Item     itemJSON  `json:"item"`
	PlayedAt time.Time `json:"played_at"`
	Context  string    `json:"context,omitempty"`
}

func encodePlays(plays []Play) (json.RawMessage, error) {
	type out struct {
		Item     *itemValue `json:"item"`
		PlayedAt time.Time  `json:"played_at"`
		Context  string     `json:"context,omitempty"`
	}
	all := make([]out, len(plays))
	for i, p := range plays {
		all[i] = out{newItemValue(p.Item), p.PlayedAt, p.Context}
	}
	return json.Marshal(all)
}

// decodePlays makes the value of spotify.recently_played().
func decodePlays(got engine.Answer, zone *time.Location) (starlark.Value, error) {
	out := &answerValue{kind: "plays", err: got.Err}
	if got.Err != "" {
		return out, nil
	}
	var in []playJSON
	if err := json.Unmarshal(got.Data, &in); err != nil {
		return nil, fmt.Errorf("reading %s: %w", got.Call, err)
	}
	for _, j := range in {
		item, err := j.Item.item()
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", got.Call, err)
		}
		out.items = append(out.items, &playValue{item: newItemValue(*item), at: j.PlayedAt.In(zone), context: j.Context})
	}
	return out, nil
}

// playValue is one entry of spotify.recently_played().
type playValue struct {
	engine.Inert
	item    *itemValue
	at      time.Time
	context string
}

// String is "Blue Train by John Coltrane at 21:04".
func (p *playValue) String() string { return p.item.String() + " at " + p.at.Format("15:04") }

// Type is "play".
func (p *playValue) Type() string { return "play" }

// Attr implements starlark.HasAttrs.
func (p *playValue) Attr(name string) (starlark.Value, error) {
	switch name {
	case "item":
		return p.item, nil
	case "played_at":
		return startime.Time(p.at), nil
	case "context":
		return optional(p.context), nil
	}
	return nil, nil
}

// AttrNames implements starlark.HasAttrs.
func (p *playValue) AttrNames() []string { return []string{"context", "item", "played_at"} }

var (
	_ starlark.Indexable = (*answerValue)(nil)
	_ starlark.Sequence  = (*answerValue)(nil)
	_ starlark.HasAttrs  = (*answerValue)(nil)
	_ starlark.HasAttrs  = (*playValue)(nil)
)
