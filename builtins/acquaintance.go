package builtins

import (
	"strings"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"

	"gatefold/engine"
)

// recall is what the facts say about devices at the moment of a turn.
type recall struct {
	facts engine.Facts
	at    time.Time
}

// with is the device as rules see it at that moment.
func (p *recall) with(d *deviceValue) *deviceValue {
	out := *d
	out.past = p
	return &out
}

// knowsFixed says that the device turned out to take no commands, in this episode.
func (p *recall) knowsFixed(d *deviceValue) bool {
	return p != nil && p.facts.Fixed(d.Key(), d.ID, p.at)
}

// idsOf counts the ids that were seen under a device's name, whatever type came with it, and its own.
func (p *recall) idsOf(d Device) int {
	ids := map[string]bool{d.ID: true}
	names := func(key string) bool {
		_, name, _ := strings.Cut(key, ":")
		return name == valid(d.Name) || key == d.Key()
	}
	for _, known := range p.facts.Knows(names) {
		for _, s := range known.Targets {
			ids[s.Target] = true
		}
	}
	return len(ids)
}

// acquaintance is an attribute that the ledger or somebody's word decides; nil: there is none of that name. A device
// without a past is one that was never seen.
func (d *deviceValue) acquaintance(name string) starlark.Value {
	p := d.past
	if p == nil {
		p = &recall{}
	}
	switch key := string(d.key.(starlark.String)); name {
	case "first_seen":
		return startime.Time(p.facts.Acquainted(key, d.ID, p.at).FirstSeen.In(p.at.Location()))
	case "id_known":
		return starlark.Bool(p.facts.Acquainted(key, d.ID, p.at).TargetKnown)
	case "ids":
		return starlark.MakeInt(p.idsOf(d.Device))
	case "approved":
		a, ok := p.facts.Approval(key, p.at)
		return starlark.Bool(ok && a.Allowed)
	case "approved_at":
		if a, ok := p.facts.Approval(key, p.at); ok && a.Allowed {
			return startime.Time(a.At.In(p.at.Location()))
		}
		return starlark.None
	case "blocked":
		a, ok := p.facts.Approval(key, p.at)
		return starlark.Bool(ok && !a.Allowed)
	}
	return nil
}
