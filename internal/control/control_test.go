package control

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
