package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func serve(t *testing.T, h Handler) Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, h) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return Client{Path: path}
}

func TestAnswers(t *testing.T) {
	c := serve(t, Handler{
		Status: func(context.Context) (Status, error) {
			return Status{Version: "v1", Accounts: []Account{{Name: "home", Verdict: "deny"}}}, nil
		},
		Reload: func(context.Context) (Reloaded, error) { return Reloaded{}, errors.New("home.star:1:1: no") },
	})
	s, err := c.Status(context.Background())
	if err != nil || s.Version != "v1" || len(s.Accounts) != 1 || s.Accounts[0].Verdict != "deny" {
		t.Errorf("status: %+v, %v", s, err)
	}
	if _, err := c.Reload(context.Background()); err == nil || err.Error() != "home.star:1:1: no" {
		t.Errorf("reload: %v", err)
	}
	info, err := os.Stat(c.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v; want 0600", info.Mode(), err)
	}
}

// What tunes the daemon arrives as it was sent, and so does the answer.
func TestTuning(t *testing.T) {
	until := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	var got []any
	c := serve(t, Handler{
		Hold: func(_ context.Context, in HoldRequest) (Done, error) {
			got = append(got, in)
			return Done{Until: until, Note: "a note"}, nil
		},
		Light: func(_ context.Context, in LightRequest) (Done, error) {
			got = append(got, in)
			return Done{}, nil
		},
		Override: func(_ context.Context, in OverrideRequest) (Done, error) {
			got = append(got, in)
			return Done{}, errors.New("at least 1s")
		},
		Publish: func(_ context.Context, in PublishRequest) (Published, error) {
			got = append(got, in)
			return Published{Did: []string{"a()"}, Would: []string{"b()"}, Held: 1, Logs: []string{"x"}, Degraded: "no"}, nil
		},
		Enforce: func(context.Context, EnforceRequest) (Done, error) { return Done{Note: "on hold"}, nil },
	})
	ctx := context.Background()
	hold := HoldRequest{Account: "home", For: 3 * time.Hour, By: "ann"}
	if done, err := c.Hold(ctx, hold); err != nil || !done.Until.Equal(until) || done.Note != "a note" {
		t.Errorf("hold: %+v, %v", done, err)
	}
	override := OverrideRequest{Account: "home", Every: 5 * time.Second, For: time.Minute, By: "ann"}
	if _, err := c.Override(ctx, override); err == nil || err.Error() != "at least 1s" {
		t.Errorf("override: %v", err)
	}
	event := PublishRequest{Account: "home", Topic: "party", Fields: []Field{{"minutes", json.RawMessage("30")}, {"who", json.RawMessage(`"Ann"`)}}}
	if done, err := c.Publish(ctx, event); err != nil || fmt.Sprint(done) != "{[a()] [b()] 1 [x] no}" {
		t.Errorf("publish: %+v, %v", done, err)
	}
	if done, err := c.Enforce(ctx, EnforceRequest{}); err != nil || done.Note != "on hold" {
		t.Errorf("enforce: %+v, %v", done, err)
	}
	light := LightRequest{Light: "door", Meaning: "deny", For: time.Second}
	if _, err := c.Light(ctx, light); err != nil {
		t.Errorf("light: %v", err)
	}
	if want := []any{hold, override, event, light}; !reflect.DeepEqual(got, want) {
		t.Errorf("arrived: %+v, want %+v", got, want)
	}
}

func TestNobodyListens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if _, err := (Client{Path: path}).Status(context.Background()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no socket: %v", err)
	}
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	l.(interface{ SetUnlinkOnClose(bool) }).SetUnlinkOnClose(false)
	l.Close() // as after kill -9: the file stays
	if _, err := (Client{Path: path}).Status(context.Background()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("a dead socket: %v", err)
	}
	again, err := Listen(path)
	if err != nil {
		t.Fatalf("a dead socket is not replaced: %v", err)
	}
	again.Close()
}

func TestListenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(file); err == nil || !strings.Contains(err.Error(), "something else is there") {
		t.Errorf("over a file: %v", err)
	}
	if _, err := Listen("/" + strings.Repeat("x", 200)); err == nil || !strings.Contains(err.Error(), "shorter data folder") {
		t.Errorf("a long path: %v", err)
	}
}
