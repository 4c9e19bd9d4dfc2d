package sim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxDuration bounds every length that can be written down, far from where time arithmetic overflows.
const maxDuration = 1000 * time.Hour

// field reads one value into a playback.
type field struct {
	name string
	set  func(*Playback, string) error
}

// playbackFields are the properties that a timeline or a script may set, in the order in which errors list them.
func playbackFields() []field {
	return []field{
		{"playing", flag(func(p *Playback) *bool { return &p.Playing })},
		{"device.name", text(func(p *Playback) *string { return &p.Device.Name })},
		{"device.type", text(func(p *Playback) *string { return &p.Device.Type })},
		{"device.id", setDeviceID},
		{"device.restricted", flag(func(p *Playback) *bool { return &p.Device.Restricted })},
		{"device.private", flag(func(p *Playback) *bool { return &p.Device.Private })},
		{"device.volume", setVolume},
		{"device.supports_volume", notFlag(func(p *Playback) *bool { return &p.Device.NoControl })},
		{"item.name", text(func(p *Playback) *string { return &p.Item.Name })},
		{"item.kind", setKind},
		{"item.artists", setArtists},
		{"item.album", text(func(p *Playback) *string { return &p.Item.Album })},
		{"item.uri", text(func(p *Playback) *string { return &p.Item.URI })},
		{"item.explicit", flag(func(p *Playback) *bool { return &p.Item.Explicit })},
		{"item.duration", setItemDuration},
		{"progress", length(func(p *Playback) *time.Duration { return &p.Progress })},
		{"context", text(func(p *Playback) *string { return &p.Context })},
		{"active", notFlag(func(p *Playback) *bool { return &p.Inactive })},
		{"obeys", setObeys},
		{"stubborn", setStubborn},
		{"single", flag(func(p *Playback) *bool { return &p.Single })},
		{"frozen", flag(func(p *Playback) *bool { return &p.Frozen })},
		{"ghost", flag(func(p *Playback) *bool { return &p.Ghost })},
	}
}

// ParsePlayback reads what a player shows from fields such as device.name and item.kind. Values:
// true or false; durations such as 3m20s; a volume of 0 to 100 or "none"; artists separated by ", ";
// a context of "none" (null), "absent" (no key) or a URI; a device id of "none" (null). Defaults:
// playing when a device is given; a computer; an id that depends only on its type and name; a track of 4m.
// A field that does not exist is an error that lists those that do.
func ParsePlayback(fields map[string]string) (Playback, error) {
	p := Playback{Item: Item{Kind: Track, Duration: defaultDuration}}
	known := map[string]field{}
	var names []string
	for _, f := range playbackFields() {
		known[f.name] = f
		names = append(names, f.name)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		f, ok := known[key]
		if !ok {
			return Playback{}, fmt.Errorf("unknown field %q%s; the fields are %s", key, didYouMean(key, names), strings.Join(names, ", "))
		}
		if !utf8.ValidString(fields[key]) {
			return Playback{}, fmt.Errorf("%s=%q: not valid UTF-8", key, fields[key])
		}
		if err := f.set(&p, fields[key]); err != nil {
			return Playback{}, fmt.Errorf("%s=%q: %w", key, fields[key], err)
		}
	}
	if _, given := fields["playing"]; !given {
		p.Playing = givesDevice(fields)
	}
	if givesDevice(fields) {
		p.Device.Type = deviceType(p.Device.Type) // never the zero device, which means none
	}
	return p.complete(), nil
}

func givesDevice(fields map[string]string) bool {
	for key := range fields {
		if strings.HasPrefix(key, "device.") {
			return true
		}
	}
	return false
}

func text(of func(*Playback) *string) func(*Playback, string) error {
	return func(p *Playback, v string) error {
		*of(p) = v
		return nil
	}
}

func flag(of func(*Playback) *bool) func(*Playback, string) error {
	return func(p *Playback, v string) (err error) {
		*of(p), err = parseBool(v)
		return err
	}
}

// notFlag is for properties whose struct field says the opposite, so that its zero value is the usual case.
func notFlag(of func(*Playback) *bool) func(*Playback, string) error {
	return func(p *Playback, v string) error {
		yes, err := parseBool(v)
		*of(p) = !yes
		return err
	}
}

func length(of func(*Playback) *time.Duration) func(*Playback, string) error {
	return func(p *Playback, v string) (err error) {
		*of(p), err = parseLength(v)
		return err
	}
}

func setDeviceID(p *Playback, v string) error {
	if v == "" {
		return fmt.Errorf("an id may not be empty; write none for null")
	}
	p.Device.ID, p.Device.NullID = v, v == "none"
	return nil
}

func setVolume(p *Playback, v string) error {
	if v == "none" {
		p.Device.NullVolume = true
		return nil
	}
	percent, err := strconv.Atoi(v)
	if err != nil || percent < 0 || percent > 100 {
		return fmt.Errorf("want a number from 0 to 100, or none")
	}
	p.Device.Volume = &percent
	return nil
}

func setKind(p *Playback, v string) error {
	kinds := []string{Track, Episode, Ad, Local, Unknown, None}
	if !slices.Contains(kinds, v) {
		return fmt.Errorf("want one of %s%s", strings.Join(kinds, ", "), didYouMean(v, kinds))
	}
	p.Item.Kind = v
	return nil
}

func setArtists(p *Playback, v string) error {
	for name := range strings.SplitSeq(v, ",") {
		if name = strings.TrimSpace(name); name != "" {
			p.Item.Artists = append(p.Item.Artists, name)
		}
	}
	return nil
}

func setItemDuration(p *Playback, v string) (err error) {
	p.Item.Duration, err = parseLength(v)
	if err == nil && p.Item.Duration < time.Second {
		err = fmt.Errorf("an item lasts at least 1s")
	}
	return err
}

func setObeys(p *Playback, v string) error {
	yes, err := parseBool(v)
	p.Obeys = &yes
	return err
}

func setStubborn(p *Playback, v string) error {
	after, err := parseLength(v)
	p.Stubborn = &after
	return err
}

func parseBool(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "true", "yes":
		return true, nil
	case "false", "no":
		return false, nil
	}
	return false, fmt.Errorf("want true or false")
}

func parseLength(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil {
		return 0, fmt.Errorf("want a duration such as 7s, 2m or 1m30s")
	}
	if d < 0 || d > maxDuration {
		return 0, fmt.Errorf("want a duration from 0s to 1000h")
	}
	return d, nil
}
