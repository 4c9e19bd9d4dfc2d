package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gatefold/engine"
	"gatefold/internal/control"
)

// newPresents are waited for by whoever asks a loop how it stands.
func newPresents() *awaited[engine.Present] {
	return newAwaited(func(r engine.Report) (string, engine.Present, bool) {
		report, ok := r.(engine.PresentReport)
		return report.ID, report.Present, ok
	})
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
