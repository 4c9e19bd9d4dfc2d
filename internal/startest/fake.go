package startest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.starlark.net/starlark"

	"gatefold/builtins"
	"gatefold/engine"
)

func fakeModule() engine.Module {
	return engine.Module{Name: "fake", Members: starlark.StringDict{
		"now":    starlark.NewBuiltin("fake.now", fakeNow),
		"device": starlark.NewBuiltin("fake.device", fakeDevice),
		"item":   starlark.NewBuiltin("fake.item", fakeItem),
		"blind":  starlark.NewBuiltin("fake.blind", fakeBlind),
		"event":  starlark.NewBuiltin("fake.event", fakeEvent),
		"tick":   starlark.NewBuiltin("fake.tick", fakeTick),
	}, Pure: []string{"now", "device", "item", "blind", "event", "tick"}, Results: fakes()}
}

// shown is what a player shows: by default the kitchen plays.
type shown struct {
	device     starlark.Value // a name, or None
	id         starlark.Value // a text, or None
	kind       string
	active     bool
	restricted bool
	private    bool
	volume     starlark.Value

	item     starlark.Value // a name, or None
	itemKind choice
	artists  starlark.Value
	album    string
	uri      string
	explicit bool
	duration builtins.Duration
	progress builtins.Duration
}

func someShown() shown {
	longest := 24 * time.Hour
	return shown{
		device: starlark.String("Kitchen"), id: starlark.String("kitchen-1"), kind: "speaker", active: true, volume: starlark.MakeInt(50),
		item: starlark.String("So What"), itemKind: choice{"track", itemKinds}, artists: starlark.String("Miles Davis"), album: "Kind of Blue", uri: "spotify:track:4vLYewWIvqHfKtJDk8c8tq",
		duration: builtins.Duration{Duration: 9 * time.Minute, Max: longest}, progress: builtins.Duration{Duration: time.Minute, Max: longest},
	}
}

func (s *shown) devicePairs() []any {
	return []any{
		"type?", &s.kind, "id?", &s.id, "active?", &s.active, "restricted?", &s.restricted, "private?", &s.private,
		"volume?", &s.volume,
	}
}

func (s *shown) itemPairs(kind string) []any {
	return []any{
		kind + "?", &s.itemKind, "artists?", &s.artists, "album?", &s.album, "uri?", &s.uri, "explicit?", &s.explicit,
		"duration?", &s.duration, "progress?", &s.progress,
	}
}

// deviceOf is the device that the arguments describe; nil: nobody.
func (s *shown) deviceOf() (*builtins.Device, error) {
	if s.device == starlark.None {
		return nil, nil
	}
	name, ok := starlark.AsString(s.device)
	if !ok {
		return nil, fmt.Errorf("device: got %s, want a name or None", s.device.Type())
	}
	d := &builtins.Device{
		Name: name, Type: strings.ToLower(s.kind), Active: s.active, Restricted: s.restricted, Private: s.private, Volume: -1,
	}
	if s.id != starlark.None {
		if d.ID, ok = starlark.AsString(s.id); !ok {
			return nil, fmt.Errorf("id: got %s, want a text or None", s.id.Type())
		}
	}
	if s.volume != starlark.None {
		n, err := starlark.AsInt32(s.volume)
		if err != nil || n < 0 || n > 100 {
			return nil, fmt.Errorf("volume: got %s, want 0 to 100 or None", s.volume)
		}
		d.Volume, d.SupportsVolume = n, true
	}
	return d, nil
}

var itemKinds = []string{"track", "episode", "ad", "local", "unknown"}

