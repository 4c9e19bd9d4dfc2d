package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.starlark.net/starlark"
)

// Ask is a question that a rule put and nobody has answered yet. The same call
// is the same question.
type Ask struct {
	Account string
	Call    string // as it prints: "spotify.recently_played(limit=20)"
	Name    string // "spotify.recently_played"
	Args    Args
	Pos     string
}

// Answer is what a question came to. It is recorded with the turn, so that a
// replay sees the same.
type Answer struct {
	Call string          `json:"call"`
	Data json.RawMessage `json:"data,omitempty"`
	Err  string          `json:"error,omitempty"` // why there is no Data, for rules and people
	At   time.Time       `json:"at"`
}

const (
	askRounds = 4                // a turn
	askWithin = 5 * time.Second  // no answer by then is an error
	askFresh  = 10 * time.Second // how long an answer serves the same question in later turns
)

// errAsked ends an evaluation that lacks an answer.
var errAsked = errors.New("a question waits for its answer")

// Ask gives the answer to a question, or ends the evaluation with an error that
// the builtin has to return: the host fetches the answer and evaluates the turn
// anew. What a question costs is one call of the budget.
func (t *Turn) Ask(thread *starlark.Thread, b *starlark.Builtin, args Args) (Answer, error) {
	call := Effect{Call: b.Name(), Args: args}.String()
	for _, a := range t.event.Answers {
		if a.Call == call {
			return a, nil
		}
	}
	if len(t.event.Answers) >= askRounds {
		return Answer{}, fmt.Errorf("%s: more than %d questions in one turn", b.Name(), askRounds)
	}
	t.decision.Asks = append(t.decision.Asks, Ask{
		Account: t.event.Account, Call: call, Name: b.Name(), Args: args, Pos: t.pos(thread.CallFrame(1).Pos),
	})
	return Answer{}, errAsked
}

// AnswerNow fetches the answers to questions by the modules that offer them.
func AnswerNow(ctx context.Context, now func() time.Time, modules []Module, asks []Ask) []Answer {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	out := make([]Answer, len(asks))
	for i, a := range asks {
		out[i].Call = a.Call
		m := moduleOf(modules, a.Name)
		if m == nil || m.Answer == nil {
			out[i].Err = "nobody answers " + a.Name
		} else if data, err := answered(ctx, *m, a); err != nil {
			out[i].Err = err.Error()
		} else {
			out[i].Data = data
		}
		out[i].At = now().Round(0)
	}
	return out
}

func answered(ctx context.Context, m Module, a Ask) (data json.RawMessage, err error) {
	defer recovered(&err)
	return m.Answer(ctx, a)
}
