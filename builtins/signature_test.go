package builtins

import (
	"testing"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// Every call says itself what it takes: the validator, the editor and the documentation have it from there.
func TestSignatures(t *testing.T) {
	modules := All(Deps{})
	got := engine.Signatures(modules...)
	builtins := 0
	for _, m := range modules {
		for name, v := range m.Members {
			if _, ok := v.(*starlark.Builtin); !ok {
				continue
			}
			builtins++
			if m.Name != "" {
				name = m.Name + "." + name
			}
			if s, ok := got[name]; !ok || s.Name != name {
				t.Errorf("%s does not say what it takes", name)
			}
		}
	}
	if builtins < 25 {
		t.Errorf("only %d builtins were found", builtins)
	}
	for name, want := range map[string]string{
		"blink1.set": "blink1.set(color, [fade], [brightness], [led], [light])",
		"done":       "done()",
		"log":        "log(*values)",
		"publish":    "publish(topic, **fields)",
		"button":     "button(label, publish, **fields)",
		"slack.post": "slack.post(text, [every], [key], [channel], [actions])",
	} {
		if s := got[name].String(); s != want {
			t.Errorf("got %s, want %s", s, want)
		}
	}
	p, _ := got["pause"].Param("every")
	for _, c := range []struct {
		v  starlark.Value
		ok bool
	}{{starlark.String("10s"), true}, {starlark.String("10"), false}, {starlark.MakeInt(10), false}, {starlark.String("2d"), false}, {starlark.String("5s"), true}} {
		if err := p.Check(c.v); (err == nil) != c.ok {
			t.Errorf("pause(every=%s): %v", c.v, err)
		}
	}
}
