package builtins

import (
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// reasonRunes is how long a reason may be; a longer one is cut, because names in it are chosen by strangers.
const reasonRunes = 500

func verdictModule() engine.Module {
	return engine.Module{
		Members: starlark.StringDict{
			"allow": starlark.NewBuiltin("allow", allow),
			"deny":  starlark.NewBuiltin("deny", deny),
			"done":  starlark.NewBuiltin("done", done),
		},
		Judges:   []string{"allow", "deny", "done"},
		Verdicts: map[string]engine.VerdictKind{"allow": engine.Allow, "deny": engine.Deny},
	}
}

// allow(reason="") judges that whoever holds the player may.
func allow(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var reason text
	if err := unpack(b, args, kwargs, "reason?", &reason); err != nil {
		return nil, err
	}
	return judge(thread, b, engine.Allow, reason)
}

// deny(reason) judges that whoever holds the player may not.
func deny(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var reason text
	if err := unpack(b, args, kwargs, "reason", &reason); err != nil {
		return nil, err
	}
	if strings.TrimSpace(string(reason)) == "" {
		reason = blankText // a stranger's name, perhaps: it must not void the turn
	}
	return judge(thread, b, engine.Deny, reason)
}

func judge(thread *starlark.Thread, b *starlark.Builtin, kind engine.VerdictKind, reason text) (starlark.Value, error) {
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	return starlark.None, turn.Judge(thread, b, kind, cut(string(reason), reasonRunes))
}

// done() keeps the later handlers of the present event from running.
func done(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := unpack(b, args, kwargs); err != nil {
		return nil, err
	}
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	turn.Done()
	return starlark.None, nil
}
