package builtins

import (
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

func pollModule() engine.Module {
	return engine.Module{
		Members:  starlark.StringDict{engine.CallPoll: starlark.NewBuiltin(engine.CallPoll, poll)},
		Standing: []string{engine.CallPoll},
	}
}

// poll(every="5s") says how often to look for as long as this stands. The loop of the account acts on it.
func poll(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	every := Duration{Duration: 5 * time.Second, Min: 100 * time.Millisecond, Max: time.Hour}
	return standPace(thread, b, args, kwargs, every)
}
