package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"
	"time"
)

// Kinds of item.
const (
	Track   = "track"
	Episode = "episode"
	Ad      = "ad"      // item null, currently_playing_type "ad"
	Local   = "local"   // a file of the listener's own: id null, uri spotify:local:...
	Unknown = "unknown" // nothing loaded: item null, timestamp 0, progress 0
	None    = "none"    // item null and no reason given
)

// Values of Playback.Context that are not a URI.
const (
	NoContext     = "none"   // "context": null
	AbsentContext = "absent" // the key is missing, as with Alexa
)

const defaultDuration = 4 * time.Minute

// Device is one place where music can come from. The zero value is no device at all ("device": null).
type Device struct {
	ID         string // "" = derived from type and name, the same in every account
	NullID     bool   // id null: nothing can be commanded through it (Sonos)
	Name       string
	Type       string // any case; "" = Computer
	Restricted bool   // commands are answered 403 "Restricted device"
	Private    bool   // is_private_session
	Volume     *int   // percent; nil = 50
	NullVolume bool   // volume_percent null
	NoControl  bool   // supports_volume false
}

// Item is what is played. A track whose title is in the catalogue gets its artist, album and
// duration from there unless they are given.
type Item struct {
	Kind     string // "" = Track
	Name     string
	Artists  []string // of an episode: its show
	Album    string
	URI      string // "" = derived from kind, title and artists
	Explicit bool
	Duration time.Duration // 0 = the catalogue's, else 4m
}

// Playback is what a player shows.
type Playback struct {
	Playing  bool
	Device   Device
	Inactive bool // the device's is_active is false although it is shown
	Item     Item
	Progress time.Duration // beyond the item's duration: a ghost
	Context  string        // a URI, NoContext or AbsentContext; "" = the item's album or show
	Shuffle  bool
	Repeat   string    // "" = off
	Since    time.Time // when the state last changed (the API's timestamp); zero = when it was set

	Frozen bool // progress stands still although it plays
	Single bool // stops at the item's end instead of going on to the next
	Ghost  bool // goes on "playing" past the item's end

	Obeys    *bool          // whether commands have an effect; nil = if Stubborn is given, else as the account says
	Stubborn *time.Duration // presses play again this long after a pause; 0 = gives up; nil = as the account says
}

// complete fills in what was left to the defaults, so that what is shown stays the same from answer to answer.
func (p Playback) complete() Playback {
	p.Device = p.Device.complete()
	p.Item = p.Item.complete()
	return p
}

func (d Device) none() bool {
	return d == Device{}
}

func (d Device) complete() Device {
	if d.none() {
		return d
	}
	d.Type = deviceType(d.Type)
	if d.NullID {
		d.ID = ""
	} else if d.ID == "" {
		d.ID = deviceID(d.Type, d.Name)
	}
	return d
}

// same reports whether two completed devices are one. Those without an id are told apart by name.
func (d Device) same(o Device) bool {
	if d.NullID || o.NullID {
		return d.NullID == o.NullID && d.Name == o.Name && d.Type == o.Type
	}
	return d.ID == o.ID
}

func (i Item) complete() Item {
	if i.Kind == "" {
		i.Kind = Track
	}
	if i.Kind == Track {
		i = i.fromCatalogue()
	}
	if i.Duration <= 0 {
		i.Duration = defaultDuration
	}
	if i.Name == "" {
		i.Name = "Untitled"
	}
	if len(i.Artists) == 0 {
		i.Artists = []string{"The House Band"}
	}
	if i.Album == "" {
		i.Album = i.Name
	}
	if i.URI == "" {
		i.URI = i.uri()
	}
	return i
}

func (i Item) uri() string {
	if i.Kind == Local {
		return "spotify:local:" + strings.Join([]string{i.Artists[0], i.Album, i.Name, "0"}, ":")
	}
	kind := Track
	if i.Kind == Episode {
		kind = Episode
	}
	return "spotify:" + kind + ":" + spotifyID(kind, i.Name, strings.Join(i.Artists, "\x00"))
}

// knownTypes are the device types seen in real answers; others are passed on as they are.
func knownTypes() []string {
	return []string{"Computer", "Tablet", "Smartphone", "Smartwatch", "Speaker", "TV", "AVR", "STB", "AudioDongle",
		"GameConsole", "CastVideo", "CastAudio", "Automobile", "Unknown"}
}

func deviceType(name string) string {
	if name == "" {
		return "Computer"
	}
	for _, t := range knownTypes() {
		if strings.EqualFold(t, name) {
			return t
		}
	}
	return name
}

// deviceID looks like librespot's: 40 hex digits that depend on nothing but type and name.
func deviceID(kind, name string) string {
	sum := sha256.Sum256([]byte("device\x00" + strings.ToLower(kind) + "\x00" + name))
	return hex.EncodeToString(sum[:20])
}

// spotifyID is a stable 22-digit base-62 id as in Spotify's URIs.
func spotifyID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	id := new(big.Int).SetBytes(sum[:16]).Text(62)
	return strings.Repeat("0", 22-len(id)) + id
}
