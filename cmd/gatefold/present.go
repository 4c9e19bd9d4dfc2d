package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"gatefold/engine"
	"gatefold/internal/control"
)

// presents are waited for by whoever asks a loop how it stands.
type presents struct {
	mu   sync.Mutex
	n    int
	wait map[string]chan engine.Present
}

func newPresents() *presents { return &presents{wait: map[string]chan engine.Present{}} }

// begin gives an id, the channel that hears the answer, and what ends the waiting.
func (p *presents) begin() (id string, answer <-chan engine.Present, end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	id = strconv.Itoa(p.n)
	c := make(chan engine.Present, 1)
	p.wait[id] = c
	return id, c, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.wait, id)
	}
}

// Observe implements engine.Observer.
func (p *presents) Observe(_ string, r engine.Report) {
	report, ok := r.(engine.PresentReport)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.wait[report.ID]; c != nil {
		delete(p.wait, report.ID)
		c <- report.Present
	}
}

// present says how an account stands, and by which rules. What a loop gives is never changed, so that it is written down
// here and holds up nobody.
func (d *daemon) present(ctx context.Context, in control.AccountRequest) (control.Present, error) {
	a := d.account(in.Account)
	if a == nil {
		return control.Present{}, fmt.Errorf("there is no account %q", in.Account)
	}
	id, answer, end := d.presents.begin()
	defer end()
	if err := a.runner.Send(ctx, engine.AskPresent{ID: id}); err != nil {
		return control.Present{}, err
	}
	var p engine.Present
	select {
	case p = <-answer:
	case <-ctx.Done():
		return control.Present{}, errors.Join(errors.New("the account's loop does not answer"), ctx.Err())
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return control.Present{}, err
	}
	out := control.Present{Now: d.w.Clock.Now(), Present: raw}
	_, out.Degraded = d.board.snapshot()
	for _, f := range d.rules.inForce().Files {
		if f.Err == nil {
			out.Rules = append(out.Rules, control.RuleFile{Path: f.Path, Data: f.Data})
		}
	}
	return out, nil
}
