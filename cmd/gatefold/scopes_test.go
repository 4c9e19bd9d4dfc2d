package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/secrets"
)

// silentStore is one that never answers.
type silentStore struct{ secrets.Store }

func (silentStore) Get(ctx context.Context, _ string) (secrets.Value, error) {
	<-ctx.Done()
	return secrets.Value{}, ctx.Err()
}

func TestACheckDoesNotWaitForTheStore(t *testing.T) {
	cfg := &config.Config{Accounts: []config.Account{{Name: "home"}, {Name: "work"}}}
	silent := func(context.Context) (secrets.Store, error) { return silentStore{}, nil }
	shut := func(ctx context.Context) (secrets.Store, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	unknown := " is not known: context deadline exceeded"
	for name, c := range map[string]struct {
		open func(context.Context) (secrets.Store, error)
		want []string
	}{
		"one that opens":         {silent, []string{"account home: what its login grants" + unknown, "account work: what its login grants" + unknown}},
		"one that does not open": {shut, []string{"what the logins grant" + unknown}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				got, err := comparedLogins(t.Context(), cfg, nil, c.open)
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("%q, %v; want %q", got, err, c.want)
				}
				if took := time.Since(began); took != loginsWithin {
					t.Errorf("it took %s", took)
				}
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("no patience"))
				defer cancel()
				if got, err := comparedLogins(ctx, cfg, nil, c.open); err == nil || got != nil {
					t.Errorf("interrupted: %q, %v", got, err)
				}
			})
		})
	}
}

func TestWhatCannotBeSeenIsNotAskedFor(t *testing.T) {
	need := builtins.Needs([]engine.Call{{Name: "spotify", Pos: "home.star:1:6"}, {Name: "pause", Pos: "home.star:2:5"}})
	if got, want := scopesOf(need), []string{"user-read-playback-state", "user-modify-playback-state"}; !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
	if got := lacking(need, scopesOf(need)); len(got) != 0 {
		t.Errorf("a login with all of it lacks %v", got)
	}
	if got := unseenTexts(need); len(got) != 1 {
		t.Errorf("warned of %q", got)
	}
}
