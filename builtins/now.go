package builtins

import (
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"

	"gatefold/engine"
)

// ghostAfter is how far the progress of an item may lie past its end before the player is taken for a ghost.
const ghostAfter = 30 * time.Second

// snapshot is what one look showed and when: the part that now and now.previous share.
type snapshot struct {
	Playback
	time time.Time
	past *recall // of the turn
}

func (s *snapshot) Attr(name string) (starlark.Value, error) {
	switch name {
	case "device":
		if s.device == nil {
			return starlark.None, nil
		}
		return s.past.with(s.device), nil
	case "playing":
		return starlark.Bool(s.Playing), nil
	case "item":
		if s.item == nil {
			return starlark.None, nil
		}
		return s.item, nil
	case "context":
		return optional(s.Context), nil
	case "time":
		return startime.Time(s.time), nil
	}
	return nil, nil
}

// AttrNames implements starlark.HasAttrs.
func (s *snapshot) AttrNames() []string {
	return []string{"context", "device", "item", "playing", "time"}
}

// Type is "snapshot".
func (s *snapshot) Type() string { return "snapshot" }

// nowValue is the argument of on_playback: a snapshot together with what the facts say about the past.
type nowValue struct {
	snapshot
	account, cause string
	then           recall
	holds          deviceValue // who holds the player, with its past
}

// Bind makes the argument of on_playback.
func (p Playback) Bind(ev engine.Event, facts engine.Facts) starlark.Value {
	n := &nowValue{
		snapshot: snapshot{Playback: p.prepared(), time: ev.Time},
		account:  ev.Account,
		cause:    ev.Cause,
		then:     recall{facts: facts, at: ev.Time},
	}
	n.past = &n.then
	if n.device != nil {
		n.holds = *n.device
		n.holds.past = &n.then
	}
	return n
}

// Type is "playback".
func (n *nowValue) Type() string { return "playback" }

// Attr implements starlark.HasAttrs.
func (n *nowValue) Attr(name string) (starlark.Value, error) {
	switch name {
	case "account":
		return starlark.String(n.account), nil
	case "device":
		if n.device == nil {
			return starlark.None, nil
		}
		return &n.holds, nil
	case "weekday":
		return starlark.String(engine.DayName(n.time.Weekday())), nil
	case "cause":
		return starlark.String(n.cause), nil
	case "between":
		return starlark.NewBuiltin("between", between).BindReceiver(n), nil
	case "previous":
		return n.previous(), nil
	case "changed":
		return n.changed(), nil
	case "denied_for":
		return n.deniedFor(), nil
	case "pauses":
		return starlark.MakeInt(n.episode().Count), nil
	case "pauses_in":
		return starlark.NewBuiltin("pauses_in", pausesIn).BindReceiver(n), nil
	case "stale":
		return starlark.Bool(n.stale()), nil
	}
	return n.snapshot.Attr(name)
}

// AttrNames implements starlark.HasAttrs.
func (n *nowValue) AttrNames() []string {
	return []string{
		"account", "between", "cause", "changed", "context", "denied_for", "device", "item",
		"pauses", "pauses_in", "playing", "previous", "stale", "time", "weekday",
	}
}

// previous is the snapshot before, or None; where nobody looked again, it is the snapshot itself.
func (n *nowValue) previous() starlark.Value {
	held, at := n.then.facts.Before()
	if n.cause != engine.CauseLook {
		if at.IsZero() {
			at = n.time
		}
		return &snapshot{n.Playback, at.In(n.time.Location()), n.past}
	}
	if before, ok := asPlayback(held); ok {
		return &snapshot{before.prepared(), at.In(n.time.Location()), n.past}
	}
	return starlark.None
}

// changed names what is new since the snapshot before, or, where there is none, what differs from nobody playing
// nothing.
func (n *nowValue) changed() starlark.Value {
	if n.cause != engine.CauseLook {
		return starlark.Tuple{}
	}
	held, _ := n.then.facts.Before()
	before, _ := asPlayback(held)
	out := starlark.Tuple{}
	if n.Holder() != before.Holder() {
		out = append(out, starlark.String("device"))
	}
	if !n.sameItem(before) {
		out = append(out, starlark.String("item"))
	}
	if n.Playing != before.Playing {
		out = append(out, starlark.String("playing"))
	}
	return out
}

// episode is the holder's running episode, or a zero one.
func (n *nowValue) episode() engine.Episode {
	if len(n.then.facts.Episodes) == 0 || n.device == nil {
		return engine.Episode{}
	}
	return n.then.facts.Episode(n.Holder(), n.time)
}

func (n *nowValue) deniedFor() starlark.Value {
	e := n.episode()
	if e.Began.IsZero() {
		return startime.Duration(0)
	}
	return startime.Duration(max(0, n.time.Sub(e.Began)))
}

// stale tells a ghost: a player that is said to be far past the end of its item.
func (n *nowValue) stale() bool {
	return n.item != nil && n.item.Duration > 0 && n.item.Progress > n.item.Duration+ghostAfter
}

// now.pauses_in(window) counts the pauses of the running episode that lie less than window back.
func pausesIn(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	window := Duration{Min: time.Second, Max: 30 * day}
	if err := unpack(b, args, kwargs, "window", &window); err != nil {
		return nil, err
	}
	n := b.Receiver().(*nowValue)
	if n.device == nil {
		return starlark.MakeInt(0), nil
	}
	return starlark.MakeInt(n.then.facts.PausesIn(n.Holder(), n.time, window.Duration)), nil
}

var (
	_ starlark.HasAttrs = (*snapshot)(nil)
	_ starlark.HasAttrs = (*nowValue)(nil)
)
