package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
)

// newOrders are what somebody waits for to be kept.
func newOrders() *awaited[engine.OrderReport] {
	return newAwaited(func(r engine.Report) (string, engine.OrderReport, bool) {
		report, ok := r.(engine.OrderReport)
		return report.ID, report, ok
	})
}

// order hands something to the loop of an account, and waits until it is kept.
func (d *daemon) order(ctx context.Context, account string, in func(id string) engine.Input) (engine.Did, error) {
	a := d.account(account)
	if a == nil {
		return engine.Did{}, fmt.Errorf("there is no account %q", account)
	}
	id, done, end := d.orders.begin()
	defer end()
	if err := a.runner.Send(ctx, in(id)); err != nil {
		return engine.Did{}, err
	}
	select {
	case report := <-done:
		return report.Did, report.Err
	case <-ctx.Done():
		return engine.Did{}, errors.Join(errors.New("the account's loop does not answer"), ctx.Err())
	}
}

func (d *daemon) account(name string) *account {
	for _, a := range d.accounts {
		if a.name == name {
			return a
		}
	}
	return nil
}

func (d *daemon) approve(ctx context.Context, in control.ApproveRequest) (control.Done, error) {
	if in.Key == "" || in.For < 0 {
		return control.Done{}, errors.New("the key of a device is needed, and a time that is not negative")
	}
	_, err := d.order(ctx, in.Account, func(id string) engine.Input {
		return engine.Approve{ID: id, Holder: in.Key, Allowed: in.Allowed, Undo: in.Undo, For: in.For, By: by(in.By)}
	})
	return control.Done{}, err
}

// by is who has given an order, for the journal and for people.
func by(user string) string { return strings.TrimSpace("cli " + clean(user)) }

func (d *daemon) enforce(ctx context.Context, in control.EnforceRequest) (control.Done, error) {
	_, err := d.order(ctx, in.Account, func(id string) engine.Input {
		return engine.Enforce{ID: id, On: in.On, By: by(in.By)}
	})
	var done control.Done
	if a := d.board.account(in.Account); err == nil && in.On && a.Hold != nil {
		done.Note = onHold(d.w.Clock.Now(), *a.Hold)
	}
	return done, err
}

// linked looks at a credential anew, and at the player with it.
func (d *daemon) linked(ctx context.Context, in control.AccountRequest) (control.Done, error) {
	a := d.account(in.Account)
	if a == nil {
		return control.Done{}, fmt.Errorf("there is no account %q", in.Account)
	}
	var done control.Done
	if a.vault.logOut(ctx) {
		done.Note = "the daemon's environment has GATEFOLD_SECRET_" + config.RefreshTokenName(a.name) + ", which links it again at the next start: unset it"
	}
	a.tokens.Forget()
	d.authorizations.check(ctx, a)
	d.lacking(d.rules.inForce())
	return done, a.runner.Send(ctx, engine.LookSoon{})
}
