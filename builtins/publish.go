package builtins

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

func publishModule() engine.Module {
	return engine.Module{
		Members: starlark.StringDict{"publish": starlark.NewBuiltin("publish", publish)},
		Topics:  map[string]engine.TopicAt{"publish": {Name: "topic"}},
	}
}

// publish(topic, **fields) runs on_<topic> in this turn, after the present handlers.
func publish(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if p := engine.Probed(args, kwargs); p != nil {
		var topic string
		p.Signature.Fields = true
		return nil, p.Takes(b, "topic", &topic)
	}
	if len(args) == 0 && len(kwargs) > 0 && kwargs[0][0] == starlark.String("topic") {
		args, kwargs = starlark.Tuple{kwargs[0][1]}, kwargs[1:]
	}
	if len(args) != 1 {
		return nil, errors.New(`publish: it takes a topic and then fields by name, as in publish("bad_auth", device=device.name)`)
	}
	topic, ok := starlark.AsString(args[0])
	if !ok {
		return nil, fmt.Errorf("publish: the topic is a %s: it must be a literal string", args[0].Type())
	}
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	fields := make([]engine.Field, len(kwargs))
	for i, kw := range kwargs {
		name, _ := starlark.AsString(kw[0])
		fields[i] = engine.Field{Name: name, Value: kw[1]}
	}
	if err := turn.Publish(topic, fields); err != nil {
		return nil, fmt.Errorf("publish: %w", err)
	}
	return starlark.None, nil
}
