package main

import (
	"errors"
	"strings"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/metrics"
)

// telemetry turns reports into metrics.
type telemetry struct {
	m        *metrics.Metrics
	exposure *exposure
}

func newTelemetry(m *metrics.Metrics) *telemetry {
	return &telemetry{m: m, exposure: newExposure()}
}

// Observe implements engine.Observer.
func (t *telemetry) Observe(account string, r engine.Report) {
	switch r := r.(type) {
	case engine.TurnReport:
		t.turn(account, r)
	case engine.SightReport:
		if r.Failure == "" {
			t.m.Blind(account, r.Blind.Kind)
		}
		t.exposure.forget(account)
	case engine.PauseReport:
		if r.Outcome != "" {
			t.m.Paused(account, r.Outcome)
		}
		if r.Outcome == "paused" || r.Outcome == "already" {
			t.exposure.pause(account, r.Sent)
		}
		if r.Reaction > 0 {
			t.m.Reaction(r.Reaction)
		}
	case engine.VerifiedReport:
		if r.Outcome == engine.VerifiedResumed {
			t.m.Resumed(account, r.After)
		}
	case engine.PaceReport:
		t.m.PollInterval(account, r.Interval)
		t.m.PollCause(account, r.Cause)
		t.m.WorstDetection(account, r.Worst)
	case engine.OutboxReport:
		t.m.OutboxWaiting(account, r.Waiting)
		if followsUp(r.Message.Call) || !strings.HasPrefix(r.Message.Call, "slack.") && !strings.HasPrefix(r.Message.Call, "notify(") {
			return // a command, or what brings an earlier message up to date: no message to people
		}
		switch r.Outcome.Result {
		case "sent", "failed", "expired":
			t.m.Alert(r.Outcome.Result)
		case "merged":
			t.m.Alert("sent")
		case "discarded":
			t.m.Alert("failed")
		}
	case engine.FaultReport:
		t.m.Fault(account, "journal", r.Fault != "")
	case engine.EnforceReport:
		t.m.Enforcing(account, r.On)
	case engine.HoldReport:
		t.m.Held(account, !r.Until.IsZero())
	case engine.StandsReport:
		t.m.Verdict(account, r.Stands.Verdict.Kind.String())
	}
}

func (t *telemetry) turn(account string, r engine.TurnReport) {
	if r.Took > 0 {
		t.m.RuleEvaluated(r.Took)
	}
	for range r.Throttled {
		t.m.Alert("throttled")
	}
	var rule *engine.RuleError
	if errors.As(r.Failed, &rule) {
		t.m.RuleError(rule.File)
	}
	if k := r.Decision.Event.Kind; k == engine.KindPlayback || k == engine.KindBlind {
		t.m.Fault(account, "rules", r.Failed != nil)
	}
	p, ok := r.Held.(builtins.Playback)
	if !ok {
		return
	}
	name, typ := "", ""
	if p.Device != nil {
		name, typ = p.Device.Name, p.Device.Type
	}
	t.m.Playing(account, name, typ, p.Playing)
	if r.Decision.Event.Cause == engine.CauseLook {
		d := r.Decision
		t.m.UnauthorizedSeconds(account, t.exposure.look(account, sighting{
			at: d.Event.Time, denied: p.Playing && d.Verdict.Kind == engine.Deny, changed: p.Changed,
		}).Seconds())
	}
}