// itemOf is the item that the arguments describe; nil: none.
func (s *shown) itemOf() (*builtins.Item, error) {
	if s.item == starlark.None {
		return nil, nil
	}
	name, ok := starlark.AsString(s.item)
	if !ok {
		return nil, fmt.Errorf("item: got %s, want a name or None", s.item.Type())
	}
	i := &builtins.Item{
		Kind: s.itemKind.text, Name: name, Album: s.album, URI: s.uri, Explicit: s.explicit,
		Duration: s.duration.Duration, Progress: s.progress.Duration,
	}
	if one, ok := starlark.AsString(s.artists); ok {
		i.Artists = []string{one}
	} else {
		all := starlark.Iterate(s.artists)
		if all == nil {
			return nil, fmt.Errorf("artists: got %s, want a name or a list of them", s.artists.Type())
		}
		defer all.Done()
		for v := starlark.Value(nil); all.Next(&v); {
			artist, ok := starlark.AsString(v)
			if !ok {
				return nil, fmt.Errorf("artists: got a %s among them, want names", v.Type())
			}
			i.Artists = append(i.Artists, artist)
		}
	}
	return i, nil
}

// fake.device(name="Kitchen", type="speaker", id="kitchen-1", active=True, restricted=False, private=False, volume=50)
func fakeDevice(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	s, w := someShown(), someWhen()
	if err := unpack(b, args, kwargs, append([]any{"name?", &s.device}, s.devicePairs()...)...); err != nil {
		return nil, err
	}
	d, err := s.deviceOf()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	return attribute(w, builtins.Playback{Device: d}, "device")
}

// fake.item(name="So What", kind="track", artists="Miles Davis", album="Kind of Blue", uri="...", explicit=False, duration="9m", progress="1m")
func fakeItem(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	s, w := someShown(), someWhen()
	if err := unpack(b, args, kwargs, append([]any{"name?", &s.item}, s.itemPairs("kind")...)...); err != nil {
		return nil, err
	}
	i, err := s.itemOf()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	return attribute(w, builtins.Playback{Item: i}, "item")
}

// attribute is what a handler would find in its argument.
func attribute(w when, p builtins.Playback, name string) (starlark.Value, error) {
	return bound(w.event(engine.KindPlayback, builtins.NewPlayback(p)), engine.Facts{}, nil).Attr(name)
}

// fake.blind(kind="unreachable", lasts="2m", retry_in=None, message="...", time, timezone, account)
func fakeBlind(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	w := someWhen()
	kind, message := choice{engine.BlindUnreachable, engine.BlindKinds()}, "connection refused"
	lasts, retry := builtins.Duration{Max: longAgo}, builtins.Duration{Duration: -1, Max: longAgo}
	pairs := append([]any{"kind?", &kind, "lasts?", &lasts, "retry_in??", &retry, "message?", &message}, w.pairs()...)
	if err := unpack(b, args, kwargs, pairs...); err != nil {
		return nil, err
	}
	data := engine.Blind{Kind: kind.text, Since: w.time().Add(-lasts.Duration), Message: message}
	if retry.Duration >= 0 {
		data.RetryAt = w.time().Add(retry.Duration)
	}
	return bound(w.event(engine.KindBlind, data), engine.Facts{}, nil), nil
}

// fake.event(topic="topic", by="rule", time, timezone, account, **fields)
func fakeEvent(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	w := someWhen()
	topic, by := "topic", "rule"
	own := append([]any{"topic?", &topic, "by?", &by}, w.pairs()...)
	if p := engine.Probed(args, kwargs); p != nil {
		p.Signature.Fields = true
		return nil, p.Takes(b, own...)
	}
	var fields []engine.Field
	var rest []starlark.Tuple
	for _, kw := range kwargs {
		name, _ := starlark.AsString(kw[0])
		if slices.Contains([]string{"topic", "by", "time", "timezone", "account"}, name) {
			rest = append(rest, kw)
		} else {
			fields = append(fields, engine.Field{Name: name, Value: kw[1]})
		}
	}
	if err := unpack(b, args, rest, own...); err != nil {
		return nil, err
	}
	data, err := engine.NewTopic(by, fields)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	return bound(w.event(topic, data), engine.Facts{}, nil), nil
}

// fake.tick(time, timezone, account) is what a function given to every or at is called with.
func fakeTick(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	w := someWhen()
	if err := unpack(b, args, kwargs, w.pairs()...); err != nil {
		return nil, err
	}
	return bound(w.event(engine.KindTimer, engine.Tick{Timer: "test"}), engine.Facts{}, nil), nil
}
