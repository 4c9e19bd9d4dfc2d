package startest

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// effects is what a function did when it was recorded.
type effects struct {
	engine.Inert
	attrs starlark.StringDict
	text  string
}

func newEffects(r engine.Rehearsed) *effects {
	var calls, logs, asks []string
	if r.Verdict.Given {
		calls = append(calls, r.Verdict.String())
	}
	for _, e := range append(append([]engine.Effect{}, r.Standing...), r.Once...) {
		calls = append(calls, e.String())
	}
	for _, w := range r.State {
		calls = append(calls, w.String())
	}
	for _, ev := range r.Published {
		calls = append(calls, published(ev))
	}
	for _, l := range r.Logs {
		logs = append(logs, l.Text)
	}
	for _, a := range r.Asks {
		asks = append(asks, a.Call)
	}
	return &effects{text: "effects(" + strings.Join(calls, ", ") + ")", attrs: starlark.StringDict{
		"verdict": starlark.String(r.Verdict.Kind.String()),
		"reason":  starlark.String(r.Verdict.Reason),
		"calls":   texts(calls),
		"logs":    texts(logs),
		"asks":    texts(asks),
	}}
}

// texts is a list, so that it compares with one that is written out.
func texts(all []string) starlark.Value {
	out := make([]starlark.Value, len(all))
	for i, s := range all {
		out[i] = starlark.String(s)
	}
	list := starlark.NewList(out)
	list.Freeze()
	return list
}

// published is the call that publishes an event.
func published(ev engine.Event) string {
	text := "publish(topic=" + starlark.String(ev.Kind).String()
	raw, err := ev.Data.MarshalJSON()
	var topic struct {
		Fields map[string]json.RawMessage `json:"fields"`
	}
	if err == nil && json.Unmarshal(raw, &topic) == nil {
		if fields, ok := ev.Data.Bind(ev, engine.Facts{}).(starlark.HasAttrs); ok {
			for _, name := range fields.AttrNames() {
				if _, own := topic.Fields[name]; !own {
					continue
				}
				if v, err := fields.Attr(name); err == nil && v != nil {
					text += fmt.Sprintf(", %s=%s", name, v)
				}
			}
		}
	}
	return text + ")"
}

// String is what it did, as calls.
func (e *effects) String() string { return e.text }

// Type is "effects".
func (e *effects) Type() string { return "effects" }

// Attr implements starlark.HasAttrs.
func (e *effects) Attr(name string) (starlark.Value, error) { return e.attrs[name], nil }

// AttrNames implements starlark.HasAttrs.
func (e *effects) AttrNames() []string { return e.attrs.Keys() }

var _ starlark.HasAttrs = (*effects)(nil)
