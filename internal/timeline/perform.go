package timeline

import (
	"context"
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// perform carries out one action of a loop. What is there at once comes back; what takes time is sent to the loop later.
func (r *run) perform(a *account, action engine.Action) (answer engine.Input, err error) {
	ctx := context.Background()
	switch action := action.(type) {
	case engine.LookNow:
		r.look(a, action)
	case engine.PauseNow:
		r.pause(a, action)
	case engine.ApplyNow:
		return r.apply(a, action.Effect), nil
	case engine.AskNow:
		r.ask(a, action)
	case engine.CommitNow:
		receipt, err := r.journal.Commit(ctx, action.Record)
		return engine.CommitDone{N: action.N, Receipt: receipt, Err: err}, nil
	case engine.DoneNow:
		if err := r.journal.Done(ctx, a.name, action.ID, action.Outcome); err != nil {
			return engine.MarkFailed{ID: action.ID, Outcome: action.Outcome, Err: err}, nil
		}
	case engine.ShowNow:
		r.show(a, action.Stands)
	case engine.Tell:
		r.tell(a, action.Report)
	default:
		return nil, fmt.Errorf("an action that timelines do not know: %T", action)
	}
	return nil, nil
}

// look asks the simulator. Nobody looks any more when the story is over.
func (r *run) look(a *account, action engine.LookNow) {
	if r.clock.now.After(r.t.Start.Add(r.t.end())) {
		return
	}
	var in engine.Input
	took := r.request(a, func() { in = a.source.Look(context.Background(), action.Verify) })
	if looked, ok := in.(engine.Looked); ok {
		looked.Got = looked.Got.Add(took)
		in = looked
	}
	r.send(a, in, took)
}

// pause asks the simulator. It is carried out when the request is made, whatever the answer.
func (r *run) pause(a *account, action engine.PauseNow) {
	var done engine.PauseDone
	took := r.request(a, func() { done = a.source.Pause(context.Background(), action) })
	if !done.Sent.IsZero() {
		note := ""
		if done.Outcome != "paused" {
			note = done.Outcome
		}
		r.happensNoted(a, rankPause, a.said.pause, note)
	}
	r.send(a, done, took)
}

// apply carries out what happens once.
func (r *run) apply(a *account, e engine.Effect) engine.Input {
	if e.Call == "spotify.replace_playlist" {
		r.ownsPlaylist(a, e)
	}
	var done engine.Applied
	took := r.request(a, func() { done = engine.Apply(context.Background(), r.clock.Now, r.modules, e) })
	if done.Outcome.Result == "sent" {
		r.happens(a, rankOnce, e.String())
		r.offers(a, e)
	}
	if took == 0 {
		return done
	}
	r.send(a, done, took)
	return nil
}

// ownsPlaylist gives the account the playlist that its rules write: a story does not say which there are.
func (r *run) ownsPlaylist(a *account, e engine.Effect) {
	for _, arg := range e.Args.Arguments() {
		if id, ok := starlark.AsString(arg.Value); ok && arg.Name == "id" && r.player(a.name).Snapshots(id) == 0 {
			r.player(a.name).AddPlaylist(id, false)
		}
	}
}

// ask fetches the answers to what rules ask.
func (r *run) ask(a *account, action engine.AskNow) {
	var answers []engine.Answer
	took := r.request(a, func() {
		answers = engine.AnswerNow(context.Background(), r.clock.Now, r.modules, action.Asks)
	})
	r.send(a, engine.Answered{N: action.N, Answers: answers}, took)
}

// request makes a request and says how long it takes.
func (r *run) request(a *account, do func()) time.Duration {
	a.wire.took = 0
	r.acting = a.wire
	do()
	r.acting = nil
	return a.wire.took
}

func (r *run) show(a *account, now engine.Stands) {
	r.said(a, now.Verdict)
	r.lamp.stands(a.name, now)
	for _, m := range r.modules {
		if m.Stand != nil {
			m.Stand(a.name, now)
		}
	}
	for _, l := range r.lamp.changes() {
		r.record.add(r.clock.now.Sub(r.t.Start), rankLight, Happening{Account: l.account, Text: l.call})
	}
}

func (r *run) tell(a *account, report engine.Report) {
	if r.o.Observe != nil {
		r.o.Observe(r.clock.now, a.name, report)
	}
	switch report := report.(type) {
	case engine.TurnReport:
		r.turned(a, report)
	case engine.OrderReport:
		r.refusedOrder(report)
	case engine.ProvenReport:
		r.proven = report.Ruleset
	}
}
