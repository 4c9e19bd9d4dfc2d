package sim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaultsThatAnswer(t *testing.T) {
	cases := map[string]struct {
		fault   Fault
		status  int
		body    string // a part of it
		kind    string // content type
		retry   string
		hasNone bool // no Retry-After at all
	}{
		"status with a body":    {fault: Fault{Kind: KindStatus, Status: 403, Body: "Check settings"}, status: 403, body: "Check settings", kind: "text/plain; charset=utf-8"},
		"500":                   {fault: Fault{Kind: KindStatus}, status: 500, body: "Server error.", kind: "application/json; charset=utf-8"},
		"502":                   {fault: Fault{Kind: KindStatus, Status: 502}, status: 502, body: "Bad gateway."},
		"503":                   {fault: Fault{Kind: KindStatus, Status: 503, RetryAfter: new("7")}, status: 503, body: "upstream connect error", retry: "7"},
		"204":                   {fault: Fault{Kind: KindStatus, Status: 204}, status: 204},
		"teapot":                {fault: Fault{Kind: KindStatus, Status: 418}, status: 418, body: "teapot"},
		"429":                   {fault: Fault{Kind: KindRate, RetryAfter: new("6")}, status: 429, body: `"API rate limit exceeded"`, retry: "6"},
		"429 in plain text":     {fault: Fault{Kind: KindRate, Body: "Too many requests"}, status: 429, body: "Too many requests", hasNone: true},
		"429 at once":           {fault: Fault{Kind: KindRate, RetryAfter: new("0")}, status: 429, retry: "0"},
		"quota":                 {fault: Fault{Kind: KindQuota, RetryAfter: new("49861")}, status: 429, body: "QUOTA_EXCEEDED", retry: "49861"},
		"spurious 401":          {fault: Fault{Kind: KindSpurious401}, status: 401, body: "Access token missing"},
		"spurious premium":      {fault: Fault{Kind: KindSpuriousPremium}, status: 403, body: "PREMIUM_REQUIRED"},
		"404":                   {fault: Fault{Kind: KindStatus, Status: 404}, status: 404, body: `"Not found."`},
		"411":                   {fault: Fault{Kind: KindStatus, Status: 411}, status: 411, kind: "text/plain; charset=utf-8"},
		"html of 503 at once":   {fault: Fault{Kind: KindHTML, RetryAfter: new("0")}, status: 503, body: "<html>", retry: "0"},
		"only bearer":           {fault: Fault{Kind: KindOnlyBearer}, status: 400, body: `"Only valid bearer authentication supported"`},
		"not registered":        {fault: Fault{Kind: KindUnregistered}, status: 403, body: "Check settings on developer.spotify.com/dashboard,", kind: "text/plain; charset=utf-8"},
		"owner without premium": {fault: Fault{Kind: KindOwnerPremium}, status: 403, body: `"Active premium subscription required for the owner of the app"`},
		"the same in plain":     {fault: Fault{Kind: KindOwnerPremiumText}, status: 403, body: "Active premium", kind: "text/plain; charset=utf-8"},
		"garbage":               {fault: Fault{Kind: KindGarbage}, status: 200, body: "not JSON", kind: "application/json; charset=utf-8"},
		"html":                  {fault: Fault{Kind: KindHTML}, status: 503, body: "<html>", kind: "text/html; charset=utf-8"},
		"html that says all ok": {fault: Fault{Kind: KindHTML, Status: 200}, status: 200, body: "<html>"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			bothWays(t, SpotifyOptions{}, func(w *world) {
				w.a.Play(kitchen, soWhat)
				c.fault.Times = 1
				w.s.Fault(c.fault)
				r := w.put(pausePath)
				if r.err != nil || r.status != c.status || !strings.Contains(r.body, c.body) {
					w.t.Fatalf("%d %q %v, want %d %q", r.status, r.body, r.err, c.status, c.body)
				}
				same(w.t, "Retry-After", r.header.Get("Retry-After"), c.retry)
				if c.kind != "" {
					same(w.t, "Content-Type", r.header.Get("Content-Type"), c.kind)
				}
				if _, there := r.header["Retry-After"]; there && c.hasNone {
					w.t.Error("a Retry-After")
				}
				if p := w.a.Pauses(); len(p) != 1 || p[0].Status != c.status || p[0].TookEffect {
					w.t.Errorf("pauses %+v", p)
				}
				w.get("/v1/me/player").want(w.t, 200, "") // over
			})
		})
	}
}

