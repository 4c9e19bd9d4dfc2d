package spotify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// calls is every call, with the scopes of which it needs one.
var calls = []struct {
	op     string
	scopes []string
	call   func(context.Context, *Client) error
}{
	{"GET /me/player", []string{ScopeReadPlayback}, func(ctx context.Context, c *Client) error { _, err := c.Player(ctx, Look); return err }},
	{"GET /me/player/devices", []string{ScopeReadPlayback}, func(ctx context.Context, c *Client) error { _, err := c.Devices(ctx); return err }},
	{"GET /me/player/recently-played", []string{ScopeRecentlyPlayed}, func(ctx context.Context, c *Client) error { _, err := c.RecentlyPlayed(ctx, 1); return err }},
	{"PUT /me/player/pause", []string{ScopeModifyPlayback}, func(ctx context.Context, c *Client) error { _, err := c.Pause(ctx, "x", time.Time{}); return err }},
	{"PUT /me/player", []string{ScopeModifyPlayback}, func(ctx context.Context, c *Client) error { return c.Transfer(ctx, "x", true) }},
	{"PUT /me/player/volume", []string{ScopeModifyPlayback}, func(ctx context.Context, c *Client) error { return c.Volume(ctx, 10, "x") }},
	{"PUT /playlists/{id}/items", []string{ScopePlaylistPublic, ScopePlaylistPrivate}, func(ctx context.Context, c *Client) error { return c.ReplacePlaylist(ctx, "1", nil) }},
	{"GET /me", nil, func(ctx context.Context, c *Client) error { _, err := c.Me(ctx); return err }},
}

// answers says something fitting to every call.
func answers(w http.ResponseWriter, r *http.Request) {
	say(200, `{`+aDevice+`,"is_playing":true,"devices":[],"items":[],"id":"u"}`)(w, r)
}

func TestScopes(t *testing.T) {
	for _, c := range calls {
		t.Run(c.op, func(t *testing.T) {
			for _, have := range [][]string{nil, {}, {"other"}, {ScopeReadPlayback}, {ScopeModifyPlayback}, {ScopeRecentlyPlayed}, {ScopePlaylistPrivate}, {ScopePlaylistPublic}} {
				w := newWorld(t, Limits{}, answers)
				cred := NewCredential("refresh-0")
				cred.Scopes = have
				if err := w.vault.Save(t.Context(), cred); err != nil {
					t.Fatal(err)
				}
				err := c.call(t.Context(), w.Client)
				allowed := have == nil || c.scopes == nil || len(have) == 1 && slices.Contains(c.scopes, have[0])
				if allowed {
					if err != nil || w.calls.Load() != 1 {
						t.Errorf("%v: %v, %d calls", have, err, w.calls.Load())
					}
					continue
				}
				e := (*ScopeError)(nil)
				want := fmt.Sprintf("%s needs the scope %s, which the login did not grant", c.op, strings.Join(c.scopes, " or "))
				if !errors.As(err, &e) || e.Op != c.op || e.Error() != want || e.Hint() == "" {
					t.Errorf("%v: %v", have, err)
				}
				if w.calls.Load() != 0 || w.refreshes.Load() != 0 {
					t.Errorf("%v: %d calls, %d refreshes", have, w.calls.Load(), w.refreshes.Load())
				}
				if got := PauseOutcome(err); got != "failed" {
					t.Error("outcome", got)
				}
			}
		})
	}
}

// A login with more scopes is noticed within 2 s, though the access token is still good.
func TestLoginWithMoreScopes(t *testing.T) {
	w := newWorld(t, Limits{}, answers)
	cred := NewCredential("refresh-0")
	cred.Scopes = []string{ScopeReadPlayback}
	w.vault.Save(t.Context(), cred)
	if _, err := w.Player(t.Context(), Look); err != nil {
		t.Fatal(err)
	}
	more := NewCredential("refresh-1")
	more.Scopes = []string{ScopeReadPlayback, ScopeModifyPlayback}
	w.vault.Save(t.Context(), more)
	w.clock.move(peekEvery - 1)
	if e := (*ScopeError)(nil); !errors.As(w.pause(t.Context(), "x"), &e) {
		t.Error("noticed too early")
	}
	w.clock.move(1)
	if err := w.pause(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	if n := w.refreshes.Load(); n != 2 {
		t.Errorf("%d refreshes: the new login has an access token of its own", n)
	}
}

// sameScopes compares as sets. Not known is not the same as none.
func sameScopes(a, b []string) bool {
	set := func(s []string) []string { return slices.Compact(slices.Sorted(slices.Values(s))) }
	return (a == nil) == (b == nil) && slices.Equal(set(a), set(b))
}

// Where no scopes are known, those that a refresh tells of count before the request that it was for.
func TestScopesToldByTheRefresh(t *testing.T) {
	w := newWorld(t, Limits{}, answers)
	w.scope = "user-read-private"
	if e := (*ScopeError)(nil); !errors.As(w.pause(t.Context(), "x"), &e) || w.calls.Load() != 0 || w.refreshes.Load() != 1 {
		t.Error(w.calls.Load(), w.refreshes.Load())
	}
}

// An odd scope in the answer to one refresh was believed and saved: every call was then refused without a request, over
// restarts too, and no later refresh could say better.
func TestOddScopeOfARefreshIsNotBelieved(t *testing.T) {
	w := newWorld(t, Limits{}, answers)
	cred := NewCredential("refresh-0")
	cred.Scopes = []string{ScopeReadPlayback, ScopeModifyPlayback}
	if err := w.vault.Save(t.Context(), cred); err != nil {
		t.Fatal(err)
	}
	w.scope = "something-else"
	for range 2 {
		if _, err := w.Player(t.Context(), Look); err != nil {
			t.Error(err)
		}
		w.clock.move(2 * time.Hour)
	}
	if kept, err := w.vault.Load(t.Context()); err != nil || !sameScopes(kept.Scopes, cred.Scopes) {
		t.Error("kept", kept.Scopes, err)
	}
}

// Spotify's own word about scopes is no expired token: nothing is renewed or repeated.
func TestScopeRefusedBySpotify(t *testing.T) {
	for name, api := range map[string]http.HandlerFunc{
		"401":           say(401, `{"error":{"status":401,"message":"Permissions missing"}}`),
		"401 challenge": say(401, ``, "WWW-Authenticate", `Bearer realm="spotify", error="insufficient_scope"`),
		"403":           say(403, `{"error":{"status":403,"message":"Insufficient client scope"}}`),
	} {
		w := newWorld(t, Limits{}, api)
		_, err := w.Player(t.Context(), Look)
		if e := (*Error)(nil); !errors.As(err, &e) || e.Kind != Forbidden || e.Reason != ScopeMissing || e.Doubtful() || e.Hint() != hintScope {
			t.Errorf("%s: %v", name, err)
		}
		if w.calls.Load() != 1 || w.refreshes.Load() != 1 {
			t.Errorf("%s: %d calls, %d refreshes", name, w.calls.Load(), w.refreshes.Load())
		}
		if got := PauseOutcome(w.pause(t.Context(), "x")); got != "failed" {
			t.Error(name, got)
		}
	}
}
