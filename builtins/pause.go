package builtins

import (
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

func pauseModule() engine.Module {
	return engine.Module{
		Members:  starlark.StringDict{engine.CallPause: starlark.NewBuiltin(engine.CallPause, pause)},
		Standing: []string{engine.CallPause},
	}
}

// pause(every="10s") pauses the denied device for as long as this stands. It has no Apply: the loop of the account
// sends each pause, because every one of them follows a look.
func pause(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	every := Duration{Duration: 10 * time.Second, Min: time.Second, Max: time.Hour}
	return standPace(thread, b, args, kwargs, every)
}
