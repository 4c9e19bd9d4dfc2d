package main

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// samples keeps one answer of each account that could not be read, without what
// is anybody's, for gatefold doctor: at most one an hour reaches the journal.
type samples struct {
	mu   sync.Mutex
	last map[string]time.Time
}

const sampleEvery = time.Hour

// sample is one malformed answer as the journal keeps it.
type sample struct {
	At     time.Time `json:"at"`
	Op     string    `json:"op"` // "GET /me/player"
	Answer string    `json:"answer"`
}

func sampleName(account string) string { return "malformed." + account }

func (d *daemon) keepSample(account, op string, answer []byte) {
	now := d.w.Clock.Now()
	d.samples.mu.Lock()
	last, seen := d.samples.last[account]
	due := !seen || now.Sub(last) >= sampleEvery
	if due {
		if d.samples.last == nil {
			d.samples.last = map[string]time.Time{}
		}
		d.samples.last[account] = now
	}
	d.samples.mu.Unlock()
	if !due {
		return
	}
	go func() { // a look does not wait for the disk
		ctx, cancel := context.WithTimeout(context.Background(), journalWithin)
		defer cancel()
		raw, err := json.Marshal(sample{At: now.Round(0), Op: op, Answer: string(answer)})
		if err == nil {
			err = d.journal.SetValue(ctx, sampleName(account), raw, now.Add(30*24*time.Hour))
		}
		if err != nil {
			d.log.Debug("a malformed answer could not be kept", "account", account, "error", err)
		}
	}()
}
