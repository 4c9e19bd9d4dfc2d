package builtins

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"gatefold/engine"
)

// Item is what plays, in basic types.
type Item struct {
	Kind     string // "track", "episode", "ad", "local", "unknown"
	Name     string
	Artists  []string
	Album    string
	URI      string // "" when it has none
	Explicit bool
	Duration time.Duration // 0 when Spotify does not say
	Progress time.Duration // 0 when Spotify does not say
}

// same says whether it is the same piece, wherever in it the player is.
func (i Item) same(j Item) bool {
	return i.Kind == j.Kind && i.Name == j.Name && i.URI == j.URI && i.Album == j.Album &&
		i.Explicit == j.Explicit && i.Duration == j.Duration && slices.Equal(i.Artists, j.Artists)
}

// itemValue is an item as rules see it. Its texts are made once.
type itemValue struct {
	engine.Inert
	Item
	kind, name, album, uri starlark.Value
	artists                starlark.Tuple
}

func newItemValue(i Item) *itemValue {
	v := &itemValue{
		Item:  i,
		kind:  starlark.String(i.Kind),
		name:  starlark.String(i.Name),
		album: starlark.String(i.Album),
		uri:   starlark.String(i.URI),
	}
	v.Artists = slices.Clone(i.Artists)
	for _, a := range v.Artists {
		v.artists = append(v.artists, starlark.String(a))
	}
	return v
}

// String is "Blue Train by John Coltrane", or the kind of what has no name.
func (i *itemValue) String() string {
	switch {
	case i.Name == "":
		return i.Kind
	case len(i.Artists) == 0:
		return i.Name
	}
	return fmt.Sprintf("%s by %s", i.Name, strings.Join(i.Artists, ", "))
}

// Type is "item".
func (i *itemValue) Type() string { return "item" }

// Attr implements starlark.HasAttrs.
func (i *itemValue) Attr(name string) (starlark.Value, error) {
	switch name {
	case "kind":
		return i.kind, nil
	case "name":
		return i.name, nil
	case "artists":
		return i.artists, nil
	case "album":
		return i.album, nil
	case "uri":
		return i.uri, nil
	case "explicit":
		return starlark.Bool(i.Explicit), nil
	case "duration":
		return startime.Duration(i.Duration), nil
	case "progress":
		return startime.Duration(i.Progress), nil
	}
	return nil, nil
}

// AttrNames implements starlark.HasAttrs.
func (i *itemValue) AttrNames() []string {
	return []string{"album", "artists", "duration", "explicit", "kind", "name", "progress", "uri"}
}

// CompareSameType implements starlark.Comparable: items are equal in everything but their progress, which is not of the
// item but of the player in it.
func (i *itemValue) CompareSameType(op syntax.Token, y starlark.Value, _ int) (bool, error) {
	other, ok := y.(*itemValue)
	return compareEqual(op, i.Type(), ok && i.same(other.Item))
}

// Hash implements starlark.Value.
func (i *itemValue) Hash() (uint32, error) {
	return starlark.String(i.URI + "\x00" + i.Name).Hash()
}

// itemJSON is an item as the journal keeps it and as json.encode writes it.
type itemJSON struct {
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	Artists  []string `json:"artists"`
	Album    string   `json:"album"`
	URI      string   `json:"uri"`
	Explicit bool     `json:"explicit"`
	Duration string   `json:"duration"`
	Progress string   `json:"progress"`
}

// MarshalJSON writes all attributes, durations as rules write them.
func (i *itemValue) MarshalJSON() ([]byte, error) {
	return json.Marshal(itemJSON{
		Kind: i.Kind, Name: i.Name, Artists: append([]string{}, i.Artists...), Album: i.Album, URI: i.URI,
		Explicit: i.Explicit, Duration: engine.FormatDuration(i.Duration), Progress: engine.FormatDuration(i.Progress),
	})
}

// item is the item that was written.
func (j itemJSON) item() (*Item, error) {
	i := &Item{Kind: j.Kind, Name: j.Name, Artists: j.Artists, Album: j.Album, URI: j.URI, Explicit: j.Explicit}
	for _, d := range []struct {
		text string
		to   *time.Duration
	}{{j.Duration, &i.Duration}, {j.Progress, &i.Progress}} {
		if d.text == "" {
			continue
		}
		var err error
		if *d.to, err = time.ParseDuration(d.text); err != nil {
			return nil, fmt.Errorf("item: %w", err)
		}
	}
	return i, nil
}

var (
	_ starlark.HasAttrs   = (*itemValue)(nil)
	_ starlark.Comparable = (*itemValue)(nil)
	_ json.Marshaler      = (*itemValue)(nil)
)
