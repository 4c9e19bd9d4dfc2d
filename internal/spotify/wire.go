package spotify

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// wirePlayer is the body of GET /me/player as far as we read it. A value of another type
// than here is skipped by encoding/json and so counts as absent; the two that decide
// whether anybody plays are kept raw, because there a wrong type must not pass for "no".
type wirePlayer struct {
	Device      json.RawMessage `json:"device"`
	IsPlaying   json.RawMessage `json:"is_playing"`
	Timestamp   number          `json:"timestamp"`
	Progress    number          `json:"progress_ms"`
	PlayingType string          `json:"currently_playing_type"`
	Item        *wireItem       `json:"item"`
	Context     struct {
		URI string `json:"uri"`
	} `json:"context"`
	Actions struct {
		Disallows struct {
			Pausing bool `json:"pausing"`
		} `json:"disallows"`
	} `json:"actions"`
}

type wireDevice struct {
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	Type           string          `json:"type"`
	Active         bool            `json:"is_active"`
	Restricted     bool            `json:"is_restricted"`
	Private        bool            `json:"is_private_session"`
	Volume         number          `json:"volume_percent"`
	SupportsVolume json.RawMessage `json:"supports_volume"`
}

type wireItem struct {
	Type     string    `json:"type"`
	Name     string    `json:"name"`
	URI      string    `json:"uri"`
	Local    bool      `json:"is_local"`
	Explicit bool      `json:"explicit"`
	Duration number    `json:"duration_ms"`
	Artists  wireNames `json:"artists"`
	Album    wireName  `json:"album"`
	Show     struct {
		Name      string `json:"name"`
		Publisher string `json:"publisher"`
	} `json:"show"`
	Audiobook struct {
		Name    string    `json:"name"`
		Authors wireNames `json:"authors"`
	} `json:"audiobook"`
}

type wireName struct {
	Name string `json:"name"`
}

// wireNames are at most 64 names that say something, of a list of any length.
type wireNames []string

func (n *wireNames) UnmarshalJSON(b []byte) error {
	*n = nil
	elements(b, func(e json.RawMessage) bool {
		w := wireName{}
		if decodeObject(e, &w) == nil && w.Name != "" {
			*n = append(*n, cut(w.Name))
		}
		return len(*n) < 64
	})
	return nil
}

// elements hands out the elements of a list one by one, so that a list of a hundred thousand
// costs no more than its text, until it is told that this is enough. false: not a list.
func elements(list json.RawMessage, more func(json.RawMessage) bool) bool {
	const short = 4 << 10 // taken apart at once: a decoder costs more than most lists have in them
	var all []json.RawMessage
	if len(list) <= short && json.Unmarshal(list, &all) == nil && all != nil {
		for _, e := range all {
			if !more(e) {
				break
			}
		}
		return true
	}
	d := json.NewDecoder(bytes.NewReader(list))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return false
	}
	for d.More() {
		var e json.RawMessage
		if d.Decode(&e) != nil || !more(e) {
			break
		}
	}
	return true
}

// number is a JSON number, absent if it is of another type or beyond a float64. (A *float64
// would not do: encoding/json leaves a pointer to 0 where the type is wrong.)
type number struct {
	value float64
	ok    bool
}

func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(string(b), 64)
	*n = number{}
	if err == nil {
		*n = number{v, true}
	}
	return nil
}

// decodeObject reads a JSON object and forgives values of the wrong type inside it.
func decodeObject(body []byte, into any) error {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		if len(trimmed) == 0 {
			return errors.New("an empty body")
		}
		return errors.New("not a JSON object: " + snippet(string(trimmed)))
	}
	if tooDeep(body) {
		return errTooDeep
	}
	err := json.Unmarshal(body, into)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return nil
	}
	return err
}

func readPlayer(body []byte) (*wirePlayer, error) {
	w := new(wirePlayer)
	if err := decodeObject(body, w); err != nil {
		return nil, malformed(opPlayer, "the player cannot be read", err)
	}
	if w.Device == nil && w.IsPlaying == nil {
		return nil, malformed(opPlayer, "an answer that says nothing about a player: "+snippet(string(body)), nil)
	}
	return w, nil
}

// playing is is_playing; absent and null count as no.
func (w *wirePlayer) playing() (bool, error) {
	switch string(w.IsPlaying) {
	case "", "null", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, malformed(opPlayer, "is_playing is not a boolean: "+snippet(string(w.IsPlaying)), nil)
}

// empty tells the shape of a player with nothing loaded: no item, timestamp 0, progress 0,
// type unknown. A missing timestamp does not count: then too little is said to call it idle.
func (w *wirePlayer) empty() bool {
	return w.Item == nil && w.Timestamp == number{0, true} && w.Progress.value == 0 &&
		(w.PlayingType == "" || w.PlayingType == "unknown")
}

func (w *wirePlayer) device() (*Device, error) {
	if s := string(w.Device); s == "" || s == "null" {
		return nil, nil
	}
	d := new(wireDevice)
	if err := decodeObject(w.Device, d); err != nil {
		return nil, malformed(opPlayer, "the device cannot be read", err)
	}
	return d.device(), nil
}

func (d *wireDevice) device() *Device {
	return &Device{
		ID:             cut(d.ID),
		Name:           cut(d.Name),
		Type:           cut(strings.ToLower(d.Type)),
		Active:         d.Active,
		Restricted:     d.Restricted,
		Private:        d.Private,
		Volume:         percent(d.Volume),
		SupportsVolume: string(d.SupportsVolume) != "false",
	}
}

// percent gives 0 to 100, and -1 for what is absent or makes no sense.
func percent(v number) int {
	if !v.ok || v.value < 0 {
		return -1
	}
	return int(math.Round(min(v.value, 100)))
}

// millis turns milliseconds into a duration between 0 and ten years: beyond, nothing is
// music any more, and adding to the longest duration would overflow.
func millis(v number) time.Duration {
	const most = 10 * 365 * 24 * time.Hour
	if !v.ok || v.value <= 0 {
		return 0
	}
	return time.Duration(min(v.value, float64(most/time.Millisecond)) * float64(time.Millisecond))
}

// moment turns milliseconds since 1970 into a time; zero for what is absent, not positive,
// or past the year 9999 (such a time cannot be written as JSON).
func moment(v number) time.Time {
	const most = 253402300799000
	if !v.ok || v.value < 1 || v.value > most {
		return time.Time{}
	}
	return time.UnixMilli(int64(v.value)).UTC()
}
