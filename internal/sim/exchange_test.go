package sim

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// exchange turns a code into tokens as an app with PKCE does. The fields replace the usual ones; "" leaves one out.
func (w *world) exchange(code string, with map[string]string) reply {
	w.t.Helper()
	form := map[string]string{"grant_type": "authorization_code", "code": code, "client_id": "app",
		"redirect_uri": "http://127.0.0.1:8888/callback", "code_verifier": verifier}
	maps.Copy(form, with)
	return w.post(form)
}

func (r reply) wantGrantError(t *testing.T, code, description string) {
	t.Helper()
	same(t, "status", r.status, 400)
	same(t, "error", r.at(t, "error"), code)
	same(t, "description", r.at(t, "error_description"), description)
}

func TestExchange(t *testing.T) {
	bothWays(t, SpotifyOptions{TokenLifetime: 10 * time.Minute}, func(w *world) {
		code := codeOf(w.t, w.visit(nil))
		r := w.exchange(code, nil)
		same(w.t, "status", r.status, 200)
		keys := []string{"access_token", "expires_in", "refresh_token", "scope", "token_type"}
		if got := slices.Sorted(maps.Keys(r.at(w.t).(map[string]any))); !slices.Equal(got, keys) {
			w.t.Errorf("keys %v, want %v", got, keys)
		}
		same(w.t, "type", r.at(w.t, "token_type"), "Bearer")
		same(w.t, "expires_in", r.at(w.t, "expires_in"), 600.0)
		same(w.t, "scope", r.at(w.t, "scope"), "user-read-playback-state user-modify-playback-state")
		w.token = r.at(w.t, "access_token").(string)
		w.get("/v1/me/player").want(w.t, 204, "")
		again := w.refresh(r.at(w.t, "refresh_token").(string)) // without a secret
		keys = []string{"access_token", "expires_in", "token_type"}
		if got := slices.Sorted(maps.Keys(again.at(w.t).(map[string]any))); !slices.Equal(got, keys) {
			w.t.Errorf("keys of a refresh %v, want %v", got, keys)
		}
		w.exchange(code, nil).wantGrantError(w.t, "invalid_grant", "Invalid authorization code")
		same(w.t, "what the first use gave", w.refresh(r.at(w.t, "refresh_token").(string)).status, 200)
		w.get("/v1/me/player").want(w.t, 204, "")
		same(w.t, "the login before it", w.refresh("refresh-home").status, 200)
	})
}

func TestRefusedExchange(t *testing.T) {
	noPKCE := map[string]string{"code_challenge": "", "code_challenge_method": ""}
	secret := SpotifyOptions{ClientSecret: "s3cret"}
	cases := map[string]struct {
		o           SpotifyOptions
		ask         map[string]string // of the authorization
		with        map[string]string // of the exchange
		wait        time.Duration
		code        string // "" = taken
		description string
	}{
		"in the last second":         {wait: 10*time.Minute - time.Second},
		"too late":                   {wait: 10 * time.Minute, code: "invalid_grant", description: "Authorization code expired"},
		"no code":                    {with: map[string]string{"code": ""}, code: "invalid_request", description: "code must be supplied"},
		"made up":                    {with: map[string]string{"code": "AQx"}, code: "invalid_grant", description: "Invalid authorization code"},
		"another app's":              {with: map[string]string{"client_id": "thief"}, code: "invalid_grant", description: "Invalid authorization code"},
		"another port":               {with: map[string]string{"redirect_uri": "http://127.0.0.1:9999/callback"}, code: "invalid_grant", description: "Invalid redirect URI"},
		"no redirect":                {with: map[string]string{"redirect_uri": ""}, code: "invalid_grant", description: "Invalid redirect URI"},
		"wrong verifier":             {with: map[string]string{"code_verifier": verifier + "x"}, code: "invalid_grant", description: "code_verifier was incorrect"},
		"the challenge":              {with: map[string]string{"code_verifier": challengeOf(verifier)}, code: "invalid_grant", description: "code_verifier was incorrect"},
		"no verifier":                {with: map[string]string{"code_verifier": ""}, code: "invalid_grant", description: "code_verifier was incorrect"},
		"a verifier too short":       {ask: map[string]string{"code_challenge": challengeOf("short")}, with: map[string]string{"code_verifier": "short"}, code: "invalid_grant", description: "code_verifier was incorrect"},
		"secret and PKCE":            {o: secret, with: map[string]string{"client_secret": "s3cret"}},
		"secret, PKCE and no secret": {o: secret},
		"secret in the form":         {o: secret, ask: noPKCE, with: map[string]string{"client_secret": "s3cret", "code_verifier": ""}},
		"secret by HTTP Basic":       {o: secret, ask: noPKCE, with: map[string]string{"basic": "app:s3cret", "client_id": "", "code_verifier": ""}},
		"wrong secret":               {o: secret, with: map[string]string{"client_secret": "x"}, code: "invalid_client", description: "Invalid client secret"},
		"wrong secret by HTTP Basic": {o: secret, with: map[string]string{"basic": "app:x"}, code: "invalid_client", description: "Invalid client secret"},
		"no proof at all":            {o: secret, ask: noPKCE, with: map[string]string{"code_verifier": ""}, code: "invalid_client", description: "Invalid client secret"},
		"none possible":              {ask: noPKCE, with: map[string]string{"client_secret": "x", "code_verifier": ""}, code: "invalid_client", description: "Invalid client secret"},
		"PKCE that was taken away":   {o: secret, ask: noPKCE, with: map[string]string{"client_secret": "s3cret"}, code: "invalid_grant", description: "code_verifier was incorrect"},
		"another grant type":         {with: map[string]string{"grant_type": "password"}, code: "unsupported_grant_type", description: "grant_type must be client_credentials, authorization_code or refresh_token"},
		"another client":             {o: SpotifyOptions{ClientID: "app"}, with: map[string]string{"client_id": "x"}, code: "invalid_client", description: "Invalid client"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.o)
			code := codeOf(t, w.visit(c.ask))
			w.clock.pass(c.wait)
			r := w.exchange(code, c.with)
			if c.code == "" {
				same(t, "status", r.status, 200)
				return
			}
			r.wantGrantError(t, c.code, c.description)
		})
	}
}

