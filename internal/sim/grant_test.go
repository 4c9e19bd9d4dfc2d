package sim

import (
	"testing"
	"time"
)

// Logging in again takes nothing away: each login has its own end, its own scopes and its own chain of tokens.
func TestLoginsLiveSideBySide(t *testing.T) {
	const day = 24 * time.Hour
	w := newWorld(t, SpotifyOptions{Rotate: true, GrantLifetime: 180 * day})
	next := func(token string) string {
		t.Helper()
		r := w.refresh(token)
		same(t, "status of "+token, r.status, 200)
		w.token = r.at(t, "access_token").(string)
		return r.at(t, "refresh_token").(string)
	}
	first := next("refresh-home")
	w.clock.pass(100 * day)
	second := w.a.Login()
	third := w.exchange(codeOf(t, w.visit(map[string]string{"scope": "user-read-private"})), nil).at(t, "refresh_token").(string)
	for range 3 {
		first, second, third = next(first), next(second), next(third)
	}
	w.get("/v1/me/player").want(t, 401, "Permissions missing") // the third login's token
	second = next(second)
	w.get("/v1/me/player").want(t, 204, "")
	w.refresh("refresh-home").wantGrantError(t, "invalid_grant", "Refresh token revoked")
	w.clock.pass(80 * day)
	w.refresh(first).wantGrantError(t, "invalid_grant", "Refresh token revoked")
	second, third = next(second), next(third)
	w.a.Revoke()
	w.refresh(second).wantGrantError(t, "invalid_grant", "Refresh token revoked")
	w.refresh(third).wantGrantError(t, "invalid_grant", "Refresh token revoked")
	same(t, "after all", w.refresh(w.a.Login()).status, 200)
}

func TestLifetimeCountsFromTheAgreement(t *testing.T) {
	w := newWorld(t, SpotifyOptions{GrantLifetime: time.Hour})
	code := codeOf(t, w.visit(nil))
	w.clock.pass(9 * time.Minute)
	token := w.exchange(code, nil).at(t, "refresh_token").(string)
	w.clock.pass(51*time.Minute - time.Second)
	same(t, "status", w.refresh(token).status, 200)
	w.clock.pass(time.Second)
	same(t, "status an hour after it", w.refresh(token).status, 400)
}

func TestAuthorizedBefore(t *testing.T) {
	w := newWorld(t, SpotifyOptions{GrantLifetime: time.Hour})
	w.s.AddAccount("old", AccountOptions{AuthorizedAt: w.clock.now().Add(-time.Hour)})
	same(t, "status", w.refresh("refresh-old").status, 400)
}

func TestRotateNext(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.RotateNext()
	w.s.AddAccount("other", AccountOptions{})
	if w.refresh("refresh-other").at(t, "refresh_token") != nil {
		t.Error("the other account's rotated")
	}
	same(t, "a refusal does not count", w.refresh("nobody's").status, 400)
	r := w.refresh("refresh-home")
	renewed := r.at(t, "refresh_token").(string)
	w.refresh("refresh-home").wantGrantError(t, "invalid_grant", "Refresh token revoked")
	if again := w.refresh(renewed); again.status != 200 || again.at(t, "refresh_token") != nil {
		t.Errorf("%+v, want no second rotation", again)
	}
}

// However accounts are named, a new refresh token is nobody else's.
func TestRefreshTokensAreUnique(t *testing.T) {
	w := newWorld(t, SpotifyOptions{Rotate: true})
	w.s.AddAccount("home-1", AccountOptions{})
	w.refresh("refresh-home")
	w.token = w.refresh("refresh-home-1").at(t, "access_token").(string)
	same(t, "whose", w.get("/v1/me").at(t, "id"), "home-1")
}
