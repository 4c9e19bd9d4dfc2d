package builtins

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatefold/engine"
)

// drawnPlayback draws what a look may show.
func drawnPlayback() *rapid.Generator[Playback] {
	return rapid.Custom(func(t *rapid.T) Playback {
		p := Playback{Context: rapid.String().Draw(t, "context")}
		if rapid.Bool().Draw(t, "changed") {
			p.Changed = standardTime.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "at")))
		}
		if rapid.Bool().Draw(t, "held") {
			p.Playing = rapid.Bool().Draw(t, "playing")
			p.Device = &Device{
				ID: rapid.String().Draw(t, "id"), Name: rapid.String().Draw(t, "name"), Type: strings.ToLower(rapid.String().Draw(t, "type")),
				Active: rapid.Bool().Draw(t, "active"), Restricted: rapid.Bool().Draw(t, "restricted"), Private: rapid.Bool().Draw(t, "private"),
				Volume: rapid.IntRange(-1, 100).Draw(t, "volume"), SupportsVolume: rapid.Bool().Draw(t, "supports"),
			}
		}
		if rapid.Bool().Draw(t, "item") {
			p.Item = &Item{
				Kind: rapid.String().Draw(t, "kind"), Name: rapid.String().Draw(t, "title"), Artists: rapid.SliceOf(rapid.String()).Draw(t, "artists"),
				Album: rapid.String().Draw(t, "album"), URI: rapid.String().Draw(t, "uri"), Explicit: rapid.Bool().Draw(t, "explicit"),
				Duration: time.Duration(rapid.Int64Range(0, 1e14).Draw(t, "duration")), Progress: time.Duration(rapid.Int64().Draw(t, "progress")),
			}
		}
		return p
	})
}

func TestPlaybackReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawnPlayback().Draw(t, "p")
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodePlayback(raw)
		if err != nil {
			t.Fatal(err)
		}
		q := got.(Playback)
		again, err := json.Marshal(q)
		if err != nil || string(raw) != string(again) {
			t.Fatalf("%s\nbecame %s (%v)", raw, again, err)
		}
		if !p.Same(q) || !q.Same(NewPlayback(p)) || p.Holder() != q.Holder() {
			t.Fatalf("%s is another after reading it back", raw)
		}
		if p.Device != nil && *p.Device != *q.Device || p.Item != nil && !p.Item.same(*q.Item) || !p.Changed.Equal(q.Changed) {
			t.Fatalf("%+v became %+v", p, q)
		}
	})
}

// FuzzDecodePlayback: a row of the journal, however damaged, is an error or a playback that works.
func FuzzDecodePlayback(f *testing.F) {
	raw, _ := json.Marshal(standardLook())
	for _, seed := range []string{
		string(raw), "{}", "null", "[]", "", `{"device":{}}`, `{"device":null,"playing":true}`, `{"item":{"duration":"x"}}`,
		`{"item":{"artists":null,"duration":"-5s"}}`, `{"device":{"volume":-7,"type":"TV"}}`, `{"changed":"now"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := DecodePlayback(raw)
		if err != nil {
			return
		}
		p := got.(Playback)
		if !p.Same(p) || p.String() == "" {
			t.Fatalf("%s is not itself", raw)
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if q, err := DecodePlayback(again); err != nil || !p.Same(q.(Playback)) {
			t.Fatalf("%s became %s (%v)", raw, again, err)
		}
	})
}

func TestHeld(t *testing.T) {
	p := standardLook()
	if p.Holder() != "computer:Bob's Laptop" || p.Target() != p.Device.ID || !p.Active() {
		t.Errorf("holder %q, target %q", p.Holder(), p.Target())
	}
	literal := Playback{Device: &Device{Name: "x", Type: "tv"}}
	if literal.Holder() != "tv:x" || literal.Target() != "" || literal.Active() {
		t.Errorf("a literal: %q, %q", literal.Holder(), literal.Target())
	}
	changed := standardLook()
	changed.Device = &Device{Name: "y", Type: "TV"}
	if changed.Holder() != "tv:y" {
		t.Errorf("another device is still %q", changed.Holder())
	}
	nobody := Playback{}
	if nobody.Holder() != "" || nobody.Target() != "" {
		t.Errorf("nobody: %q, %q", nobody.Holder(), nobody.Target())
	}
	if unnamed := (Playback{Device: &Device{}}); unnamed.Holder() == "" {
		t.Error("a device without a name is nobody")
	}
}

func TestSame(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*Playback)
		same   bool
	}{
		"nothing":         {func(*Playback) {}, true},
		"volume":          {func(p *Playback) { p.Device.Volume = 3 }, true},
		"progress":        {func(p *Playback) { p.Item.Progress += time.Minute }, true},
		"state change":    {func(p *Playback) { p.Changed = standardTime }, true},
		"context":         {func(p *Playback) { p.Context = "" }, true},
		"device name":     {func(p *Playback) { p.Device.Name = "Eve" }, false},
		"device type":     {func(p *Playback) { p.Device.Type = "tv" }, false},
		"device id":       {func(p *Playback) { p.Device.ID = "" }, false},
		"restricted":      {func(p *Playback) { p.Device.Restricted = true }, false},
		"item uri":        {func(p *Playback) { p.Item.URI = "spotify:track:x" }, false},
		"item name":       {func(p *Playback) { p.Item.Name = "x" }, false},
		"item kind":       {func(p *Playback) { p.Item.Kind = "ad" }, false},
		"no item":         {func(p *Playback) { p.Item = nil }, false},
		"paused":          {func(p *Playback) { p.Playing = false }, false},
		"nobody holds it": {func(p *Playback) { *p = Playback{} }, false},
	} {
		a, b := standardLook(), standardLook()
		x.change(&b)
		b = NewPlayback(b)
		if a.Same(b) != x.same || b.Same(a) != x.same || a.Same(&b) != x.same {
			t.Errorf("%s: the same? %v", name, !x.same)
		}
	}
	if (Playback{}).Same(nil) || !(Playback{}).Same(Playback{}) {
		t.Error("nobody is not nobody")
	}
}

// TestNewPlaybackKeepsNothing: the caller may go on using what it made the playback from.
func TestNewPlaybackKeepsNothing(t *testing.T) {
	device, item := &Device{Name: "a", Type: "TV"}, &Item{Name: "i", Artists: []string{"x"}}
	p := NewPlayback(Playback{Device: device, Item: item})
	device.Name, item.Artists[0] = "b", "y"
	if p.Device.Name != "a" || p.Holder() != "tv:a" || p.Item.Artists[0] != "x" {
		t.Errorf("it became %+v, %+v", p.Device, p.Item)
	}
}

func TestModuleReadsItsEvents(t *testing.T) {
	decode := map[string]func(json.RawMessage) (engine.Payload, error){}
	for _, m := range All(Deps{}) {
		for kind, fn := range m.Events {
			decode[kind] = fn
		}
	}
	for kind, payload := range map[string]engine.Payload{
		engine.KindPlayback: standardLook(),
		engine.KindBlind:    engine.Blind{Kind: "quota", Since: standardTime, Message: "m"},
	} {
		raw, err := payload.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode[kind](raw)
		if err != nil || !reflect.DeepEqual(got, payload) {
			t.Errorf("%s: %+v became %+v (%v)", kind, payload, got, err)
		}
	}
}