func TestRefusalDoesNotUseTheCodeUp(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	code := codeOf(t, w.visit(nil))
	w.exchange(code, map[string]string{"code_verifier": ""}).wantGrantError(t, "invalid_grant", "code_verifier was incorrect")
	w.s.Fault(Fault{Path: "token", Kind: KindReset, Times: 1})
	if r := w.exchange(code, nil); r.err == nil {
		t.Fatalf("%+v, want a reset", r)
	}
	same(t, "status", w.exchange(code, nil).status, 200)
	code = codeOf(t, w.visit(nil))
	w.s.Fault(Fault{Path: "token", Kind: KindLost, Times: 1})
	w.exchange(code, nil)
	w.exchange(code, nil).wantGrantError(t, "invalid_grant", "Invalid authorization code")
}

func TestCodesAreForgotten(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	for range 100 {
		w.visit(nil)
		w.clock.pass(time.Minute)
	}
	if n := len(w.s.codes); n > 21 {
		t.Errorf("%d codes are kept", n)
	}
	w.a.Revoke()
	same(t, "codes after the owner took all back", len(w.s.codes), 0)
}

// Whoever logged in with a secret refreshes with it; whoever logged in with PKCE needs none.
func TestRefreshNeedsTheProofOfTheLogin(t *testing.T) {
	w := newWorld(t, SpotifyOptions{ClientSecret: "s3cret"})
	refresh := func(token string, with map[string]string) reply {
		t.Helper()
		form := map[string]string{"grant_type": "refresh_token", "refresh_token": token, "client_id": "app"}
		maps.Copy(form, with)
		return w.post(form)
	}
	public := w.exchange(codeOf(t, w.visit(nil)), nil).at(t, "refresh_token").(string)
	same(t, "PKCE", refresh(public, nil).status, 200)
	refresh(public, map[string]string{"client_secret": "x"}).wantGrantError(t, "invalid_client", "Invalid client secret")
	refresh(public, map[string]string{"client_id": "thief"}).wantGrantError(t, "invalid_grant", "Invalid refresh token")
	ask := map[string]string{"code_challenge": "", "code_challenge_method": ""}
	private := w.exchange(codeOf(t, w.visit(ask)), map[string]string{"client_secret": "s3cret", "code_verifier": ""}).at(t, "refresh_token").(string)
	for _, token := range []string{private, "refresh-home"} {
		refresh(token, nil).wantGrantError(t, "invalid_client", "Invalid client secret")
		same(t, "form", refresh(token, map[string]string{"client_secret": "s3cret"}).status, 200)
		same(t, "basic", refresh(token, map[string]string{"basic": "app:s3cret", "client_id": ""}).status, 200)
	}
}
