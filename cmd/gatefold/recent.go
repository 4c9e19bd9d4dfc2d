package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"gatefold/engine"
	"gatefold/internal/replay"
)

const (
	recentTurns    = 500 // that a candidate is tried on
	recentAccounts = 100 // of which the present is kept: each holds on to the facts of a look
)

// recent remembers the newest turns that brought news, with all that their rules were told, and each account's
// newest look: the past and the present on which new rules are tried.
type recent struct {
	mu    sync.Mutex
	turns []replay.Turn // a ring, once it is full
	next  int           // where the next one goes, in a full ring
	now   map[string]replay.Turn
}

func newRecent() *recent { return &recent{now: map[string]replay.Turn{}} }

// seed begins with turns from before the start. They say nothing of the present.
func (r *recent) seed(turns []replay.Turn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range turns[max(0, len(turns)-recentTurns):] {
		r.add(t)
	}
}

// recalling is how long a start may read history.
func (d *daemon) recalling() time.Duration { return d.w.Stdio.within(time.Second) }

// recall gives the newest turns of the journal, of all accounts in the order of time; of very many accounts, those of the
// first hundred. What cannot be read, or not in time, is left out: there is less to try an edit on.
func (d *daemon) recall(ctx context.Context) []replay.Turn {
	ctx, cancel := context.WithTimeout(ctx, d.recalling())
	defer cancel()
	accounts := d.cfg.Accounts[:min(recentAccounts, len(d.cfg.Accounts))]
	var all []replay.Turn
	for _, a := range accounts {
		turns, err := replay.Recent(ctx, d.journal, a.Name, recentTurns/len(accounts), replay.Options{Zone: d.cfg.Timezone, Modules: d.modules})
		if err != nil {
			d.log.Warn("part of the history cannot be used to try edits of the rules on", "account", a.Name, "error", err)
		}
		all = append(all, turns...)
	}
	slices.SortStableFunc(all, func(a, b replay.Turn) int { return a.Event.Time.Compare(b.Event.Time) })
	return all
}

// Observe implements engine.Observer.
func (r *recent) Observe(_ string, report engine.Report) {
	turn, ok := report.(engine.TurnReport)
	if !ok {
		return
	}
	t := replay.Turn{Event: turn.Decision.Event, Facts: turn.Facts, State: turn.State}
	if turn.News || turn.Failed != nil {
		t.Was = engine.RecordOf(turn.Decision)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.present(t)
	if turn.News {
		r.add(t)
	}
}

// present keeps what an account's player showed last.
func (r *recent) present(t replay.Turn) {
	if t.Event.Kind != engine.KindPlayback && t.Event.Kind != engine.KindBlind {
		return
	}
	if _, known := r.now[t.Event.Account]; known || len(r.now) < recentAccounts {
		r.now[t.Event.Account] = t
	}
}

func (r *recent) add(t replay.Turn) {
	if len(r.turns) < recentTurns {
		r.turns = append(r.turns, t)
		return
	}
	r.turns[r.next] = t
	r.next = (r.next + 1) % recentTurns
}

// past gives the turns in the order of time.
func (r *recent) past() []replay.Turn {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Concat(r.turns[r.next:], r.turns[:r.next])
}

// lastLooks gives the newest look of each account, in the order of their names.
func (r *recent) lastLooks() []replay.Turn {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []replay.Turn
	for _, t := range r.now {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b replay.Turn) int { return strings.Compare(a.Event.Account, b.Event.Account) })
	return out
}
