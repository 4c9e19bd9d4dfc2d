package builtins

import (
	"errors"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

func logModule() engine.Module {
	return engine.Module{Members: starlark.StringDict{
		"log": starlark.NewBuiltin("log", log),
	}}
}

// log(*args) keeps a line for the log.
func log(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if p := engine.Probed(args, kwargs); p != nil {
		p.Signature.Any = true
		return nil, p.Takes(b)
	}
	if len(kwargs) > 0 {
		return nil, errors.New("log: it takes no arguments by name: they are written one after the other")
	}
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	var line strings.Builder
	for i, arg := range args {
		if i > 0 {
			line.WriteByte(' ')
		}
		if s, ok := starlark.AsString(arg); ok {
			line.WriteString(valid(s))
		} else {
			line.WriteString(arg.String())
		}
	}
	turn.Log(thread, line.String())
	return starlark.None, nil
}
