package spotify

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExpires(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ authorized, want string }{
		{"2026-07-20T10:00:00Z", "2027-01-20T10:00:00Z"},
		{"2026-01-31T23:59:59.5+02:00", "2026-07-31T23:59:59.5+02:00"},
		{"2026-08-31T12:00:00Z", "2027-02-28T12:00:00Z"},
		{"2027-08-30T12:00:00Z", "2028-02-29T12:00:00Z"},
		{"2026-03-31T12:00:00Z", "2026-09-30T12:00:00Z"},
		{"2026-12-31T12:00:00Z", "2027-06-30T12:00:00Z"},
	} {
		got := Credential{AuthorizedAt: at(c.authorized)}.Expires()
		if !got.Equal(at(c.want)) {
			t.Errorf("%s: %s, want %s", c.authorized, got.Format(time.RFC3339Nano), c.want)
		}
	}
	if got := NewCredential("x").Expires(); !got.IsZero() {
		t.Error("without a consent:", got)
	}
}

// same compares credentials, the secrets too.
func same(a, b Credential) string {
	return cmp.Diff(a, b, cmp.Comparer(func(x, y secret) bool { return x.reveal() == y.reveal() }), cmp.AllowUnexported(Credential{}))
}

var aCredential = Credential{
	refresh: hide("AQ-refresh_0"), ClientID: "0123456789abcdef", Scopes: []string{ScopeReadPlayback, ScopeModifyPlayback},
	AuthorizedAt: start.Add(123456789), Estimated: true,
	User: User{ID: "u", DisplayName: "Ümit \"<>", AccountID: "acc"}, Seed: SeedOf("AQ-refresh_0"),
}

