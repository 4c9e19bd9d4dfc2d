package journal

import (
	"strings"
	"testing"
)

func TestEscape(t *testing.T) {
	for key, want := range map[string]string{
		"":              "%",
		"%":             "%25",
		"Bob-1_x":       "Bob-1_x",
		"a.b":           "a%2Eb",
		"*":             "%2A",
		"ü":             "%C3%BC",
		"\x00\xff":      "%00%FF",
		"home.state.x ": "home%2Estate%2Ex%20",
	} {
		if got := escape(key); got != want {
			t.Errorf("escape(%q) = %q, not %q", key, got, want)
		}
	}
	for _, token := range []string{"", "%2", "%zz", "a.b", "a b", "%2a", "%41", "%%", "x%", "é"} {
		if key, err := unescape(token); err == nil {
			t.Errorf("unescape(%q) = %q", token, key)
		}
	}
}

// A key is one token, whatever it is, and comes back as it was: so no two keys share a token.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"", "%", "%25", "a.b", "..", "*", ">", "home.state.x", "\x00", "\xff\xfe", "Bob's Laptop", "居間", "a/b\n", "'; DROP TABLE last; --"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		token := escape(key)
		if strings.Contains(token, ".") || !validSubject(token) {
			t.Fatalf("escape(%q) = %q is not one token", key, token)
		}
		back, err := keyUnder("home.state", join("home", "state", token))
		if err != nil || back != key {
			t.Fatalf("%q came back as %q, %v", key, back, err)
		}
	})
}

// What unescape takes, escape makes: so one key has one token only.
func FuzzUnescape(f *testing.F) {
	for _, seed := range []string{"%", "%25", "%2e", "abc", "%4", "a%20b", "%C3%BC"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if key, err := unescape(token); err == nil && escape(key) != token {
			t.Fatalf("%q is another token for %q", token, key)
		}
	})
}

func TestBelow(t *testing.T) {
	for _, c := range []struct {
		subject, prefix string
		want            bool
	}{
		{"home", "home", true}, {"home.x", "home", true}, {"home.x.y", "home", true},
		{"home-2.x", "home", false}, {"homes", "home", false}, {"hom", "home", false}, {"", "home", false},
	} {
		if got := below(c.subject, c.prefix); got != c.want {
			t.Errorf("below(%q, %q) = %v", c.subject, c.prefix, got)
		}
	}
}
