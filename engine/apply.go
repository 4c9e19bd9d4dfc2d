package engine

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Apply carries out an effect by the module that offers its call.
func Apply(ctx context.Context, now func() time.Time, modules []Module, e Effect) Applied {
	out := Applied{ID: e.ID, Outcome: Outcome{Result: "failed"}}
	m := moduleOf(modules, e.Call)
	if m == nil || m.Apply == nil {
		out.Outcome.At, out.Outcome.Error, out.Final = now(), e.Call+": nobody carries this out", true
		return out
	}
	detail, err := applied(ctx, *m, e)
	out.Outcome.At, out.Outcome.Detail = now(), detail
	if err == nil {
		out.Outcome.Result = "sent"
		return out
	}
	out.Outcome.Error = err.Error()
	var final interface{ Permanent() bool }
	if errors.As(err, &final) {
		out.Final = final.Permanent()
	}
	var later interface{ RetryAt() time.Time }
	if errors.As(err, &later) && !out.Final && !later.RetryAt().IsZero() {
		out.RetryAt = later.RetryAt()
		out.Outcome.Error = "" // told to wait: not a failure
	}
	return out
}

func applied(ctx context.Context, m Module, e Effect) (detail json.RawMessage, err error) {
	defer recovered(&err)
	return m.Apply(ctx, e)
}

// own says that a call is the engine's own: no rule can make it.
func (m Module) own(call string) bool {
	_, member, _ := strings.Cut(call, ".")
	return m.Inner.Has(member)
}

// moduleOf finds the module that offers a call.
func moduleOf(modules []Module, call string) *Module {
	name, member, ok := strings.Cut(call, ".")
	if !ok {
		name, member = "", call
	}
	for i, m := range modules {
		if m.Name == name && (m.Members.Has(member) || m.Inner.Has(member)) {
			return &modules[i]
		}
	}
	return nil
}
