package sources

import (
	"context"
	"net/http"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/sim"
	"gatefold/internal/spotify"
)

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

// world is one account on a simulated Spotify, with a clock that tests move.
type world struct {
	*Spotify
	sim     *sim.Spotify
	home    *sim.Account
	now     time.Time
	limited []string
	looks   []string
	http    *http.Client
}

func newWorld(limits spotify.Limits) *world {
	w := &world{now: noon}
	now := func() time.Time { return w.now }
	w.sim = sim.NewSpotify(sim.SpotifyOptions{Now: now})
	w.home = w.sim.AddAccount("home", sim.AccountOptions{Obeys: true})
	http := &http.Client{Transport: sim.Transport(map[string]http.Handler{
		"api.spotify.com": w.sim, "accounts.spotify.com": w.sim,
	})}
	w.http = http
	gate := spotify.NewGate(limits, spotify.GateState{}, now(), nil).Lane("home")
	tokens := spotify.NewTokens(spotify.TokenOptions{ClientID: "x", Vault: spotify.NewMemoryVault(spotify.NewCredential("refresh-home")), HTTP: http, Now: now})
	w.Spotify = &Spotify{
		Client: spotify.NewClient(spotify.ClientOptions{HTTP: http, Tokens: tokens, Gate: gate, Now: now}),
		Gate:   gate, Now: now,
		Looked:  func(outcome string, _ time.Duration) { w.looks = append(w.looks, outcome) },
		Limited: func(kind string) { w.limited = append(w.limited, kind) },
	}
	return w
}

// link replaces the credential that the client goes by.
func (w *world) link(c spotify.Credential) {
	now := func() time.Time { return w.now }
	tokens := spotify.NewTokens(spotify.TokenOptions{ClientID: "x", Vault: spotify.NewMemoryVault(c), HTTP: w.http, Now: now})
	w.Client = spotify.NewClient(spotify.ClientOptions{HTTP: w.http, Tokens: tokens, Gate: w.Gate, Now: now})
}

func TestLookAndPause(t *testing.T) {
	w := newWorld(spotify.Limits{})
	w.home.Play(sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "b"}, sim.Item{Name: "Blue Train"})
	in, ok := w.Look(context.Background(), false).(engine.Looked)
	if !ok {
		t.Fatalf("no look: %#v", in)
	}
	p := in.Data.(builtins.Playback)
	if !p.Playing || p.Device.Name != "Bob's Laptop" || p.Device.Type != "computer" || p.Item.Name != "Blue Train" || p.Target() != "b" {
		t.Errorf("seen: %+v", p)
	}
	done := w.Pause(context.Background(), engine.PauseNow{Holder: p.Holder(), Target: p.Target(), Got: in.Got})
	if done.Outcome != "paused" || done.Holder != p.Holder() || !done.Sent.Equal(noon) {
		t.Errorf("pause: %+v", done)
	}
	done = w.Pause(context.Background(), engine.PauseNow{Holder: p.Holder(), Target: p.Target(), Got: in.Got})
	if done.Outcome != "already" {
		t.Errorf("second pause: %+v", done)
	}
	w.now = w.now.Add(engine.PauseWithin + time.Millisecond)
	done = w.Pause(context.Background(), engine.PauseNow{Holder: p.Holder(), Target: p.Target(), Got: in.Got})
	if !done.Sent.IsZero() || done.Outcome != "" || len(w.home.Pauses()) != 2 {
		t.Errorf("a pause on an old look was sent: %+v, %v", done, w.home.Pauses())
	}
}

func TestLookFails(t *testing.T) {
	for _, c := range []struct {
		name    string
		fault   sim.Fault
		kind    string
		limited string
		retry   time.Duration
	}{
		{"rate limit", sim.Fault{Path: "player", Kind: sim.KindRate, RetryAfter: ptr("7")}, engine.BlindRateLimited, "rate", 7 * time.Second},
		{"rate limit without Retry-After", sim.Fault{Path: "player", Kind: sim.KindRate}, engine.BlindRateLimited, "rate", 5 * time.Second},
		{"quota", sim.Fault{Path: "player", Kind: sim.KindQuota, RetryAfter: ptr("49861")}, engine.BlindQuota, "quota", 49861 * time.Second},
		{"5xx", sim.Fault{Path: "player", Kind: sim.KindStatus, Status: 502}, engine.BlindUnreachable, "", 0},
		{"reset", sim.Fault{Path: "player", Kind: sim.KindReset}, engine.BlindUnreachable, "", 0},
		{"garbage", sim.Fault{Path: "player", Kind: sim.KindGarbage}, engine.BlindMalformed, "", 0},
		{"forbidden", sim.Fault{Path: "player", Kind: sim.KindStatus, Status: 403}, engine.BlindForbidden, "", 0},
		{"token endpoint down", sim.Fault{Path: "token", Kind: sim.KindStatus, Status: 503}, engine.BlindUnreachable, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(spotify.Limits{})
			w.sim.Fault(c.fault)
			in, ok := w.Look(context.Background(), false).(engine.LookFailed)
			if !ok || in.Kind != c.kind || in.Refused || in.Message == "" {
				t.Fatalf("got %#v, want kind %s", in, c.kind)
			}
			if c.retry == 0 != in.RetryAt.IsZero() || c.retry > 0 && in.RetryAt.Sub(noon) != c.retry {
				t.Errorf("retry at %s, want %s", in.RetryAt.Sub(noon), c.retry)
			}
			if c.limited == "" != (len(w.limited) == 0) || c.limited != "" && w.limited[0] != c.limited {
				t.Errorf("limited: %v, want %q", w.limited, c.limited)
			}
			if len(w.looks) != 1 || w.looks[0] != c.kind {
				t.Errorf("looks: %v", w.looks)
			}
		})
	}
}

func TestGateRefuses(t *testing.T) {
	w := newWorld(spotify.Limits{Per30s: 4, PerDay: 100})
	var last engine.Input
	for range 4 {
		last = w.Look(context.Background(), false)
	}
	in, ok := last.(engine.LookFailed)
	if !ok || !in.Refused || in.Kind != engine.BlindRateLimited || !in.RetryAt.After(noon) {
		t.Fatalf("the reserve was spent on a look: %#v", last)
	}
	if _, ok := w.Look(context.Background(), true).(engine.Looked); !ok {
		t.Error("a look that serves enforcement may use the reserve")
	}
}

func ptr(s string) *string { return &s }

// What keeps everybody's looks back is passed on to other accounts; that it is another account's turn is not.
func TestOnlyWhatHoldsForAllIsPassedOn(t *testing.T) {
	w := newWorld(spotify.Limits{})
	gate := spotify.NewGate(spotify.Limits{Per30s: 5}, spotify.GateState{}, noon, nil) // 3 looks
	w.Gate = gate.Lane("home")
	w.link(spotify.NewCredential("refresh-home"))
	var told []time.Time
	w.Refused = func(until time.Time, _, _ string) { told = append(told, until) }
	for range 4 {
		w.Look(context.Background(), false)
	}
	if len(told) != 1 || !told[0].Equal(noon.Add(30*time.Second)) {
		t.Fatal("the budget is used up until:", told)
	}
	_ = gate.Lane("other").Take(noon.Add(time.Second), spotify.Look) // it has a claim now
	w.now = noon.Add(30 * time.Second)
	in, ok := w.Look(context.Background(), false).(engine.LookFailed)
	if !ok || !in.Refused || !in.RetryAt.After(w.now) || len(told) != 1 {
		t.Errorf("%#v, told %v", in, told)
	}
}
