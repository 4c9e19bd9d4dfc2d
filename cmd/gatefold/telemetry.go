package main

import (
	"errors"
	"strings"
	"sync"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/metrics"
)

// telemetry turns reports into metrics.
type telemetry struct {
	m *metrics.Metrics

	mu   sync.Mutex
	last map[string]sighting
}

// sighting is what the last look at an account showed; only one of a denied device is kept.
type sighting struct {
	at     time.Time
	denied bool
}

// longestGap bounds what one pair of looks adds to the unauthorized seconds:
// what happened in a longer one is not known.
const longestGap = time.Minute

func newTelemetry(m *metrics.Metrics) *telemetry {
	return &telemetry{m: m, last: map[string]sighting{}}
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
		t.forget(account)
	case engine.PauseReport:
		if r.Outcome != "" {
			t.m.Paused(account, r.Outcome)
		}
		if r.Reaction > 0 {
			t.m.Reaction(r.Reaction)
		}
	case engine.PaceReport:
		t.m.PollInterval(account, r.Interval)
	case engine.OutboxReport:
		t.m.OutboxWaiting(account, r.Waiting)
		if !strings.HasPrefix(r.Message.Call, "slack.") {
			return // a command, no message to people
		}
		switch r.Outcome.Result {
		case "sent", "failed", "expired":
			t.m.Alert(r.Outcome.Result)
		case "discarded":
			t.m.Alert("failed")
		}
	case engine.FaultReport:
		t.m.Fault(account, "journal", r.Fault != "")
	case engine.EnforceReport:
		t.m.Enforcing(account, r.On)
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
		t.exposed(account, sighting{r.Decision.Event.Time, p.Playing && r.Decision.Verdict.Kind == engine.Deny})
	}
}

// exposed integrates: the time between two looks counts when both showed a
// denied device playing.
func (t *telemetry) exposed(account string, now sighting) {
	t.mu.Lock()
	before := t.last[account]
	if now.denied {
		t.last[account] = now
	} else if before.denied {
		delete(t.last, account)
	}
	t.mu.Unlock()
	if before.denied && now.denied {
		t.m.UnauthorizedSeconds(account, min(now.at.Sub(before.at), longestGap).Seconds())
	}
}

func (t *telemetry) forget(account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.last, account)
}
