package startest

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

func recordModule() engine.Module {
	return engine.Module{
		Members: starlark.StringDict{"record": starlark.NewBuiltin("record", record)}, Pure: []string{"record"},
		Results: map[string]starlark.Value{"record": newEffects(engine.Rehearsed{})},
	}
}

// record(fn, *args, state={}, answers={}) calls a function as a handler is called, and gives what it did.
func record(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var fn callee
	state, answers := new(starlark.Dict), new(starlark.Dict)
	if p := engine.Probed(args, kwargs); p != nil {
		err := p.Takes(b, "fn", &fn, "state?", &state, "answers?", &answers)
		p.Signature.Any = true
		p.Signature.Params[1].Named, p.Signature.Params[2].Named = true, true
		return nil, err
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("%s: what? Like record(on_playback, fake.now())", b.Name())
	}
	if err := fn.Unpack(args[0]); err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	if err := unpack(b, nil, kwargs, "state?", &state, "answers?", &answers); err != nil {
		return nil, err
	}
	w := someWhen()
	s := someShown()
	look, err := s.look(starlark.None, "")
	if err != nil {
		return nil, err
	}
	of := bound(w.event(engine.KindPlayback, look), engine.Facts{}, nil) // of a function that is no handler
	of.event.Cause = engine.CauseLook
	call := starlark.Tuple{}
	given := false
	for _, v := range args[1:] {
		if a, ok := v.(*argument); ok {
			if !given {
				of, given = a, true
			}
			v = a.HasAttrs
		}
		call = append(call, v)
	}
	r := engine.Rehearsal{Event: of.event, Facts: of.facts, Fn: fn.Callable, Args: call}
	if r.State, err = stateOf(of.state, state); err == nil {
		r.Event.Answers, err = answersOf(answers, r.Event)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	done, err := engine.Rehearse(thread, b, r)
	if err != nil {
		return nil, fmt.Errorf("%w", err) // not as it is: then the interpreter would take the test's own calls for known
	}
	return newEffects(done), nil
}

// stateOf is the rule state that the function finds.
func stateOf(base engine.State, d *starlark.Dict) (engine.State, error) {
	var writes []engine.Write
	for _, item := range d.Items() {
		key, ok := starlark.AsString(item[0])
		if !ok {
			return nil, fmt.Errorf("state: got a %s as a key, want texts", item[0].Type())
		}
		raw, err := engine.EncodeValue(item[1])
		if err != nil {
			return nil, fmt.Errorf("state: %s: %w", key, err)
		}
		writes = append(writes, engine.Write{Key: key, Value: raw})
	}
	return base.With(writes, usual), nil
}

// answersOf are the answers to the questions that the function puts, by the call as it prints. A text that begins with
// "error: " is an error.
func answersOf(d *starlark.Dict, ev engine.Event) ([]engine.Answer, error) {
	var out []engine.Answer
	for _, item := range d.Items() {
		call, ok := starlark.AsString(item[0])
		if !ok {
			return nil, fmt.Errorf(`answers: got a %s as a question, want its call as a text: "spotify.devices()"`, item[0].Type())
		}
		a := engine.Answer{Call: call, At: ev.Time}
		if text, ok := starlark.AsString(item[1]); ok && strings.HasPrefix(text, "error: ") {
			a.Err = strings.TrimPrefix(text, "error: ")
		} else {
			raw, err := engine.EncodeValue(item[1])
			if err != nil {
				return nil, fmt.Errorf("answers: %s: %w", call, err)
			}
			a.Data = json.RawMessage(raw)
		}
		out = append(out, a)
	}
	return out, nil
}
