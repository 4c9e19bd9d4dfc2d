package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"
)

// fault is an error that says whether and when to try again.
type fault struct {
	final bool
	at    time.Time
}

func (f fault) Error() string      { return "fault" }
func (f fault) Permanent() bool    { return f.final }
func (f fault) RetryAt() time.Time { return f.at }

func TestApply(t *testing.T) {
	f := newFakes()
	now := func() time.Time { return start }
	later := start.Add(time.Hour)
	for _, c := range []struct {
		name, call string
		err        error
		want       Applied
	}{
		{"sent", "mail.send", nil, Applied{Outcome: Outcome{Result: "sent", Detail: json.RawMessage(`1`)}}},
		{"failed", "mail.send", errors.New("no"), Applied{Outcome: Outcome{Result: "failed", Error: "no", Detail: json.RawMessage(`1`)}}},
		{"for good", "mail.send", fmt.Errorf("posting: %w", fault{final: true, at: later}), Applied{Final: true, Outcome: Outcome{Result: "failed", Error: "posting: fault", Detail: json.RawMessage(`1`)}}},
		{"told when", "mail.send", fmt.Errorf("posting: %w", fault{at: later}), Applied{RetryAt: later, Outcome: Outcome{Result: "failed", Detail: json.RawMessage(`1`)}}},
		{"not told when", "mail.send", fault{}, Applied{Outcome: Outcome{Result: "failed", Error: "fault", Detail: json.RawMessage(`1`)}}},
		{"a call of nobody", "mail.sent", nil, Applied{Final: true, Outcome: Outcome{Result: "failed", Error: "mail.sent: nobody carries this out"}}},
		{"one that is not carried out", "light.set", nil, Applied{Final: true, Outcome: Outcome{Result: "failed", Error: "light.set: nobody carries this out"}}},
		{"at the top level", "pause", nil, Applied{Final: true, Outcome: Outcome{Result: "failed", Error: "pause: nobody carries this out"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.apply = func(_ context.Context, e Effect) (json.RawMessage, error) { return json.RawMessage(`1`), c.err }
			c.want.ID, c.want.Outcome.At = "7", start
			got := Apply(t.Context(), now, f.modules, Effect{ID: "7", Call: c.call})
			equal(t, "applied", fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", c.want))
		})
	}
	f.apply = func(context.Context, Effect) (json.RawMessage, error) { panic("boom") }
	if got := Apply(t.Context(), now, f.modules, Effect{Call: "mail.send"}); got.Outcome.Error != "internal error: boom" || got.Final {
		t.Errorf("a panic: %+v", got)
	}
}
