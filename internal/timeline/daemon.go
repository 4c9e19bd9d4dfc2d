package timeline

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/journal"
	"gatefold/internal/poller"
	"gatefold/internal/sim"
	"gatefold/internal/sources"
	"gatefold/internal/spotify"
)

// account is one account of the daemon: its loop, and what carries out its requests.
type account struct {
	name   string
	loop   *engine.Loop
	source *sources.Spotify
	wire   *wire
	wake   time.Time // when the loop wants to be called at the latest; zero: never
	said   said

	started bool // it has rules
	hurried bool // it will hear that it should look soon
}

// developer names the budget in the journal.
const developer = "timeline"

// open starts the daemon on what the journal has.
func (r *run) open() error {
	r.journal = journal.New(r.store, r.clock.Now)
	if err := r.openGate(); err != nil {
		return err
	}
	r.lamp.restart(r.t.Accounts)
	r.accounts = nil
	for _, name := range r.t.Accounts {
		a, err := r.openAccount(name)
		if err != nil {
			return fmt.Errorf("account %s: %w", name, err)
		}
		r.accounts = append(r.accounts, a)
		r.send(a, engine.Installed{Ruleset: r.rules, Before: r.proven}, 0)
	}
	return nil
}

// openGate takes up the budgets and Retry-After where they were left.
func (r *run) openGate() error {
	ctx := context.Background()
	raw, err := r.journal.Gate(ctx, developer)
	var kept spotify.GateState
	if err == nil && len(raw) > 0 {
		err = json.Unmarshal(raw, &kept)
	}
	if err != nil {
		return fmt.Errorf("reading the budgets: %w", err)
	}
	limits := spotify.Limits{Per30s: r.t.Per30s, PerDay: r.t.PerDay}
	j := r.journal
	r.gate = spotify.NewGate(limits, kept, r.clock.now, func(s spotify.GateState) {
		if raw, err := json.Marshal(s); err == nil {
			_ = j.SaveGate(ctx, developer, raw) // memory takes everything
		}
	})
	r.gate.Watch(r.gateWaits)
	return nil
}

// gateWaits tells every loop that nothing may pass for a while, when the answer that says so is there.
func (r *run) gateWaits(until time.Time, kind string) {
	var later time.Duration
	if r.acting != nil {
		later = r.acting.took
	}
	for _, a := range r.accounts {
		r.send(a, engine.GateWaits{Kind: kind, Until: until}, later)
	}
}

func (r *run) openAccount(name string) (*account, error) {
	kept, err := r.journal.Recover(context.Background(), name)
	if err != nil {
		return nil, err
	}
	a := &account{name: name, said: newSaid()}
	a.wire = &wire{latency: r.o.Latency, to: sim.Transport(map[string]http.Handler{
		"api.spotify.com": r.world, "accounts.spotify.com": r.world,
	})}
	a.source = r.source(a)
	var lost error
	a.loop = engine.NewLoop(engine.LoopOptions{
		Account:  name,
		Enforce:  r.t.Enforce,
		Pacer:    poller.New(r.o.Poll, sources.Rates(r.gate.Lane(name))),
		Zone:     r.t.Start.Location(),
		Context:  r.o.Context,
		Modules:  r.modules,
		Decode:   builtins.DecodePlayback,
		Parse:    func(text string) (engine.Effect, error) { return engine.ParseEffect(text, r.modules...) },
		Restored: func(what string, err error) { lost = fmt.Errorf("reading back the %s: %w", what, err) },
	}, kept, r.clock.now)
	return a, lost
}

func (r *run) source(a *account) *sources.Spotify {
	client := &http.Client{Transport: a.wire}
	tokens := spotify.NewTokens(spotify.TokenOptions{
		ClientID: "timeline", Vault: spotify.NewMemoryVault(spotify.NewCredential("refresh-" + a.name)), HTTP: client, Now: r.clock.Now,
	})
	return &sources.Spotify{
		Client: spotify.NewClient(spotify.ClientOptions{HTTP: client, Tokens: tokens, Gate: r.gate.Lane(a.name), Now: r.clock.Now}),
		Gate:   r.gate.Lane(a.name),
		Now:    r.clock.Now,
	}
}

// restart ends the daemon as SIGTERM does, and starts it again.
func (r *run) restart() error {
	for _, a := range r.accounts {
		if err := r.step(a, engine.Stop{}); err != nil {
			return err
		}
	}
	r.gate.Close(r.clock.now)
	return r.crash()
}

// crash starts the daemon again on what the journal has at this moment.
func (r *run) crash() error {
	r.queue.clear()
	return r.open()
}

// mailbox takes every message.
type mailbox struct{}

// Post implements builtins.Poster.
func (mailbox) Post(context.Context, builtins.Posting) (builtins.Receipt, error) {
	return builtins.Receipt{}, nil
}

// Notify implements builtins.Notifier.
func (mailbox) Notify(context.Context, string, builtins.Notice) (json.RawMessage, error) {
	return nil, nil
}
