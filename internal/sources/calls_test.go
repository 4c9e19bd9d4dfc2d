package sources

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gatefold/internal/sim"
	"gatefold/internal/spotify"
)

func (w *world) calls() Calls {
	return Calls{
		Of: func(account string) *spotify.Client {
			if account == "home" {
				return w.Client
			}
			return nil
		},
		Login: func(account string) string { return "gatefold login " + account },
	}
}

func TestQuestions(t *testing.T) {
	w := newWorld(spotify.Limits{})
	w.home.AddDevice(sim.Device{Name: "Kitchen", Type: "Speaker", ID: "k"})
	w.home.Play(sim.Device{Name: "Phone", Type: "Smartphone", ID: "p"}, sim.Item{Name: "So What", Artists: []string{"Miles Davis"}, Duration: time.Minute})
	devices, err := w.calls().Devices(context.Background(), "home")
	if err != nil || len(devices) != 2 || devices[0].Name != "Kitchen" || devices[1].Type != "smartphone" || !devices[1].Active {
		t.Fatalf("%+v, %v", devices, err)
	}
	w.now = w.now.Add(2 * time.Minute)
	plays, err := w.calls().RecentlyPlayed(context.Background(), "home", 5)
	if err != nil || len(plays) == 0 {
		t.Fatalf("%+v, %v", plays, err)
	}
	if p := plays[len(plays)-1]; p.Item.Name != "So What" || p.Item.Artists[0] != "Miles Davis" || !p.PlayedAt.Equal(noon.Add(time.Minute)) {
		t.Errorf("%+v", p)
	}
}

func TestCommands(t *testing.T) {
	w := newWorld(spotify.Limits{})
	w.home.AddDevice(sim.Device{Name: "Kitchen", Type: "Speaker", ID: "k"})
	w.home.Play(sim.Device{Name: "Phone", Type: "Smartphone", ID: "p"}, sim.Item{Name: "So What"})
	c, ctx := w.calls(), context.Background()
	if err := c.Transfer(ctx, "home", "k", true); err != nil {
		t.Error(err)
	}
	if p, _ := w.home.Playback(); p.Device.Name != "Kitchen" {
		t.Errorf("the music plays on %s", p.Device.Name)
	}
	if err := c.Volume(ctx, "home", "k", 30); err != nil {
		t.Error(err)
	}
	const id = "37i9dQZF1DXcBWIGoYBM5M"
	w.home.AddPlaylist(id, false)
	if err := c.ReplacePlaylist(ctx, "home", id, []string{"spotify:track:0eyHNlZpTaJ3Bj3fAYCVVp"}); err != nil {
		t.Error(err)
	}
	if got := w.home.Playlist(id); len(got) != 1 {
		t.Errorf("the playlist has %v", got)
	}
}

// What may pass later is tried again, at the time that is known; the rest is final,
// and says what to do.
func TestCallsThatFail(t *testing.T) {
	for _, x := range []struct {
		name  string
		fault *sim.Fault
		call  func(*world) error
		final bool
		retry bool
		says  string
	}{
		{"5xx", &sim.Fault{Kind: sim.KindStatus, Status: 502}, transfer("k"), false, false, "unreachable"},
		{"rate limit", &sim.Fault{Kind: sim.KindRate, RetryAfter: ptr("7")}, transfer("k"), false, false, "rate limited"},
		{"spurious", &sim.Fault{Kind: sim.KindSpuriousPremium}, transfer("k"), false, false, "Premium"},
		{"no such device", nil, transfer("gone"), true, false, "404"},
		{"no such playlist", nil, playlist, true, false, "404"},
		{"not registered", &sim.Fault{Kind: sim.KindUnregistered}, transfer("k"), true, false, "User Management"},
		{"nobody's account", nil, func(w *world) error { return w.calls().Volume(context.Background(), "work", "", 5) }, true, false, "there is no account work"},
		{"the gate is closed", nil, func(w *world) error {
			for range 8 {
				_ = w.Gate.Take(w.now, spotify.Pause)
			}
			return w.calls().Volume(context.Background(), "home", "", 5)
		}, false, true, "held back"},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := newWorld(spotify.Limits{})
			w.home.AddDevice(sim.Device{Name: "Kitchen", Type: "Speaker", ID: "k"})
			w.home.Play(sim.Device{Name: "Phone", Type: "Smartphone", ID: "p"}, sim.Item{Name: "So What"})
			if x.fault != nil {
				w.sim.Fault(*x.fault)
			}
			err := x.call(w)
			var e *CallError
			if !errors.As(err, &e) {
				t.Fatalf("%#v", err)
			}
			if e.Permanent() != x.final || e.RetryAt().IsZero() == x.retry || !strings.Contains(err.Error(), x.says) {
				t.Errorf("%v: final %t, retry at %v", err, e.Permanent(), e.RetryAt())
			}
		})
	}
}

func transfer(to string) func(*world) error {
	return func(w *world) error { return w.calls().Transfer(context.Background(), "home", to, false) }
}

func playlist(w *world) error {
	return w.calls().ReplacePlaylist(context.Background(), "home", "37i9dQZF1DXcBWIGoYBM5M", nil)
}

// A login that grants too little: no request, and the command that mends it.
func TestScopeIsMissing(t *testing.T) {
	w := newWorld(spotify.Limits{})
	c := spotify.NewCredential("refresh-home")
	c.Scopes = []string{spotify.ScopeReadPlayback}
	w.link(c)
	w.home.Play(sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "b"}, sim.Item{Name: "Blue Train"})
	before := len(w.sim.Requests())
	err := w.calls().Transfer(context.Background(), "home", "k", false)
	if err == nil || !strings.Contains(err.Error(), "user-modify-playback-state") || !strings.Contains(err.Error(), "type: gatefold login home") {
		t.Error(err)
	}
	if n := len(w.sim.Requests()) - before; n > 1 { // the token is fetched, and nothing else
		t.Errorf("%d requests", n)
	}
}