func TestHuge(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		w.s.Fault(Fault{Kind: KindHuge})
		r := w.get("/v1/me/player")
		if r.err != nil || len(r.body) <= 1<<20 || !json.Valid([]byte(r.body)) {
			w.t.Errorf("%d bytes, %v", len(r.body), r.err)
		}
	})
}

// Decoders that follow every bracket, or allocate for every element, meet their match.
func TestDeepAndWide(t *testing.T) {
	for kind, valid := range map[string]bool{KindDeep: false, KindWide: true} { // encoding/json itself gives up at 10,000
		bothWays(t, SpotifyOptions{}, func(w *world) {
			w.s.Fault(Fault{Kind: kind})
			r := w.get("/v1/me/player")
			if r.err != nil || r.status != 200 || len(r.body) > 1<<20 || json.Valid([]byte(r.body)) != valid {
				w.t.Fatalf("%s: %d, %d bytes, %v", kind, r.status, len(r.body), r.err)
			}
			opened, closed := strings.Count(r.body, "["), strings.Count(r.body, "]")
			if opened < 100_000 || opened != closed {
				w.t.Errorf("%s: %d brackets open, %d close", kind, opened, closed)
			}
		})
	}
}

func TestBadTokenSpeaksOfTheYear(t *testing.T) {
	for said, want := range map[string]string{"": "Invalid access token", "Missing/invalid/expired access token": "Missing/invalid/expired access token",
		"The access token expired": "The access token expired"} {
		w := newWorld(t, SpotifyOptions{})
		w.s.Fault(Fault{Kind: KindBadToken, Body: said})
		r := w.get("/v1/me")
		r.want(t, 401, want)
		same(t, "challenge", r.header.Get("WWW-Authenticate"), `Bearer realm="spotify", error="invalid_token", error_description="`+want+`"`)
	}
	w := newWorld(t, SpotifyOptions{})
	w.s.Fault(Fault{Kind: KindStatus, Status: 401})
	r := w.get("/v1/me")
	r.want(t, 401, "The access token expired")
	if r.header.Get("WWW-Authenticate") == "" {
		t.Error("no WWW-Authenticate")
	}
}

// A fault without a path spares the parts that cannot suffer it.
func TestFaultsKeepToTheirService(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.s.Fault(Fault{Kind: KindOwnerPremium})
	w.get("/v1/me").want(t, 403, "Active premium subscription required for the owner of the app")
	same(t, "token", w.refresh("refresh-home").status, 200)
	same(t, "authorize", w.visit(nil).status, 302)
	w.s.ClearFaults()
	w.s.Fault(Fault{Kind: KindRevoked, Times: 1})
	w.get("/v1/me").want(t, 200, "")
	same(t, "revoked", w.refresh("refresh-home").at(t, "error_description"), "Refresh token revoked")
	same(t, "and yet it is not", w.refresh("refresh-home").status, 200)
}

// Every part of Spotify suffers the faults that name it, and no others.
func TestFaultsOfEveryPart(t *testing.T) {
	asks := map[string]func(*world) reply{
		"me":        func(w *world) reply { return w.get("/v1/me") },
		"player":    func(w *world) reply { return w.get("/v1/me/player") },
		"devices":   func(w *world) reply { return w.get("/v1/me/player/devices") },
		"recent":    func(w *world) reply { return w.get("/v1/me/player/recently-played") },
		"pause":     func(w *world) reply { return w.put(pausePath) },
		"play":      func(w *world) reply { return w.put("/v1/me/player/play") },
		"transfer":  func(w *world) reply { return w.send("PUT", "/v1/me/player", "{}") },
		"volume":    func(w *world) reply { return w.put("/v1/me/player/volume") },
		"playlist":  func(w *world) reply { return w.send("POST", "/v1/playlists/mix/items", "{}") },
		"authorize": func(w *world) reply { return w.visit(nil) },
		"token":     func(w *world) reply { return w.refresh("refresh-home") },
	}
	same(t, "parts", len(asks), len(spotifyPaths()))
	for hit := range asks {
		w := newWorld(t, SpotifyOptions{})
		w.s.Fault(Fault{Path: hit, Account: "home", Kind: KindStatus, Status: 418})
		for part, ask := range asks {
			if got := ask(w).status; (got == 418) != (part == hit) {
				t.Errorf("a fault at %s: %s is answered %d", hit, part, got)
			}
		}
	}
}

