package spotify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	credentialType    = "spotify-credential"
	credentialVersion = 1
	mostCredential    = 64 << 10 // bytes
	mostToken         = 8 << 10
	mostScopes        = 64
)

// wireCredential is a Credential at rest. It holds the refresh token in the clear: who
// stores it encrypts it.
type wireCredential struct {
	Type         string    `json:"type"`
	Version      int       `json:"version"`
	RefreshToken string    `json:"refresh_token"`
	ClientID     string    `json:"client_id,omitempty"`
	Scopes       []string  `json:"scopes"` // null: not known; []: none
	AuthorizedAt string    `json:"authorized_at,omitempty"`
	Estimated    bool      `json:"estimated,omitempty"`
	User         *wireUser `json:"user,omitempty"`
	Seed         string    `json:"seed,omitempty"`
}

type wireUser struct {
	ID          string `json:"id,omitempty"`
	DisplayName string `json:"display_name,omitempty"`
	AccountID   string `json:"account_id,omitempty"`
}

// EncodeCredential gives what DecodeCredential reads. The error is about a credential that
// could not be read back; it says which part is wrong, never what is in it.
func EncodeCredential(c Credential) ([]byte, error) {
	w := wireCredential{
		Type: credentialType, Version: credentialVersion,
		RefreshToken: c.RefreshToken(), ClientID: c.ClientID, Scopes: c.Scopes, Estimated: c.Estimated, Seed: c.Seed,
	}
	if !c.AuthorizedAt.IsZero() {
		w.AuthorizedAt = c.AuthorizedAt.UTC().Format(time.RFC3339Nano)
	}
	if c.User != (User{}) {
		w.User = &wireUser{text(c.User.ID), text(c.User.DisplayName), text(c.User.AccountID)}
	}
	if _, err := w.credential(); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return json.Marshal(w)
}

// DecodeCredential reads what EncodeCredential wrote, and nothing else: a key that it does not
// know, a value of another type, or another version is an error. No error shows a value.
func DecodeCredential(data []byte) (Credential, error) {
	w, err := readCredential(data)
	if err != nil {
		return Credential{}, fmt.Errorf("credential: %w", err)
	}
	c, err := w.credential()
	if err != nil {
		return Credential{}, fmt.Errorf("credential: %w", err)
	}
	return c, nil
}

func readCredential(data []byte) (wireCredential, error) {
	var w wireCredential
	if len(data) > mostCredential {
		return w, fmt.Errorf("larger than %d bytes", mostCredential)
	}
	var head struct {
		Type    json.RawMessage `json:"type"`
		Version json.RawMessage `json:"version"`
	}
	switch {
	case tooDeep(data) || json.Unmarshal(data, &head) != nil:
		return w, errors.New("not a JSON object")
	case string(head.Type) != `"`+credentialType+`"`:
		return w, errors.New("this is not a Spotify credential: its type is another one")
	case string(head.Version) != fmt.Sprint(credentialVersion):
		return w, fmt.Errorf("its version is not %d: another gatefold wrote it", credentialVersion)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(&w)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return w, fmt.Errorf("%s has a value of the wrong type", wrong.Field)
	} else if err != nil {
		return w, errors.New("it has a key that this version does not know")
	}
	return w, nil
}

// credential checks what was read; what it accepts is encoded and decoded unchanged.
func (w wireCredential) credential() (Credential, error) {
	c := NewCredential(w.RefreshToken)
	c.ClientID, c.Scopes, c.Estimated, c.Seed = w.ClientID, w.Scopes, w.Estimated, w.Seed
	switch {
	case w.RefreshToken == "":
		return Credential{}, errors.New("refresh_token is missing")
	case !keepable(w.RefreshToken):
		return Credential{}, errors.New("refresh_token is not a token")
	case w.ClientID != "" && !usable(w.ClientID) || len(w.ClientID) > 256:
		return Credential{}, errors.New("client_id is not a client id")
	case len(w.Scopes) > mostScopes:
		return Credential{}, fmt.Errorf("scopes has more than %d entries", mostScopes)
	case w.Seed != "" && !isHex(w.Seed, 64):
		return Credential{}, errors.New("seed is not a sha256 in hex")
	}
	for _, s := range w.Scopes {
		if !isScope(s) {
			return Credential{}, errors.New("scopes has an entry that is no scope")
		}
	}
	if w.AuthorizedAt != "" {
		at, err := time.Parse(time.RFC3339Nano, w.AuthorizedAt)
		if at = at.UTC(); err != nil || at.Year() < 1970 || at.Year() > 9998 {
			return Credential{}, errors.New("authorized_at is not a time")
		}
		c.AuthorizedAt = at
	}
	if u := w.User; u != nil {
		c.User = User{ID: text(u.ID), DisplayName: text(u.DisplayName), AccountID: text(u.AccountID)}
	}
	return c, nil
}

func text(s string) string { return cut(strings.ToValidUTF8(s, string(utf8.RuneError))) }

func isHex(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}

// isScope is scope-token of RFC 6749, section 3.3.
func isScope(s string) bool {
	return usable(s) && len(s) <= 128 && !strings.ContainsAny(s, `"\`)
}
