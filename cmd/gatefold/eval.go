package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.starlark.net/starlark"

	"gatefold/engine"
)

func evalCommand(s stdio) *cobra.Command {
	var o sceneOptions
	var asJSON bool
	c := &cobra.Command{
		Use:   "eval EXPR",
		Short: "evaluate an expression on what plays now, with the rules in force; nothing is carried out",
		Long: `eval evaluates an expression as if it stood in a handler of the rules in force: it knows
now (or problem, while the player cannot be seen), state, everything that rules can call, and
every name of the rule files. What it calls is printed as "would: ..." and not carried out.

It asks the running daemon. Without one it works on what the journal has seen last, and
says so; with --example on somebody invented.`,
		Example: `  gatefold eval now.device.name
  gatefold eval 'on_playback(now)'
  gatefold eval 'now.device.name in HOUSEHOLD and now.between("07:00", "20:00")'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("an expression is needed, in quotes: gatefold eval 'on_playback(now)'")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return evaluate(c.Context(), s, o, args[0], asJSON)
		},
	}
	sceneFlags(c, &o)
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return c
}

func sceneFlags(c *cobra.Command, o *sceneOptions) {
	c.Flags().StringVarP(&o.config, "config", "c", "gatefold.yaml", "the configuration of the daemon")
	c.Flags().StringVarP(&o.account, "account", "a", "", "the account (needed where there are several)")
	c.Flags().BoolVar(&o.example, "example", false, "work on somebody invented who plays, with the rules of the folder")
}

func evaluate(ctx context.Context, s stdio, o sceneOptions, text string, asJSON bool) error {
	sc, err := setScene(ctx, s, o)
	if err != nil {
		return err
	}
	scratch, err := engine.NewScratch(sc.rules, sc.present)
	if err != nil {
		return asFailed(err)
	}
	for _, note := range sc.notes {
		fmt.Fprintln(s.err, "note:", note)
	}
	tried, err := interruptible(ctx, func() engine.Attempt { return scratch.Eval(ctx, "expression", text) })
	if err != nil {
		return asFailed(err)
	}
	if asJSON {
		if err := printJSON(s.out, attemptJSON(sc, tried), "  "); err != nil {
			return err
		}
	} else {
		printAttempt(s, sc.present, tried, true)
	}
	switch {
	case tried.Err != nil:
		return &codedError{code: exitFailed, err: errors.New("the expression failed")}
	case len(tried.Decision.Asks) > 0:
		return &codedError{code: exitFailed, err: errUnasked}
	}
	return nil
}

// stopsWithin is how long an evaluation that was interrupted may take to notice: one huge call of the interpreter's own
// does not, and its process has to end.
const stopsWithin = time.Second

// interruptible waits for an evaluation, and after ctx has ended no longer than it should take to stop.
func interruptible(ctx context.Context, evaluate func() engine.Attempt) (engine.Attempt, error) {
	done := make(chan engine.Attempt, 1)
	go func() { done <- evaluate() }()
	select {
	case tried := <-done:
		return tried, nil
	case <-ctx.Done():
	}
	select {
	case tried := <-done:
		return tried, nil
	case <-time.After(stopsWithin):
		return engine.Attempt{}, errors.New("interrupted")
	}
}

// errUnasked ends an expression whose value depends on an answer.
var errUnasked = errors.New("what follows depends on the answer, and nothing is asked here")

// would are the calls of a decision, in the order in which a turn is told, each with why it would be held back.
func would(p engine.Present, d engine.Decision) []string {
	var out []string
	if d.Verdict.Given {
		out = append(out, d.Verdict.String())
	}
	for _, e := range d.Standing {
		out = append(out, e.String())
	}
	for _, e := range d.Once {
		call := e.String()
		if why := p.HeldBack(e); why != "" {
			call += "  # " + why
		}
		out = append(out, call)
	}
	for _, w := range d.State {
		out = append(out, w.String())
	}
	return out
}

// printAttempt prints value and consequences to standard output, and what is wrong to standard error. none says that the
// value None is worth a line if nothing else is.
func printAttempt(s stdio, p engine.Present, tried engine.Attempt, none bool) {
	d := tried.Decision
	for _, l := range d.Logs {
		fmt.Fprintf(s.out, "log: %s\n", strings.TrimSuffix(oneLine(l.Text)+"  # "+l.Pos, "  # "))
	}
	calls := would(p, d)
	if v := tried.Value; v != nil && (v != starlark.None || none && len(calls)+len(d.Logs) == 0) {
		fmt.Fprintln(s.out, oneLine(v.String()))
	}
	for _, call := range calls {
		fmt.Fprintln(s.out, "would: "+oneLine(call))
	}
	for _, a := range d.Asks {
		fmt.Fprintln(s.out, "would ask: "+oneLine(a.Call))
	}
	var load *engine.LoadError
	if errors.As(tried.Err, &load) {
		printProblems(s.err, cleanProblems(load.Problems), false)
	}
}

// cleanProblems are problems without what could steer a terminal: an error may quote what strangers wrote.
func cleanProblems(problems []engine.Problem) []engine.Problem {
	out := make([]engine.Problem, len(problems))
	for i, p := range problems {
		p.Text, p.Hint = harmless(p.Text), harmless(p.Hint)
		out[i] = p
	}
	return out
}

// evaluated is what eval --json prints.
type evaluated struct {
	Account  string           `json:"account"`
	Source   string           `json:"source"` // daemon, journal, example or none
	Time     time.Time        `json:"time"`   // of the present
	Value    json.RawMessage  `json:"value,omitempty"`
	Text     string           `json:"text,omitempty"` // the value as it prints
	Would    []string         `json:"would,omitempty"`
	Asks     []string         `json:"asks,omitempty"`
	Logs     []engine.Line    `json:"logs,omitempty"`
	Problems []engine.Problem `json:"problems,omitempty"`
	Notes    []string         `json:"notes,omitempty"`
}

func attemptJSON(sc scene, tried engine.Attempt) evaluated {
	p, d := sc.present, tried.Decision
	out := evaluated{Account: p.Account, Source: sc.source, Time: p.Event.Time, Logs: d.Logs, Would: would(p, d), Notes: sc.notes}
	if tried.Value != nil {
		out.Text = tried.Value.String()
		if raw, err := engine.EncodeValue(tried.Value); err == nil { // a device has no JSON of its own: its text says it
			out.Value = raw
		}
	}
	for _, a := range d.Asks {
		out.Asks = append(out.Asks, a.Call)
	}
	var load *engine.LoadError
	if errors.As(tried.Err, &load) {
		out.Problems = load.Problems
	}
	return out
}
