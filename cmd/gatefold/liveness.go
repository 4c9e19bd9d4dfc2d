package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gatefold/engine"
)

// liveness says whether the daemon still does what it is there for: whether the loops
// of its accounts answer. The watchdogs of the lights go by it. A process whose loops
// hang is as dead as one that is gone, and must not look alive.
type liveness struct {
	ping func(ctx context.Context, account string) error
	log  *slog.Logger
	told func(alive bool) // hears of changes

	mu      sync.Mutex
	until   time.Time // alive until then, unless somebody answers
	hanging string    // the account that does not answer
	since   time.Time // it was asked
}

const (
	// livenessStart is how long a start may take, with ten thousand accounts on a slow disk.
	livenessStart = 2 * time.Minute
	// livenessEvery is how often some accounts are asked, and livenessRound within what
	// time all of them are.
	livenessEvery = 2 * time.Second
	livenessRound = time.Minute
	// livenessLimit is how long an answer may take: a rule may run for 2 s, and a slow
	// disk holds up a loop for a while. The light's own time-out comes on top.
	livenessLimit = 10 * time.Second
)

func newLiveness(log *slog.Logger, told func(alive bool)) *liveness {
	return &liveness{log: log, told: told, until: time.Now().Add(livenessStart)}
}

// alive is asked by the lights before each heartbeat.
func (l *liveness) alive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.until)
}

// hangs says which account does not answer, and since when; "" is none.
func (l *liveness) hangs() (account string, since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hanging, l.since
}

// watch asks the accounts in turn until ctx ends.
func (l *liveness) watch(ctx context.Context, accounts []string) error {
	tick := time.NewTicker(livenessEvery)
	defer tick.Stop()
	each := (len(accounts) + int(livenessRound/livenessEvery) - 1) / int(livenessRound/livenessEvery)
	for next := 0; ; {
		for range each {
			if !l.ask(ctx, accounts[next%len(accounts)]) {
				return nil
			}
			next = (next + 1) % len(accounts)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// ask waits for an account's answer for as long as it takes; false if ctx ended. What
// takes too long is said once.
func (l *liveness) ask(ctx context.Context, account string) bool {
	asked := time.Now()
	answer := make(chan error, 1)
	go func() { answer <- l.ping(ctx, account) }()
	late := time.NewTimer(livenessLimit)
	defer late.Stop()
	for {
		select {
		case err := <-answer:
			if err != nil {
				return false
			}
			l.answered(account, asked)
			return true
		case <-late.C:
			l.late(account, asked)
		}
	}
}

func (l *liveness) answered(account string, asked time.Time) {
	l.mu.Lock()
	l.until = time.Now().Add(livenessEvery + livenessLimit)
	hung := l.hanging != ""
	l.hanging = ""
	l.mu.Unlock()
	if hung {
		l.log.Info("the account's loop answers again", "account", account, "after", time.Since(asked).Round(time.Second))
		l.told(true)
	}
}

func (l *liveness) late(account string, asked time.Time) {
	l.mu.Lock()
	l.hanging, l.since, l.until = account, asked, time.Time{}
	l.mu.Unlock()
	l.log.Error("the account's loop does not answer: the lights are left to their alarm", "account", account, "for", livenessLimit)
	l.told(false)
}

// ping is answered by an account's loop when it has done what it was sent before.
func (d *daemon) ping(ctx context.Context, account string) error {
	_, err := d.order(ctx, account, func(id string) engine.Input { return engine.Ping{ID: id} })
	return err
}
