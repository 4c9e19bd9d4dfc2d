package sim

import (
	"net/http"
	"testing"
	"time"
)

func TestBearer(t *testing.T) {
	bothWays(t, SpotifyOptions{TokenLifetime: time.Hour}, func(w *world) {
		token := w.token
		w.get("/v1/me").want(w.t, 200, "")
		w.token = "made up"
		w.get("/v1/me").want(w.t, 401, "Invalid access token")
		w.token = ""
		w.get("/v1/me").want(w.t, 401, "No token provided")
		w.token = token
		w.clock.pass(time.Hour)
		r := w.get("/v1/me")
		r.want(w.t, 401, "The access token expired")
		same(w.t, "challenge", r.header.Get("WWW-Authenticate"), `Bearer realm="spotify", error="invalid_token", error_description="The access token expired"`)
		req, _ := http.NewRequest("GET", w.base+"/v1/me", nil)
		req.SetBasicAuth("a", "b")
		do(w.client, req).want(w.t, 400, "Only valid bearer authentication supported")
	})
}

func TestExpireTokens(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.a.ExpireTokens()
	w.get("/v1/me").want(t, 401, "The access token expired")
}

func TestRefreshWithoutRotation(t *testing.T) {
	bothWays(t, SpotifyOptions{TokenLifetime: 10 * time.Minute}, func(w *world) {
		first := w.refresh("refresh-home")
		if _, there := first.at(w.t).(map[string]any)["refresh_token"]; there {
			w.t.Error("a refresh token came back")
		}
		same(w.t, "expires_in", first.at(w.t, "expires_in"), 600.0)
		same(w.t, "type", first.at(w.t, "token_type"), "Bearer")
		second := w.refresh("refresh-home")
		if first.at(w.t, "access_token") == second.at(w.t, "access_token") {
			w.t.Error("the same access token twice")
		}
		for _, r := range []reply{first, second} {
			w.token = r.at(w.t, "access_token").(string)
			w.get("/v1/me").want(w.t, 200, "")
		}
		w.clock.pass(10 * time.Minute)
		w.get("/v1/me").want(w.t, 401, "The access token expired")
	})
}

func TestRefreshWithRotation(t *testing.T) {
	bothWays(t, SpotifyOptions{Rotate: true}, func(w *world) {
		next := w.refresh("refresh-home").at(w.t, "refresh_token").(string)
		reuse := w.refresh("refresh-home")
		same(w.t, "status", reuse.status, 400)
		same(w.t, "error", reuse.at(w.t, "error"), "invalid_grant")
		same(w.t, "description", reuse.at(w.t, "error_description"), "Refresh token revoked")
		if w.refresh(next).status != 200 {
			w.t.Error("the new refresh token is not taken")
		}
	})
}

func TestRefusedRefresh(t *testing.T) {
	w := newWorld(t, SpotifyOptions{GrantLifetime: 180 * 24 * time.Hour})
	refused := func(token, code string) {
		t.Helper()
		r := w.refresh(token)
		same(t, "status", r.status, 400)
		same(t, "error", r.at(t, "error"), code)
	}
	refused("nobody's", "invalid_grant")
	refused("", "invalid_request")
	w.clock.pass(180*24*time.Hour - time.Second)
	same(t, "status on the last day", w.refresh("refresh-home").status, 200)
	w.clock.pass(time.Second)
	refused("refresh-home", "invalid_grant")
	renewed := w.a.Login()
	same(t, "status after a login", w.refresh(renewed).status, 200)
	w.a.Revoke()
	refused(renewed, "invalid_grant")

	strict := newWorld(t, SpotifyOptions{ClientID: "another"})
	r := strict.refresh("refresh-home")
	same(t, "error", r.at(t, "error"), "invalid_client")
	req, _ := http.NewRequest("POST", strict.base+"/api/token", http.NoBody)
	req.SetBasicAuth("another", "secret")
	same(t, "error", do(strict.client, req).at(t, "error"), "unsupported_grant_type")
}
