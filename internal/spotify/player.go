package spotify

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Player is what one look saw. The zero value is what 204 means: nobody, nothing.
type Player struct {
	Device      *Device       // nil: nobody holds the player (204, or a device that is neither active nor playing)
	Playing     bool          // true implies Device != nil
	Item        *Item         // nil: none, or Spotify does not say; an ad gives Item{Kind: "ad"}
	Context     string        // uri of the playlist, album, show, or ""
	Progress    time.Duration // 0 when absent; may lie well past the item's end (a ghost)
	Changed     time.Time     // last change of state (play, pause, skip, seek, next item); zero when 0 or absent
	Seen        time.Time     // when the answer began to come: what it shows is at least that old
	CannotPause bool          // Spotify says beforehand that a pause would be refused (actions.disallows.pausing)
}

// Device is who holds the player. Names are what their owners typed: at most 512 runes of
// valid UTF-8, otherwise as sent, control characters too, because two different names must
// stay different. Whoever shows one escapes it.
type Device struct {
	ID             string // "" when Spotify gives none: cannot be controlled
	Name           string
	Type           string // lower case: "computer", "smartphone", "speaker", "tv", ...
	Active         bool
	Restricted     bool
	Private        bool
	Volume         int  // 0 to 100; -1 when Spotify does not say
	SupportsVolume bool // absent counts as true
}

// Item is what plays. For an episode Album is the show and Artists its publisher; for an
// audiobook's chapter they are the book and its authors.
type Item struct {
	Kind     string // "track", "episode", "ad", "local", "unknown"
	Name     string
	Artists  []string
	Album    string
	URI      string
	Explicit bool
	Duration time.Duration
}

const opPlayer = "GET /me/player"

// DecodePlayer reads the body of a 200 to GET /me/player?additional_types=track,episode.
// Keys may be absent, null or of another type than documented; what cannot be used counts
// as absent. The error is an *Error of kind Malformed: not a JSON object, nothing about a
// player in it, or playing without a device (except the empty shape of an idle player).
func DecodePlayer(body []byte) (Player, error) {
	w, err := readPlayer(body)
	if err != nil {
		return Player{}, err
	}
	playing, err := w.playing()
	if err != nil {
		return Player{}, err
	}
	device, err := w.device()
	if err != nil {
		return Player{}, err
	}
	if playing && w.empty() {
		playing = false // seen in practice: is_playing true with nothing loaded
	}
	if playing && device == nil {
		return Player{}, malformed(opPlayer, "playing, but on no device", nil)
	}
	if device != nil && !device.Active && !playing {
		device = nil
	}
	return Player{
		Device:      device,
		Playing:     playing,
		Item:        w.item(),
		Context:     cut(w.Context.URI),
		Progress:    millis(w.Progress),
		Changed:     moment(w.Timestamp),
		CannotPause: playing && w.Actions.Disallows.Pausing,
	}, nil
}

// malformed is a 200 that cannot be understood.
func malformed(op, what string, err error) *Error {
	return &Error{Op: op, Kind: Malformed, Status: 200, Message: what, Err: err}
}

// item is nil when Spotify names none, except that an ad is known by its type alone.
func (w *wirePlayer) item() *Item {
	ad := w.PlayingType == "ad"
	switch {
	case w.Item == nil && ad:
		return &Item{Kind: "ad"}
	case w.Item == nil:
		return nil
	}
	item := w.Item.item(w.PlayingType)
	return &item
}

func (i *wireItem) item(playingType string) Item {
	item := Item{
		Kind:     i.kind(playingType),
		Name:     cut(i.Name),
		Artists:  i.Artists,
		Album:    cut(i.Album.Name),
		URI:      cut(i.URI),
		Explicit: i.Explicit,
		Duration: millis(i.Duration),
	}
	if item.Album == "" {
		item.Album = cut(i.Show.Name + i.Audiobook.Name)
	}
	if len(item.Artists) == 0 && i.Show.Publisher != "" {
		item.Artists = []string{cut(i.Show.Publisher)}
	}
	if len(i.Artists) == 0 {
		item.Artists = append(item.Artists, i.Audiobook.Authors...)
	}
	return item
}

// kind trusts the item before the type beside it, and the uri last. A chapter of an
// audiobook comes as an episode, or as a chapter.
func (i *wireItem) kind(playingType string) string {
	if playingType == "ad" {
		return "ad"
	}
	if i.Local || strings.HasPrefix(i.URI, "spotify:local:") {
		return "local"
	}
	scheme, rest, _ := strings.Cut(i.URI, ":")
	fromURI, _, _ := strings.Cut(rest, ":")
	if scheme != "spotify" {
		fromURI = ""
	}
	for _, t := range []string{i.Type, playingType, fromURI} {
		switch t {
		case "track", "ad":
			return t
		case "episode", "chapter":
			return "episode"
		}
	}
	return "unknown"
}

// cut bounds a text at 512 runes. encoding/json has made it valid UTF-8.
func cut(s string) string {
	const most = 512
	if len(s) <= most || utf8.RuneCountInString(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n == most {
			return s[:i]
		}
		n++
	}
	return s
}