func TestReset(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		w.a.Play(kitchen, soWhat)
		w.s.Fault(Fault{Path: "pause", Kind: KindReset, Times: 1})
		r := w.put(pausePath)
		if !errors.Is(r.err, syscall.ECONNRESET) && !errors.Is(r.err, io.EOF) {
			w.t.Fatalf("%d, %v; want a reset", r.status, r.err)
		}
		same(w.t, "is_playing", w.get("/v1/me/player").at(w.t, "is_playing"), true)
		same(w.t, "status", w.a.Pauses()[0].Status, 0)

		w.s.Fault(Fault{Path: "pause", Kind: KindLost, Times: 1})
		if r := w.put(pausePath); r.err == nil {
			w.t.Fatalf("%+v, want the answer lost", r)
		}
		same(w.t, "is_playing", w.get("/v1/me/player").at(w.t, "is_playing"), false)
		same(w.t, "effect", w.a.Pauses()[1].TookEffect, true)
	})
}

func TestTruncated(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		w.s.Fault(Fault{Kind: KindTruncated})
		for range 2 { // 204 has nothing to cut, and gets something
			r := w.get("/v1/me/player")
			if !errors.Is(r.err, io.ErrUnexpectedEOF) || r.status != 200 || json.Valid([]byte(r.body)) {
				w.t.Errorf("%d %.40q %v, want 200 and an unexpected end", r.status, r.body, r.err)
			}
			w.a.Play(kitchen, soWhat)
		}
	})
}

// Over real HTTP a context that was cancelled by the test stands for a client that has waited long enough.
func TestHangAndStallEndWithTheRequest(t *testing.T) {
	for _, kind := range []string{KindHang, KindStall} {
		bothWays(t, SpotifyOptions{}, func(w *world) {
			w.a.Play(kitchen, soWhat)
			w.s.Fault(Fault{Kind: kind})
			ctx, cancel := context.WithTimeout(w.t.Context(), 500*time.Millisecond)
			defer cancel()
			r := w.ask(ctx, "GET", "/v1/me/player")
			if !errors.Is(r.err, context.DeadlineExceeded) {
				w.t.Errorf("%s: %+v, want a deadline exceeded", kind, r)
			}
			if kind == KindStall && (r.status != 200 || !strings.HasPrefix(r.body, "{")) {
				w.t.Errorf("stall: %d %q, want the first half", r.status, r.body)
			}
		})
	}
}

func TestHangOnVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSpotify(SpotifyOptions{Now: time.Now})
		s.Fault(Fault{Kind: KindHang})
		client := &http.Client{Transport: Transport(map[string]http.Handler{"x": s}), Timeout: 10 * time.Second}
		began := time.Now()
		_, err := client.Get("https://x/v1/me")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestWhenFaultsApply(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	status := func(path string) int { t.Helper(); return w.get(path).status }
	start := w.clock.now()
	w.s.Fault(Fault{Path: "player", Kind: KindStatus, Status: 500, From: start.Add(10 * time.Second), Until: start.Add(20 * time.Second)})
	w.s.Fault(Fault{Path: "*", Account: "other", Kind: KindStatus, Status: 502})
	w.s.Fault(Fault{Kind: KindStatus, Status: 503, From: start.Add(15 * time.Second), Times: 2})
	same(t, "before", status("/v1/me/player"), 204)
	w.clock.pass(10 * time.Second)
	same(t, "during", status("/v1/me/player"), 500)
	same(t, "elsewhere", status("/v1/me"), 200)
	w.clock.pass(5 * time.Second)
	same(t, "the first that fits", status("/v1/me/player"), 500)
	same(t, "another, once", status("/v1/me"), 503)
	same(t, "and twice", status("/v1/me"), 503)
	same(t, "and over", status("/v1/me"), 200)
	w.clock.pass(5 * time.Second)
	same(t, "after", status("/v1/me/player"), 204)
	w.token = w.s.AddAccount("other", AccountOptions{}).AccessToken()
	same(t, "the other's", status("/v1/me/player"), 502)
	same(t, "the other's token", w.refresh("refresh-other").status, 502)
	w.s.ClearFaults()
	same(t, "cleared", status("/v1/me/player"), 204)
}

