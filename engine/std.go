package engine

import (
	"errors"
	"fmt"
	"time"

	starjson "go.starlark.net/lib/json"
	starmath "go.starlark.net/lib/math"
	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

const (
	jsonBytes = 64 << 10
	jsonDepth = 64
)

// std is what is there besides the modules: time, json, math and struct. The
// clock is the event's, and json is bounded, because its decoder recurses.
func std() starlark.StringDict {
	times := starlark.StringDict{}
	for name, v := range startime.Module.Members {
		times[name] = v
	}
	times["now"] = starlark.NewBuiltin("time.now", timeNow)
	times["from_timestamp"] = starlark.NewBuiltin("time.from_timestamp", fromTimestamp)
	jsons := starlark.StringDict{}
	for name, v := range starjson.Module.Members {
		jsons[name] = v
	}
	jsons["decode"] = starlark.NewBuiltin("json.decode", jsonDecode)
	jsons["indent"] = starlark.NewBuiltin("json.indent", jsonIndent)
	return starlark.StringDict{
		"time":   &starlarkstruct.Module{Name: "time", Members: times},
		"json":   &starlarkstruct.Module{Name: "json", Members: jsons},
		"math":   starmath.Module,
		"struct": starlark.NewBuiltin("struct", starlarkstruct.Make),
	}
}

func timeNow(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 0); err != nil {
		return nil, err
	}
	t, err := Recording(thread, b)
	if err != nil {
		return nil, err
	}
	return startime.Time(t.event.Time), nil
}

// fromTimestamp gives times in the event's zone: the library's own version
// would give them in the machine's.
func fromTimestamp(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var sec, nsec int64
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 1, &sec, &nsec); err != nil {
		return nil, err
	}
	zone := time.UTC
	if t, ok := thread.Local(turnLocal).(*Turn); ok {
		zone = t.event.Time.Location()
	}
	return startime.Time(time.Unix(sec, nsec).In(zone)), nil
}

func jsonDecode(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) > 0 {
		if s, ok := starlark.AsString(args[0]); ok {
			if err := boundedJSON(s); err != nil {
				return nil, fmt.Errorf("%s: %w", b.Name(), err)
			}
		}
	}
	return starlark.Call(thread, starjson.Module.Members["decode"], args, kwargs)
}

func jsonIndent(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) > 0 {
		if s, ok := starlark.AsString(args[0]); ok {
			if err := boundedJSON(s); err != nil {
				return nil, fmt.Errorf("%s: %w", b.Name(), err)
			}
		}
	}
	return starlark.Call(thread, starjson.Module.Members["indent"], args, kwargs)
}

func decodeJSON(s string) (starlark.Value, error) {
	if err := boundedJSON(s); err != nil {
		return nil, err
	}
	return starlark.Call(new(starlark.Thread), starjson.Module.Members["decode"], starlark.Tuple{starlark.String(s)}, nil)
}

// boundedJSON refuses a text that is too large or too deep, counting brackets
// outside strings.
func boundedJSON(s string) error {
	if len(s) > jsonBytes {
		return fmt.Errorf("input is larger than %d KiB", jsonBytes>>10)
	}
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > jsonDepth {
				return fmt.Errorf("input is nested deeper than %d", jsonDepth)
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	if quoted {
		return errors.New("input ends inside a string")
	}
	return nil
}
