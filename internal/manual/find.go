package manual

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

// UnknownError says that nothing has that name, and what resembles it.
type UnknownError struct {
	Name string
	Near []string
}

func (e *UnknownError) Error() string { return fmt.Sprintf("nothing is called %q", e.Name) }

// Hint is what may have been meant.
func (e *UnknownError) Hint() string {
	switch len(e.Near) {
	case 0:
		return "gatefold doc lists what there is"
	case 1:
		return "did you mean " + e.Near[0] + "?"
	}
	return "did you mean " + strings.Join(e.Near[:len(e.Near)-1], ", ") + " or " + e.Near[len(e.Near)-1] + "?"
}

// also are other words for what there is.
var also = map[string]string{
	"now": "playback", "snapshot": "snapshot before", "problem": "the problem", "event": "the event", "tick": "the tick",
	"color": "colours", "colors": "colours", "colour": "colours", "duration": "durations", "day": "days", "weekdays": "days",
	"clock times": "times of day", "time of day": "times of day", "starlark": "language", "every": "every", "handler": "handlers",
	"builtins": "what always works", "strings": "what a string can do", "string": "what a string can do", "answer": "spotify.devices", "on_topic": "on_<topic>",
	"play": "spotify.recently_played", "effects": "record", "code": "codes", "problems": "codes",
	"keywords": "the words of the language", "tests": "assert", "test": "assert",
}

// Find looks up what somebody typed: a name, a path of attributes ("now.device.name"), a call and one of its arguments
// ("state.set ttl"), a page, or a chapter. With an argument its row comes as well.
func (m *Manual) Find(words ...string) (*Entry, *Row, error) {
	query := strings.TrimSuffix(strings.ToLower(strings.Join(words, " ")), "()")
	if e := m.find(query); e != nil {
		return e, nil, nil
	}
	if i := strings.LastIndexAny(query, " ,("); i > 0 {
		name := strings.TrimRight(query[:i], " (,")
		e := m.find(name)
		if ends := m.ending(name); e == nil && len(ends) == 1 {
			e = m.entries[ends[0]]
		}
		if e != nil {
			argument := strings.Trim(query[i+1:], " =)")
			if row, ok := e.Arg(argument); ok {
				return e, &row, nil
			}
			return nil, nil, &UnknownError{Name: query, Near: e.argumentsLike(argument)}
		}
	}
	if ends := m.ending(query); len(ends) == 1 {
		return m.entries[ends[0]], nil, nil
	} else if len(ends) > 1 {
		return nil, nil, &UnknownError{Name: query, Near: ends}
	}
	unknown := &UnknownError{Name: query}
	if meant := m.corrected(query); meant != "" {
		unknown.Near = []string{meant}
	} else if near := m.nearest(query); near != "" {
		unknown.Near = []string{near}
	} else {
		unknown.Near = m.resembling(query)
	}
	return nil, nil, unknown
}

// argumentsLike are what may have been meant by an argument that there is not, with the name of the call: those that
// resemble it, or all if they are few; else the call.
func (e *Entry) argumentsLike(argument string) (out []string) {
	for _, r := range e.Args {
		if len(e.Args) <= 5 || engine.Nearest(argument, []string{r.Name}) != "" {
			out = append(out, e.Name+" "+r.Name)
		}
	}
	if out == nil {
		return []string{e.Name}
	}
	return out
}

// nearest is the name that resembles what was typed part by part: "blnk1.sett" is no other module's member. "": none.
func (m *Manual) nearest(query string) string {
	of, member, dotted := strings.Cut(query, ".")
	if !dotted {
		return engine.Nearest(query, slices.DeleteFunc(slices.Clone(m.names), func(n string) bool { return strings.Contains(n, ".") }))
	}
	members := map[string][]string{}
	for _, name := range m.names {
		if module, n, ok := strings.Cut(name, "."); ok {
			members[module] = append(members[module], n)
		}
	}
	if members[of] == nil {
		if of = engine.Nearest(of, slices.Sorted(maps.Keys(members))); of == "" {
			return ""
		}
	}
	if slices.Contains(members[of], member) {
		return of + "." + member
	}
	if near := engine.Nearest(member, members[of]); near != "" {
		return of + "." + near
	}
	for _, n := range members[of] {
		if len(n) > 1 && len(member) > 1 && (strings.HasPrefix(member, n) || strings.HasPrefix(n, member)) {
			return of + "." + n // assert.equal
		}
	}
	if m.entries[of] != nil {
		return of // it lists what there is
	}
	return ""
}

func (m *Manual) find(query string) *Entry {
	if e := m.entries[query]; e != nil {
		return e
	}
	if e := m.entries[also[query]]; e != nil {
		return e
	}
	if code, ok := strings.CutPrefix(query, "["); ok { // as check prints it
		if e := m.entries[strings.TrimSuffix(code, "]")]; e != nil && e.Kind == Code {
			return e
		}
	}
	if strings.HasPrefix(query, "on_") {
		if near := engine.Nearest(query, []string{"on_playback", "on_blind"}); near == "" {
			return m.entries["on_<topic>"]
		}
	}
	return m.path(query)
}

// told are the handlers whose arguments are called so.
var told = map[string]string{"now": "on_playback", "problem": "on_blind", "event": "on_event"}

// corrected is the path of attributes that was probably meant by "nwo.devise"; "": none.
func (m *Manual) corrected(query string) string {
	parts := strings.Split(query, ".")
	if len(parts) < 2 {
		return ""
	}
	if told[parts[0]] == "" {
		if parts[0] = engine.Nearest(parts[0], slices.Sorted(maps.Keys(told))); parts[0] == "" {
			return ""
		}
	}
	v := Argument(told[parts[0]])
	for i, name := range parts[1:] {
		of, ok := v.(starlark.HasAttrs)
		if !ok {
			return ""
		}
		if names := of.AttrNames(); !slices.Contains(names, name) {
			if parts[i+1] = engine.Nearest(name, names); parts[i+1] == "" {
				return ""
			}
		}
		v = Attr(v, parts[i+1])
	}
	meant := strings.Join(parts, ".")
	if m.find(meant) == nil {
		return ""
	}
	return meant
}

// path follows attributes from the argument of a handler on: now.device.name.
func (m *Manual) path(query string) *Entry {
	parts := strings.Split(query, ".")
	handler, ok := told[parts[0]]
	if !ok || len(parts) < 2 {
		return nil
	}
	v := Argument(handler)
	for _, name := range parts[1 : len(parts)-1] {
		if v = Attr(v, name); v == nil {
			return nil
		}
	}
	return m.Attribute(v.Type(), parts[len(parts)-1])
}

// ending are the names whose last part is that.
func (m *Manual) ending(query string) (out []string) {
	for _, name := range m.names {
		if strings.HasSuffix(name, "."+query) {
			out = append(out, name)
		}
	}
	return out
}

// resembling are names whose last part resembles that of the query, five at most.
func (m *Manual) resembling(query string) (out []string) {
	last := query[strings.LastIndexByte(query, '.')+1:]
	for _, name := range m.names {
		end := name[strings.LastIndexByte(name, '.')+1:]
		if last == "" || end == "" || last[0] != end[0] { // "record" is no "second"
			continue
		}
		if engine.Nearest(last, []string{end}) != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out[:min(len(out), 5)]
}
