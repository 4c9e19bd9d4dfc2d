package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Scratch evaluates what somebody types, as if it stood in a handler: it has the names of the rules and everything that
// they can call. Nothing comes of it: what is called is recorded, told and forgotten, and state is read and never
// written. Not safe for concurrent use.
type Scratch struct {
	rules   *Ruleset
	present Present
	typed   starlark.StringDict // what earlier chunks have defined
}

// NewScratch makes one for a ruleset that was loaded in this process.
func NewScratch(rules *Ruleset, present Present) (*Scratch, error) {
	if rules.predeclared == nil {
		return nil, errors.New("these rules were loaded elsewhere")
	}
	return &Scratch{rules: rules, present: present, typed: starlark.StringDict{}}, nil
}

// Renew takes another present, or other rules. What was typed before stays.
func (s *Scratch) Renew(rules *Ruleset, present Present) { s.rules, s.present = rules, present }

// Attempt is what a chunk came to.
type Attempt struct {
	Value    starlark.Value // nil: statements have none
	Decision Decision       // what a turn would do that does this; with Asks: what it would have to ask first
	Err      error          // a *LoadError: what is wrong, and where
}

// chunkOptions are the language of what is typed: statements may stand at the top level, and names be given anew.
var chunkOptions = &syntax.FileOptions{Set: true, TopLevelControl: true, GlobalReassign: true, LoadBindsGlobally: true}

// ChunkOptions are those of a file that Scratch runs.
func ChunkOptions() *syntax.FileOptions { o := *chunkOptions; return &o }

// Eval evaluates an expression.
func (s *Scratch) Eval(ctx context.Context, name, text string) Attempt {
	expr, err := chunkOptions.ParseExpr(name, text, 0)
	if err != nil {
		return s.wrong(name, text, err)
	}
	return s.try(ctx, name, text, func(thread *starlark.Thread, names starlark.StringDict) (starlark.Value, error) {
		return starlark.EvalExprOptions(chunkOptions, thread, expr, names)
	})
}

// Run runs a chunk: an expression, or statements, whose names later chunks know. It was parsed by ChunkOptions; text is
// what it was parsed from, for messages.
func (s *Scratch) Run(ctx context.Context, f *syntax.File, text string) Attempt {
	if len(f.Stmts) == 1 {
		if only, ok := f.Stmts[0].(*syntax.ExprStmt); ok {
			out := s.try(ctx, f.Path, text, func(thread *starlark.Thread, names starlark.StringDict) (starlark.Value, error) {
				return starlark.EvalExprOptions(chunkOptions, thread, only.X, names)
			})
			if out.Err == nil && out.Value != nil {
				s.typed["_"] = out.Value
			}
			return out
		}
	}
	return s.try(ctx, f.Path, text, func(thread *starlark.Thread, names starlark.StringDict) (starlark.Value, error) {
		err := starlark.ExecREPLChunk(f, thread, names)
		for _, name := range assigned(f.Stmts) {
			if v, ok := names[name]; ok {
				s.typed[name] = v
			}
		}
		return nil, err
	})
}

// Wrong is what a parser said of a text, as a *LoadError.
func (s *Scratch) Wrong(name, text string, err error) error { return s.wrong(name, text, err).Err }

// try does something in a turn of its own.
func (s *Scratch) try(ctx context.Context, name, text string, do func(*starlark.Thread, starlark.StringDict) (starlark.Value, error)) Attempt {
	t := s.rules.newTurn(s.present.Event, s.present.Facts, s.present.State)
	t.given = append(t.given, Unknown)
	thread := &starlark.Thread{Name: name, Print: printToLog, Load: s.load}
	thread.SetLocal(turnLocal, t)
	defer bound(thread, s.rules.limits)()
	defer context.AfterFunc(ctx, func() { thread.Cancel("interrupted") })()
	var v starlark.Value
	err := func() (err error) {
		defer recovered(&err)
		if v, err = do(thread, s.names(t)); err == nil {
			err = s.rules.published(ctx, t)
		}
		if err == nil {
			err = t.settle()
		}
		return err
	}()
	t.decision.Steps += thread.ExecutionSteps()
	out := Attempt{Value: v, Decision: t.decision}
	switch {
	case errors.Is(err, errAsked) && len(t.decision.Asks) > 0:
		out.Decision = Decision{Event: t.event, Ruleset: s.rules.Hash, Asks: t.decision.Asks, Logs: t.decision.Logs}
	case err != nil:
		out = s.wrong(name, text, err)
		out.Decision = Decision{Event: t.event, Ruleset: s.rules.Hash, Logs: t.decision.Logs, Err: err}
	}
	return out
}

// wrong says what is wrong, with the line where it is.
func (s *Scratch) wrong(name, text string, err error) Attempt {
	problems := problemsOf(name, err)
	var rule *RuleError
	if errors.As(err, &rule) { // of the turn as a whole
		problems = []Problem{rule.Problem}
	}
	for i := range problems {
		p := &problems[i]
		unknown, ok := strings.CutPrefix(p.Text, "undefined: ")
		switch {
		case !ok || p.Hint != "":
		case unknown == "now" || unknown == "problem":
			p.Hint = s.missing(unknown)
		default:
			if near := Nearest(unknown, s.Names()); near != "" {
				p.Hint = "did you mean " + near + "?"
			}
		}
	}
	files := append(slices.Clone(s.rules.Files), File{Path: name, Data: []byte(text)})
	return Attempt{Err: loadError(files, problems)}
}

// missing is why there is no now, or no problem.
func (s *Scratch) missing(name string) string {
	switch {
	case s.present.Event.Data == nil:
		return s.present.Why
	case name == "now":
		return "the player cannot be seen: there is problem, the argument of on_blind, instead"
	}
	return "the player can be seen: there is now, the argument of on_playback, instead"
}
