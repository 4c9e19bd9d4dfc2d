package builtins

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

func playbackModule() engine.Module {
	return engine.Module{
		Events: map[string]func(json.RawMessage) (engine.Payload, error){
			engine.KindPlayback: DecodePlayback,
			engine.KindBlind:    engine.DecodeBlind,
		},
		Samples: samples(),
	}
}

// Playback is what one look at the player showed: the payload of a playback event. It works as a literal too, but
// NewPlayback prepares what rules read, once for all evaluations.
type Playback struct {
	engine.Inert

	Device  *Device // nil: nobody holds the player
	Item    *Item   // nil: none, or Spotify does not say
	Playing bool    // implies a device
	Context string  // uri of the playlist or album; "" when there is none
	Changed time.Time

	device *deviceValue // of Device; nil until prepared
	item   *itemValue   // of Item; nil until prepared
}

// NewPlayback gives the payload of a look. It keeps nothing of p that its caller could change.
func NewPlayback(p Playback) Playback {
	p.device, p.item = nil, nil
	if p.Device != nil {
		d := *p.Device
		d.Type = strings.ToLower(d.Type)
		p.device = newDeviceValue(d)
		p.Device = &p.device.Device
	}
	if p.Item != nil {
		p.item = newItemValue(*p.Item)
		p.Item = &p.item.Item
	}
	return p
}

// prepared is p with its values made, and made of the device and item that it has now.
func (p Playback) prepared() Playback {
	device, item := (*Device)(nil), (*Item)(nil)
	if p.device != nil {
		device = &p.device.Device
	}
	if p.item != nil {
		item = &p.item.Item
	}
	if p.Device == device && p.Item == item {
		return p
	}
	return NewPlayback(p)
}

// Holder is the key of the device; "" when nobody holds the player.
func (p Playback) Holder() string {
	if p = p.prepared(); p.device == nil {
		return ""
	}
	return string(p.device.key.(starlark.String))
}

// Target is the id of the device, which a pause names; "" when it has none.
func (p Playback) Target() string {
	if p.Device == nil {
		return ""
	}
	return p.Device.ID
}

// Active says whether it plays.
func (p Playback) Active() bool { return p.Playing }

// Same says that b shows nothing new: the same device (key, id, restricted), the same item (kind, name, uri), and it
// plays or not as before. A volume that moved, or an item that went on, is no news.
func (p Playback) Same(b engine.Held) bool {
	q, ok := asPlayback(b)
	return ok && p.Playing == q.Playing && p.Holder() == q.Holder() && p.Target() == q.Target() &&
		p.Restricted() == q.Restricted() && p.sameItem(q)
}

// Restricted says that the device takes no commands.
func (p Playback) Restricted() bool { return p.Device != nil && p.Device.Restricted }

// Left is how long its item still plays; false when that is not known.
func (p Playback) Left() (time.Duration, bool) {
	if !p.Playing || p.Item == nil || p.Item.Duration <= 0 || p.Item.Progress > p.Item.Duration {
		return 0, false
	}
	return p.Item.Duration - p.Item.Progress, true
}

// ChangedAt is when the player last did something, by Spotify's clock.
func (p Playback) ChangedAt() time.Time { return p.Changed }

func (p Playback) sameItem(q Playback) bool {
	if p.Item == nil || q.Item == nil {
		return p.Item == q.Item
	}
	return p.Item.Kind == q.Item.Kind && p.Item.Name == q.Item.Name && p.Item.URI == q.Item.URI
}

func asPlayback(h engine.Held) (Playback, bool) {
	switch h := h.(type) {
	case Playback:
		return h, true
	case *Playback:
		return *h, h != nil
	}
	return Playback{}, false
}

// String is short: "Bob's Laptop (computer) plays Blue Train by John Coltrane".
func (p Playback) String() string {
	p = p.prepared()
	switch {
	case p.device == nil:
		return "nobody"
	case !p.Playing:
		return p.device.String() + " is paused"
	case p.item == nil:
		return p.device.String() + " plays"
	}
	return fmt.Sprintf("%s plays %s", p.device, p.item)
}

// Type is "playback".
func (p Playback) Type() string { return "playback" }

// playbackJSON is a playback as the journal keeps it.
type playbackJSON struct {
	Device  *deviceJSON `json:"device"`
	Item    *itemJSON   `json:"item"`
	Playing bool        `json:"playing"`
	Context string      `json:"context,omitempty"`
	Changed time.Time   `json:"changed,omitzero"`
}

// MarshalJSON implements json.Marshaler.
func (p Playback) MarshalJSON() ([]byte, error) {
	p = p.prepared()
	return json.Marshal(struct {
		Device  *deviceValue `json:"device"`
		Item    *itemValue   `json:"item"`
		Playing bool         `json:"playing"`
		Context string       `json:"context,omitempty"`
		Changed time.Time    `json:"changed,omitzero"`
	}{p.device, p.item, p.Playing, p.Context, p.Changed})
}

// DecodePlayback reads back what Playback.MarshalJSON wrote.
func DecodePlayback(raw json.RawMessage) (engine.Payload, error) {
	var in playbackJSON
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, fmt.Errorf("reading a playback: %w", err)
	}
	p := Playback{Playing: in.Playing, Context: in.Context, Changed: in.Changed}
	if in.Device != nil {
		p.Device = in.Device.device()
	}
	if in.Item != nil {
		item, err := in.Item.item()
		if err != nil {
			return nil, fmt.Errorf("reading a playback: %w", err)
		}
		p.Item = item
	}
	return NewPlayback(p), nil
}

var (
	_ engine.Held   = Playback{}
	_ engine.Fixed  = Playback{}
	_ engine.Ending = Playback{}
	_ engine.Dated  = Playback{}
)
