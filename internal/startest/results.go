package startest

import (
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// fakes are what fake gives, with everything there can be: what tests read of it is vetted, and an editor offers it. The
// fields of a topic are up to who makes it, so of those nothing is known.
func fakes() map[string]starlark.Value {
	w, s := someWhen(), someShown()
	look, err := s.look(starlark.None, "spotify:album:0")
	if err != nil {
		return nil
	}
	now := look.Bind(w.event(engine.KindPlayback, look), engine.Facts{}).(starlark.HasAttrs)
	out := map[string]starlark.Value{
		"now":   now,
		"blind": engine.Blind{Kind: engine.BlindUnreachable, Since: usual, RetryAt: usual.Add(time.Minute)}.Bind(w.event(engine.KindBlind, nil), engine.Facts{}),
		"tick":  engine.Tick{Timer: "test"}.Bind(w.event(engine.KindTimer, nil), engine.Facts{}),
	}
	for _, name := range []string{"device", "item"} {
		if v, err := now.Attr(name); err == nil {
			out[name] = v
		}
	}
	return out
}

// Results are what calls give back that only tests can make, by their names.
func Results() map[string]starlark.Value {
	out := map[string]starlark.Value{}
	for _, m := range Modules() {
		for member, v := range m.Results {
			if m.Name != "" {
				member = m.Name + "." + member
			}
			out[member] = v
		}
	}
	return out
}