func TestRemainingRetryAfter(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.s.Fault(Fault{Kind: KindRate, Until: w.clock.now().Add(15 * time.Second), RetryAfter: new(Remaining)})
	same(t, "at once", w.get("/v1/me").header.Get("Retry-After"), "15")
	w.clock.pass(12500 * time.Millisecond)
	same(t, "later", w.get("/v1/me").header.Get("Retry-After"), "3")
}

func TestStale(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.clock.pass(time.Minute)
	w.a.Play(laptop, soWhat)
	w.clock.pass(10 * time.Second)
	w.a.Play(kitchen, soWhat)
	w.s.Fault(Fault{Path: "player", Kind: KindStale, Lag: 4 * time.Second})
	w.clock.pass(time.Second)
	r := w.get("/v1/me/player")
	same(t, "device", r.at(t, "device", "name"), "Bob's Laptop")
	same(t, "progress", r.at(t, "progress_ms"), 7000.0)
	w.clock.pass(3 * time.Second)
	same(t, "device later", w.get("/v1/me/player").at(t, "device", "name"), "Kitchen")
	w.s.ClearFaults()
	w.s.Fault(Fault{Path: "player", Kind: KindStale, Lag: 30 * time.Second})
	same(t, "before all", w.get("/v1/me/player").status, 204)
}

func TestDelayedCommand(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	playing := func() any { t.Helper(); return w.get("/v1/me/player").at(t, "is_playing") }
	w.a.Play(kitchen, soWhat)
	w.s.Fault(Fault{Kind: KindDelay, Lag: 2 * time.Second})
	w.put(pausePath).want(t, 200, "")
	w.clock.pass(1999 * time.Millisecond)
	same(t, "not yet", playing(), true)
	same(t, "effect", w.a.Pauses()[0].TookEffect, false)
	w.clock.pass(time.Millisecond)
	same(t, "now", playing(), false)
	same(t, "effect", w.a.Pauses()[0].TookEffect, true)
}

func TestDelayVariesWithinThreeSeconds(t *testing.T) {
	seen := map[time.Duration]bool{}
	for n := range 100 {
		lag := Fault{Kind: KindDelay}.lag(n)
		if lag < 0 || lag > 3*time.Second {
			t.Fatalf("lag %s", lag)
		}
		seen[lag] = true
	}
	if len(seen) < 10 {
		t.Errorf("only %d different delays", len(seen))
	}
}

func TestImpossibleFaults(t *testing.T) {
	s := NewSpotify(SpotifyOptions{Now: newManual().now})
	slack := NewSlack(SlackOptions{Now: newManual().now})
	for name, add := range map[string]func(){
		"kind":        func() { s.Fault(Fault{Kind: "nonsense"}) },
		"status":      func() { s.Fault(Fault{Kind: KindStatus, Status: 7}) },
		"not there":   func() { s.Fault(Fault{Kind: KindRevoked, Path: "player"}) },
		"nor there":   func() { s.Fault(Fault{Kind: KindUnregistered, Path: "token"}) },
		"redirect":    func() { NewSpotify(SpotifyOptions{Now: newManual().now, RedirectURI: "http://localhost/callback"}) },
		"not Slack's": func() { slack.Fault(Fault{Kind: KindStale}) },
		"no clock":    func() { NewSpotify(SpotifyOptions{}) },
		"no clock 2":  func() { NewSlack(SlackOptions{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: taken", name)
				}
			}()
			add()
		}()
	}
}
