package builtins

import (
	"fmt"
	"regexp"

	"go.starlark.net/starlark"
)

// deviceID is an argument that is the id of a device, or a device. A device that has none gives "".
type deviceID string

// Unpack implements starlark.Unpacker.
func (d *deviceID) Unpack(v starlark.Value) error {
	switch v := v.(type) {
	case starlark.String:
		*d = deviceID(cut(valid(string(v)), 512))
		return nil
	case *deviceValue:
		*d = deviceID(v.ID)
		return nil
	case starlark.NoneType: // the id of a device that has none
		return nil
	}
	return fmt.Errorf("got %s, want a device or its id", v.Type())
}

// playlistID is an argument that names a playlist: its id, its uri or its link.
type playlistID string

var (
	bareID     = regexp.MustCompile(`^[0-9A-Za-z]{1,64}$`)
	inPlaylist = regexp.MustCompile(`^(?:spotify:(?:user:[^:]+:)?playlist:|https://open\.spotify\.com/playlist/)([0-9A-Za-z]{1,64})(?:\?.*)?$`)
	trackURI   = regexp.MustCompile(`^spotify:(?:track|episode):[0-9A-Za-z]{1,64}$`)
)

// Unpack implements starlark.Unpacker.
func (p *playlistID) Unpack(v starlark.Value) error {
	s, ok := starlark.AsString(v)
	if !ok {
		return fmt.Errorf("got %s, want the id of a playlist", v.Type())
	}
	if m := inPlaylist.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if !bareID.MatchString(s) {
		return fmt.Errorf("%s is no playlist: write its id, like %s, its uri or its link", quote(cut(valid(s), 60)), quote("37i9dQZF1DXcBWIGoYBM5M"))
	}
	*p = playlistID(s)
	return nil
}

// trackURIs is an argument that lists tracks and episodes: uris, or items as now.item.
type trackURIs []string

// Unpack implements starlark.Unpacker.
func (t *trackURIs) Unpack(v starlark.Value) error {
	all, ok := v.(starlark.Iterable)
	if _, text := v.(starlark.String); !ok || text {
		return fmt.Errorf("got %s, want a list of uris", v.Type())
	}
	it := all.Iterate()
	defer it.Done()
	out := trackURIs{}
	for x := starlark.Value(nil); it.Next(&x); {
		uri, ok := starlark.AsString(x)
		if i, is := x.(*itemValue); is {
			uri, ok = i.URI, true
		}
		if !ok {
			return fmt.Errorf("entry %d is a %s, want a uri", len(out), x.Type())
		}
		if !trackURI.MatchString(uri) {
			return fmt.Errorf("entry %d: %s is no track: write its uri, like %s", len(out), quote(cut(valid(uri), 60)), quote("spotify:track:0eyHNlZpTaJ3Bj3fAYCVVp"))
		}
		if out = append(out, uri); len(out) > playlistMost {
			return fmt.Errorf("more than %d entries", playlistMost)
		}
	}
	*t = out
	return nil
}

var (
	_ starlark.Unpacker = (*deviceID)(nil)
	_ starlark.Unpacker = (*playlistID)(nil)
	_ starlark.Unpacker = (*trackURIs)(nil)
)