func TestCredentialRoundTrip(t *testing.T) {
	none := NewCredential("x")
	none.Scopes = []string{}
	for _, c := range []Credential{aCredential, NewCredential("x"), none, aCredential.WithRefreshToken("y")} {
		data, err := EncodeCredential(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeCredential(data)
		if d := same(c, back); err != nil || d != "" {
			t.Errorf("%s\n%v %s", data, err, d)
		}
	}
	elsewhere := aCredential
	elsewhere.AuthorizedAt = aCredential.AuthorizedAt.In(time.FixedZone("", 3600))
	data, err := EncodeCredential(elsewhere)
	if err != nil || !strings.Contains(string(data), `"authorized_at":"2026-11-21T12:00:00.123456789Z"`) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestEncodeCredentialRefuses(t *testing.T) {
	for want, change := range map[string]func(*Credential){
		"refresh_token is missing":             func(c *Credential) { c.refresh = nil },
		"refresh_token is not a token":         func(c *Credential) { c.refresh = hide("a\nb") },
		"client_id is not a client id":         func(c *Credential) { c.ClientID = "a b" },
		"scopes has more than 64 entries":      func(c *Credential) { c.Scopes = slices.Repeat([]string{"x"}, 65) },
		"scopes has an entry that is no scope": func(c *Credential) { c.Scopes = []string{"a b"} },
		"seed is not a sha256 in hex":          func(c *Credential) { c.Seed = "abc" },
		"authorized_at is not a time":          func(c *Credential) { c.AuthorizedAt = time.Unix(-1, 0) },
	} {
		c := aCredential
		change(&c)
		if data, err := EncodeCredential(c); err == nil || err.Error() != "credential: "+want {
			t.Errorf("%s: %s, %v", want, data, err)
		}
	}
}

func TestDecodeCredentialRefuses(t *testing.T) {
	data, err := EncodeCredential(aCredential)
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, new string) string {
		t.Helper()
		if !bytes.Contains(data, []byte(old)) {
			t.Fatalf("%s is not in %s", old, data)
		}
		return strings.Replace(string(data), old, new, 1)
	}
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "not a JSON object"},
		{"cut", string(data[:len(data)-9]), "not a JSON object"},
		{"null", "null", "this is not a Spotify credential: its type is another one"},
		{"a list", "[]", "not a JSON object"},
		{"nested", `{"x":` + strings.Repeat("[", 50_000), "not a JSON object"},
		{"huge", strings.Repeat(" ", mostCredential+1), "larger than 65536 bytes"},
		{"of something else", swap(credentialType, "slack-credential"), "this is not a Spotify credential: its type is another one"},
		{"without a type", swap(`"type":"spotify-credential",`, ""), "this is not a Spotify credential: its type is another one"},
		{"newer", swap(`"version":1`, `"version":2`), "its version is not 1: another gatefold wrote it"},
		{"version as text", swap(`"version":1`, `"version":"1"`), "its version is not 1: another gatefold wrote it"},
		{"an unknown key", swap(`"estimated"`, `"estimate"`), "it has a key that this version does not know"},
		{"an unknown key of the user", swap(`"account_id"`, `"account"`), "it has a key that this version does not know"},
		{"a number as token", swap(`"AQ-refresh_0"`, `7770777`), "refresh_token has a value of the wrong type"},
		{"no token", swap(`"AQ-refresh_0"`, `null`), "refresh_token is missing"},
		{"a token that is none", swap(`"AQ-refresh_0"`, `"s3cret\u0000"`), "refresh_token is not a token"},
		{"a long token", swap(`"AQ-refresh_0"`, `"`+strings.Repeat("s3cret", 2000)+`"`), "refresh_token is not a token"},
		{"scopes as text", swap(`"scopes":[`, `"scopes":"s3cret","x":[`), "scopes has a value of the wrong type"},
		{"a scope as number", swap(`["user-read-playback-state"`, `[7770777`), "scopes has a value of the wrong type"},
		{"estimated as text", swap(`"estimated":true`, `"estimated":"s3cret"`), "estimated has a value of the wrong type"},
		{"no time", swap(`2026-11-21T`, `s3cret`), "authorized_at is not a time"},
		{"user as text", swap(`"user":{`, `"user":"s3cret","x":{`), "user has a value of the wrong type"},
		{"upper case seed", swap(aCredential.Seed, strings.ToUpper(aCredential.Seed)), "seed is not a sha256 in hex"},
		{"two", string(data) + string(data), "not a JSON object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := DecodeCredential([]byte(c.data))
			if err == nil || err.Error() != "credential: "+c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			if d := same(Credential{}, got); d != "" {
				t.Error("a credential beside the error:", d)
			}
		})
	}
}

func TestSeedOf(t *testing.T) {
	if got := SeedOf("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Error(got)
	}
}

// FuzzDecodeCredential: an error without a value, or a credential that survives a round trip.
func FuzzDecodeCredential(f *testing.F) {
	whole, err := EncodeCredential(aCredential)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"type":"spotify-credential","version":1,"refresh_token":"x","scopes":null}`))
	f.Add([]byte(`{"type":"spotify-credential","version":1,"refresh_token":"x","scopes":[],"user":{"id":"\ud800"},"REFRESH_TOKEN":"y"}`))
	f.Add([]byte(`{"type":"spotify-credential","version":1,"refresh_token":7777777,"authorized_at":"9999-12-31T23:59:59-23:59"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeCredential(data)
		if err != nil {
			if !oneLine(err.Error()) || len(err.Error()) > 120 {
				t.Fatalf("%q", err)
			}
			return
		}
		again, err := EncodeCredential(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeCredential(again)
		if d := same(c, back); err != nil || d != "" {
			t.Fatal(err, d)
		}
		if c.Expires().Before(c.AuthorizedAt) || fmt.Sprint(c) != redacted {
			t.Fatal(c)
		}
	})
}

func TestMemoryVault(t *testing.T) {
	v := NewMemoryVault(Credential{})
	if _, err := v.Load(t.Context()); !errors.Is(err, ErrNoCredential) {
		t.Error(err)
	}
	if err := v.Save(t.Context(), aCredential); err != nil {
		t.Fatal(err)
	}
	if got, err := v.Load(t.Context()); err != nil || same(aCredential, got) != "" {
		t.Error(got, err)
	}
}
