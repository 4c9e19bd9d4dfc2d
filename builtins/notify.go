package builtins

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// Notice is a message to a target of the configuration, whatever kind of target that is.
type Notice struct {
	ID      string    // of the effect: the same at every try, and another for every message
	Account string    // whose rules wrote it
	Time    time.Time // of the event that led to it
	Parts   []Part    // with the note about its lateness, if it is late
}

// Notifier sends one notice to a target that the configuration names. The receipt is kept with the message. Its error
// may say when to try again (RetryAt() time.Time) or not to (Permanent() bool).
type Notifier interface {
	Notify(ctx context.Context, target string, n Notice) (receipt json.RawMessage, err error)
}

func notifyModule(d Deps) engine.Module {
	return engine.Module{
		Members: starlark.StringDict{"notify": starlark.NewBuiltin("notify", notifyTo(d.Targets))},
		Keyed:   map[string]int{"notify": 2},
		Literals: map[string][]engine.Literal{
			"notify": {{Name: "to", Position: 1, Default: defaultTarget, Check: func(to string) error { return checkTarget(to, d.Targets) }}},
		},
		Apply: func(ctx context.Context, e engine.Effect) (json.RawMessage, error) {
			return applyNotify(ctx, d.Notifier, d.Now, e)
		},
	}
}

// defaultTarget is where notify sends if no target is given.
const defaultTarget = "phone"

// notifyArgs are the arguments of notify.
type notifyArgs struct {
	text markup
	to   targetName
	throttle
}

// Arguments implements engine.Args.
func (a notifyArgs) Arguments() []engine.Argument {
	var p printed
	p.add("text", a.text.value(), false)
	p.add("to", starlark.String(a.to), a.to == defaultTarget)
	a.throttle.print(&p)
	return p
}

type builtinFunc = func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error)

// notifyTo is notify(text, to="phone", every=None, key=None), which sends a message to one of targets.
func notifyTo(targets []string) builtinFunc {
	return func(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var a struct { // together, so that one allocation holds them
			notifyArgs
			throttling
		}
		a.to, a.throttling = defaultTarget, newThrottling()
		if err := unpack(b, args, kwargs, "text", &a.text, "to?", &a.to, "every??", &a.throttling.every, "key??", &a.throttling.key); err != nil {
			return nil, err
		}
		turn, err := a.throttle.take(thread, b, a.throttling)
		if err != nil {
			return nil, err
		}
		// A message that is read back from the journal may be older than the configuration: it fails by itself.
		if written := !turn.Event().Time.IsZero(); written {
			if err := checkTarget(string(a.to), targets); err != nil {
				return nil, fmt.Errorf("%s: for parameter to: %w", b.Name(), err)
			}
		}
		a.text = a.text.orBlank()
		e := engine.Effect{Args: a.notifyArgs, Lane: "notify " + string(a.to)}
		return starlark.None, a.throttle.record(thread, b, turn, e, string(a.to), postExpires)
	}
}

// checkTarget says what is wrong with a name, if anything is. Without targets (nil) every well-formed one is right.
func checkTarget(to string, targets []string) error {
	if err := new(targetName).Unpack(starlark.String(to)); err != nil || targets == nil || slices.Contains(targets, to) {
		return err
	}
	if len(targets) == 0 {
		return fmt.Errorf("the config names no target: write one below notify: there, such as %s: {ntfy: https://ntfy.sh/a-topic}", to)
	}
	if near := engine.Nearest(to, targets); near != "" {
		return fmt.Errorf("the config names no target %s: did you mean %s?", quote(to), quote(near))
	}
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = quote(t)
	}
	return fmt.Errorf("the config names no target %s: it names %s", quote(to), strings.Join(names, ", "))
}

// applyNotify carries out a notify.
func applyNotify(ctx context.Context, to Notifier, now func() time.Time, e engine.Effect) (json.RawMessage, error) {
	a, ok := e.Args.(notifyArgs)
	if !ok {
		return nil, permanent("this is no message: " + e.Call)
	}
	if to == nil {
		return nil, permanent("the config names no target: write one below notify: there")
	}
	return to.Notify(ctx, string(a.to), Notice{ID: e.ID, Account: e.Account, Time: e.Time, Parts: dated(a.text.parts, e.Time, now)})
}

var targetPattern = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// targetName is an argument that is the name of a target: "phone".
type targetName string

// Unpack implements starlark.Unpacker.
func (t *targetName) Unpack(v starlark.Value) error {
	s, ok := starlark.AsString(v)
	if !ok {
		return fmt.Errorf(`got %s, want the name of a target like "phone"`, v.Type())
	}
	if !targetPattern.MatchString(s) {
		return fmt.Errorf(`%s is no name of a target: it has 1 to 40 of a-z, 0-9 and -, like "phone"`, quote(cut(valid(s), 60)))
	}
	*t = targetName(s)
	return nil
}

var _ starlark.Unpacker = (*targetName)(nil)
