//go:build contract

package contract

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatefold/internal/spotify"
)

// scopes are what the description says that a call needs; each of several is enough.
func (d *description) scopes(t *testing.T, operation string) (anyOf []string) {
	t.Helper()
	method, path, _ := strings.Cut(operation, " ")
	security := d.doc.Paths.Value(path).GetOperation(method).Security
	if security == nil || len(*security) != 1 {
		t.Fatalf("%s needs what? %v", operation, security)
	}
	return (*security)[0]["oauth_2_0"]
}

// The client refuses by itself what the description says that a login does not allow, and so does the simulator; both let
// pass what it allows.
func TestScopes(t *testing.T) {
	d := describe(t)
	all := slices.Sorted(maps.Keys(d.tokens().Scopes))
	for call, operation := range operations {
		t.Run(call, func(t *testing.T) {
			want := d.scopes(t, operation)
			others := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(want, s) })
			try := func(allowed, known []string) error { return newHouseWith(t, newJudge(t), allowed, known).try(call) }

			if call == "me" { // its basic fields need no scope: facts
				if err := try(others, others); err != nil || len(want) == 0 {
					t.Error(want, err)
				}
				return
			}
			scope := (*spotify.ScopeError)(nil)
			if err := try(all, others); !errors.As(err, &scope) || !slices.Equal(strings.Split(scope.Scope, " or "), want) {
				t.Errorf("the client needs %v, the description wants %v", err, want)
			}
			if e := (*spotify.Error)(nil); !errors.As(try(others, nil), &e) || e.Reason != spotify.ScopeMissing {
				t.Errorf("the simulator lets pass what has not %v: %v", want, e)
			}
			if err := try(want, want); err != nil {
				t.Error(err)
			}
		})
	}
}

// try plays something, and makes one call.
func (h *house) try(call string) error {
	h.home.Set(players()["track"])
	return h.calls()[call]()
}

// Where a login begins, where its code goes, and what may be asked for, is as described.
func TestLogin(t *testing.T) {
	d := describe(t)
	flow := d.tokens()
	scopes := []string{
		spotify.ScopeReadPlayback, spotify.ScopeModifyPlayback, spotify.ScopeRecentlyPlayed, spotify.ScopePlaylistPrivate,
		spotify.ScopePlaylistPublic,
	}
	l, err := spotify.NewLogin(spotify.LoginOptions{
		ClientID: "client", RedirectURL: "http://127.0.0.1/callback", Scopes: scopes, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(l.URL())
	if err != nil {
		t.Fatal(err)
	}
	asked := strings.Fields(u.Query().Get("scope"))
	if u.RawQuery, u.Fragment = "", ""; u.String() != flow.AuthorizationURL {
		t.Errorf("the login begins at %s, not %s", u, flow.AuthorizationURL)
	}
	for _, s := range asked {
		if _, ok := flow.Scopes[s]; !ok {
			t.Errorf("there is no scope %s", s)
		}
	}
	if !slices.Equal(asked, scopes) {
		t.Errorf("asked for %v", asked)
	}
}
