package main

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/control"
)

// board keeps how each account stands, for gatefold status and /readyz.
type board struct {
	now func() time.Time

	mu       sync.Mutex
	order    []string
	accounts map[string]*control.Account
	warnings map[string]*[2]string        // account -> of its authorization, of its permissions
	degraded map[string]map[string]string // account -> kind of event -> why an older ruleset decides, or none
}

func newBoard(names []string, enforce map[string]bool, now func() time.Time) *board {
	b := &board{now: now, order: names, accounts: map[string]*control.Account{}, degraded: map[string]map[string]string{}, warnings: map[string]*[2]string{}}
	for _, n := range names {
		b.degraded[n], b.warnings[n] = map[string]string{}, &[2]string{}
		b.accounts[n] = &control.Account{
			Name: n, Enforce: enforce[n], Configured: enforce[n], Verdict: engine.Unknown.String(),
		}
	}
	return b
}

// Observe implements engine.Observer.
func (b *board) Observe(account string, r engine.Report) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[account]
	if a == nil {
		return
	}
	switch r := r.(type) {
	case engine.TurnReport:
		b.turn(a, r)
	case engine.SightReport:
		if r.Failure != "" {
			a.Message = r.Failure
			return
		}
		a.Blind, a.Message, a.Since = r.Blind.Kind, r.Blind.Message, r.Blind.Since
	case engine.PaceReport:
		a.NextLook, a.Interval, a.Why, a.Worst = r.Due, r.Interval, r.Why, r.Worst
	case engine.OutboxReport:
		a.Waiting = r.Waiting
	case engine.FaultReport:
		a.Fault = r.Fault
	case engine.HoldReport:
		a.Hold = nil
		if !r.Until.IsZero() {
			a.Hold = &control.Hold{Until: r.Until, By: r.By}
		}
	case engine.OverrideReport:
		a.Override = nil
		if r.Every > 0 {
			a.Override = &control.Override{Every: r.Every, Until: r.Until, By: r.By}
		}
	case engine.EnforceReport:
		a.Enforce, a.Configured = r.On, r.Configured
	case engine.StandsReport:
		a.Verdict, a.Reason = r.Stands.Verdict.Kind.String(), r.Stands.Verdict.Reason
		a.Stands = nil
		for _, e := range r.Stands.Effects {
			a.Stands = append(a.Stands, e.String())
		}
	}
}

// authorized says whose account it is, when that ends, and what is to be done about
// it ("": nothing).
func (b *board) authorized(account, user string, ends time.Time, warning string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accounts[account].User, b.accounts[account].Expires = user, ends
	b.warnings[account][0] = warning
}

// lacks says which permissions the login of an account does not grant ("": none).
func (b *board) lacks(account, warning string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.warnings[account][1] = warning
}

func (b *board) turn(a *control.Account, r engine.TurnReport) {
	ev := r.Decision.Event
	if ev.Kind == engine.KindPlayback && ev.Cause == engine.CauseLook {
		a.LastLook, a.Message = ev.Time, ""
	}
	if ev.Kind == engine.KindPlayback || ev.Kind == engine.KindBlind {
		a.Would = nil
		if r.DryRun {
			a.Would = left(r.Decision)
		}
	}
	if p, ok := r.Held.(builtins.Playback); ok {
		a.Device, a.Type, a.Item, a.Playing = "", "", "", p.Playing
		if p.Device != nil {
			a.Device, a.Type = p.Device.Name, p.Device.Type
		}
		if p.Item != nil {
			a.Item = p.Item.Name
			if a.Item == "" && p.Item.Kind == "ad" {
				a.Item = "an ad"
			}
		}
	}
	switch {
	case r.Failed != nil && r.Decision.Degraded != "":
		b.degraded[a.Name][ev.Kind] = fmt.Sprintf("%s decides, because the newer rules fail: %s", short(r.Decision.Ruleset), r.Failed)
	default:
		delete(b.degraded[a.Name], ev.Kind)
	}
	if ev.Kind == engine.KindPlayback || ev.Kind == engine.KindBlind {
		a.Failing = ""
		if r.Failed != nil && r.Decision.Degraded == "" {
			a.Failing = r.Failed.Error()
		}
	}
}

// left are the calls of a turn that a dry run does not carry out.
func left(d engine.Decision) []string {
	var out []string
	for _, e := range d.Standing {
		if e.Call == engine.CallPause {
			out = append(out, e.String())
		}
	}
	for _, e := range d.Once {
		out = append(out, e.String())
	}
	return out
}

// account is one account as it stands.
func (b *board) account(name string) control.Account {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a := b.accounts[name]; a != nil {
		return *a
	}
	return control.Account{Name: name}
}

// snapshot is every account as it stands, and why the rules are degraded.
func (b *board) snapshot() (accounts []control.Account, degraded string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.order {
		a := *b.accounts[n]
		for _, warning := range b.warnings[n] {
			if warning != "" {
				a.Warnings = append(a.Warnings, warning)
			}
		}
		accounts = append(accounts, a)
		for _, kind := range slices.Sorted(maps.Keys(b.degraded[n])) {
			if degraded == "" {
				degraded = b.degraded[n][kind]
			}
		}
	}
	return accounts, degraded
}

// ready says why the daemon is not ready: an account that was not seen yet, or
// cannot be seen.
func (b *board) ready() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.order {
		switch a := b.accounts[n]; {
		case a.Blind != "":
			return fmt.Errorf("account %s: blind (%s)", n, a.Blind)
		case a.LastLook.IsZero():
			return fmt.Errorf("account %s: not looked at yet", n)
		case a.Failing != "":
			return fmt.Errorf("account %s: the rules fail: %s", n, a.Failing)
		case a.Fault != "":
			return fmt.Errorf("account %s: %s", n, a.Fault)
		}
	}
	return nil
}
