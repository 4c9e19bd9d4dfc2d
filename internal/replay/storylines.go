package replay

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
)

// ordered is what somebody outside of the rules did.
func (a *telling) ordered(ev engine.EventRecord) {
	var o engine.Order
	if json.Unmarshal(ev.Data, &o) != nil {
		return
	}
	switch ev.Kind {
	case engine.KindApproval:
		w, ok := ev.Written()
		if !ok {
			return
		}
		holder, _ := w.Approved()
		a.read[w.Key] = true
		var said engine.Approval
		switch {
		case w.Value == nil:
			a.say(ev.Time, "undo key="+a.Mask.key(holder))
		case json.Unmarshal(w.Value, &said) == nil:
			text := "block"
			if said.Allowed {
				text = "allow"
			}
			text += " key=" + a.Mask.key(holder)
			if w.Length > 0 {
				text += " for=" + engine.FormatDuration(w.Length)
			}
			a.say(ev.Time, text)
		}
	case engine.KindHold:
		if length, ok := strings.CutPrefix(o.What, "for "); ok {
			a.say(ev.Time, "hold "+length)
		} else if o.What == "off" {
			a.say(ev.Time, "hold off")
		}
	case engine.KindOverride:
		if every, length, ok := strings.Cut(strings.TrimPrefix(o.What, "every "), " for "); ok {
			a.say(ev.Time, "override "+every+" for="+length)
		} else if o.What == "auto" {
			a.say(ev.Time, "override auto")
		}
	case engine.KindEnforce:
		a.say(ev.Time, "# enforcement was switched "+o.What+" here")
	}
}

func (a *telling) fails(b engine.Blind, seen time.Time) string {
	kind := map[string]string{
		engine.BlindRateLimited: "429", engine.BlindQuota: "quota", engine.BlindUnauthorized: "401",
		engine.BlindForbidden: "403", engine.BlindMalformed: "garbage",
	}[b.Kind]
	if kind == "" {
		kind = "unreachable"
	}
	text := "spotify fails " + kind
	if wait := b.RetryAt.Sub(seen).Round(time.Second); !b.RetryAt.IsZero() && wait > 0 {
		text += " retry_after=" + engine.FormatDuration(min(wait, 24*time.Hour))
	}
	return text
}

// publish is a topic from outside of the rules: a command, or a button that was pressed.
func (a *telling) publish(ev engine.Event, raw json.RawMessage) string {
	var topic struct {
		By     string
		Fields map[string]json.RawMessage
	}
	if json.Unmarshal(raw, &topic) != nil {
		return "# the topic " + ev.Kind + " cannot be read"
	}
	text := "publish " + ev.Kind
	names := make([]string, 0, len(topic.Fields))
	for name := range topic.Fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		var v any
		if json.Unmarshal(topic.Fields[name], &v) != nil {
			continue
		}
		switch v := v.(type) {
		case string:
			text += " " + name + "=" + a.Mask.words(v)
		case nil, bool, float64:
			text += " " + name + "=" + string(topic.Fields[name])
		default:
			a.notes = append(a.notes, fmt.Sprintf("%s of the topic %s is left out: a timeline has no lists", name, ev.Kind))
		}
	}
	return text
}

// playback is what a player shows.
func (a *telling) playback(h engine.Held) string {
	p, ok := h.(builtins.Playback)
	if !ok || p.Device == nil {
		return "playback none"
	}
	d := p.Device
	parts := []string{"playback", fmt.Sprintf("playing=%t", p.Playing), "device.name=" + a.Mask.device(d.Name), "device.type=" + quoted(d.Type)}
	add := func(when bool, text string) {
		if when {
			parts = append(parts, text)
		}
	}
	parts = append(parts, "device.id="+a.Mask.id(d.ID))
	add(!d.Active, "active=false")
	add(d.Restricted, "device.restricted=true")
	add(d.Private, "device.private=true")
	add(d.Volume < 0, "device.volume=none")
	add(d.Volume >= 0 && d.Volume != 50, "device.volume="+strconv.Itoa(d.Volume))
	add(!d.SupportsVolume, "device.supports_volume=false")
	if p.Item == nil {
		return strings.Join(append(parts, "item.kind=none"), " ")
	}
	i := a.Mask.item(*p.Item)
	add(i.Kind != "track", "item.kind="+i.Kind)
	add(i.Name != "", "item.name="+quoted(i.Name))
	add(len(i.Artists) > 0, "item.artists="+quoted(strings.Join(i.Artists, ", ")))
	add(i.Album != "", "item.album="+quoted(i.Album))
	add(i.URI != "", "item.uri="+quoted(i.URI))
	add(i.Explicit, "item.explicit=true")
	add(i.Duration >= time.Second, "item.duration="+engine.FormatDuration(i.Duration.Round(time.Second)))
	add(i.Progress >= time.Second, "progress="+engine.FormatDuration(i.Progress.Round(time.Second)))
	if context := a.Mask.context(p.Context); context == "" {
		add(true, "context=none")
	} else {
		add(true, "context="+quoted(context))
	}
	add(p.Playing, "ghost=true") // what comes after the item is told when it is seen
	return strings.Join(parts, " ")
}

// quoted is a value of a timeline: bare where nobody can mistake it.
func quoted(s string) string {
	plain := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != ':' && r != '.'
	}) < 0
	if plain && s != "none" && s != "absent" {
		return s
	}
	return strconv.Quote(strings.ToValidUTF8(s, "\uFFFD"))
}
