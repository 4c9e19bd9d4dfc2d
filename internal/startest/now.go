package startest

import (
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"gatefold/builtins"
	"gatefold/engine"
)

// longAgo is the longest time that a fake reaches back.
const longAgo = 10 * 365 * 24 * time.Hour

// past is what the facts say in an argument of on_playback.
type past struct {
	previous  *argument
	deniedFor builtins.Duration
	pauses    int
	seen      builtins.Duration // for how long the device is known; 0: it is new
	idKnown   bool
	approved  bool
	blocked   bool
}

// fake.now(device="Kitchen", type="speaker", ..., playing=True, item="So What", kind="track", ..., context=None,
// cause="look", previous=None, denied_for="0s", pauses=0, seen="0s", id_known=True, approved=False, blocked=False,
// time="2026-01-05 12:00", timezone="UTC", account="home")
func fakeNow(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	s, w := someShown(), someWhen()
	p := past{deniedFor: builtins.Duration{Max: longAgo}, seen: builtins.Duration{Max: longAgo}, idKnown: true}
	var previous starlark.Value = starlark.None
	playing := starlark.Value(starlark.None)
	context, cause := "", choice{engine.CauseLook, []string{engine.CauseLook, engine.CauseReload, engine.CauseState, engine.CauseClock}}
	pairs := append([]any{"device?", &s.device}, s.devicePairs()...)
	pairs = append(pairs, "playing?", &playing, "item?", &s.item)
	pairs = append(pairs, s.itemPairs("kind")...)
	pairs = append(pairs, "context??", &context, "cause?", &cause, "previous?", &previous, "denied_for?", &p.deniedFor, "pauses?", &p.pauses,
		"seen?", &p.seen, "id_known?", &p.idKnown, "approved?", &p.approved, "blocked?", &p.blocked)
	if err := unpack(b, args, kwargs, append(pairs, w.pairs()...)...); err != nil {
		return nil, err
	}
	look, err := s.look(playing, context)
	if err == nil {
		err = p.before(previous)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	ev := w.event(engine.KindPlayback, look)
	ev.Cause = cause.text
	facts, state, err := p.facts(look, ev.Time)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	return bound(ev, facts, state), nil
}

// look is what the player shows.
func (s *shown) look(playing starlark.Value, context string) (builtins.Playback, error) {
	device, err := s.deviceOf()
	if err != nil {
		return builtins.Playback{}, err
	}
	out := builtins.Playback{Device: device, Playing: device != nil, Context: context}
	if playing != starlark.None {
		out.Playing = bool(playing.Truth())
	}
	if out.Playing && device == nil {
		return out, fmt.Errorf("playing: nobody holds the player, so nobody plays")
	}
	if device != nil {
		if out.Item, err = s.itemOf(); err != nil {
			return out, err
		}
	}
	return builtins.NewPlayback(out), nil
}

// before takes the snapshot before: an argument that fake.now has made.
func (p *past) before(v starlark.Value) error {
	if v == starlark.None {
		return nil
	}
	a, ok := v.(*argument)
	if ok {
		_, ok = a.look()
	}
	if !ok {
		return fmt.Errorf("previous: got %s, want what fake.now gives", v.Type())
	}
	p.previous = a
	return nil
}

// pace is how far apart pauses are said to have been.
const pace = 10 * time.Second

// facts are what the account's past says at a moment.
func (p *past) facts(look builtins.Playback, at time.Time) (facts engine.Facts, state engine.State, err error) {
	holder := look.Holder()
	switch {
	case p.approved && p.blocked:
		return facts, nil, fmt.Errorf("a device is approved or blocked, not both")
	case holder == "" && (p.approved || p.blocked || p.pauses > 0 || p.deniedFor.Duration > 0 || p.seen.Duration > 0):
		return facts, nil, fmt.Errorf("nobody holds the player, so nobody has a past")
	case p.pauses < 0 || p.pauses > 256:
		return facts, nil, fmt.Errorf("pauses: got %d, want 0 to 256", p.pauses)
	}
	if p.approved || p.blocked {
		state = state.Approving(holder, engine.Approval{Allowed: p.approved, By: "test", At: at.Add(-time.Minute)}, 0)
	}
	if p.seen.Duration > 0 {
		facts.Ledger = p.ledger(look, at)
	}
	if p.deniedFor.Duration > 0 || p.pauses > 0 {
		e := engine.Episode{Began: at.Add(-max(p.deniedFor.Duration, time.Duration(p.pauses)*pace)), LastDeny: at.Add(-time.Second), Count: p.pauses}
		if p.deniedFor.Duration > 0 {
			e.Began = at.Add(-p.deniedFor.Duration)
		}
		for i := p.pauses; i > 0; i-- {
			e.Pauses = append(e.Pauses, at.Add(-time.Duration(i)*pace))
			e.LastPause = at.Add(-pace)
		}
		facts.Episodes = map[string]engine.Episode{holder: e}
	}
	if p.previous != nil {
		before, _ := p.previous.look()
		facts.Held, facts.HeldAt = before, p.previous.event.Time
		facts.Run = engine.Run{First: facts.HeldAt, Last: facts.HeldAt, Count: 1}
	}
	return facts, state, nil
}

// ledger knows the device since a look so long ago, under this id or under another one.
func (p *past) ledger(look builtins.Playback, at time.Time) engine.Ledger {
	var facts engine.Facts
	if !p.idKnown {
		device := *look.Device
		device.ID += " before"
		look.Device = &device
		look = builtins.NewPlayback(look)
	}
	for _, ago := range []time.Duration{p.seen.Duration, p.seen.Duration / 24} {
		ev := engine.Event{Kind: engine.KindPlayback, Cause: engine.CauseLook, Time: at.Add(-ago), Data: look}
		facts = engine.Fold(facts, ev, engine.Decision{})
	}
	return facts.Ledger
}
