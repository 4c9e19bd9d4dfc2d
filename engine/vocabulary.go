package engine

import (
	"sort"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// vocabulary is what the modules let rules name, as far as it is known before anything runs.
type vocabulary struct {
	members    map[string][]string  // module -> members
	signatures map[string]Signature // "blink1.set" -> what it takes
	keyed      map[string]int       // "slack.post" -> where every stands
	topicAt    map[string]TopicAt   // "button" -> its argument that is a topic
	literals   map[string][]Literal // "notify" -> its argument that is checked
	turnOnly   map[string]bool      // "pause": not while a file is loaded
	judges     map[string]bool      // "allow"
	verdicts   map[string]VerdictKind
	keys       map[string]TopicAt // "approve" -> its argument that is a key
	standing   map[string]turn    // "pause" -> the turns in which it works
	timers     map[string]bool    // "every"
	samples    map[string]Sample
	results    map[string]starlark.Value // "spotify.devices" -> what it gives back
	kinds      []string

	arguments map[string]starlark.Value // kind -> the argument of its handlers, made when it is asked for
	methods   map[string]*Signature     // "playback.between" -> what it takes, or nil; likewise
	constants map[string]starlark.Value // "time.second"
	std       map[string]*starlark.Builtin
	language  map[string]taking // see ofLanguage
}

func newVocabulary(modules []Module) *vocabulary {
	v := &vocabulary{
		members:    map[string][]string{},
		signatures: Signatures(modules...),
		keyed:      map[string]int{},
		topicAt:    map[string]TopicAt{},
		literals:   map[string][]Literal{},
		turnOnly:   map[string]bool{},
		judges:     map[string]bool{},
		verdicts:   map[string]VerdictKind{},
		keys:       map[string]TopicAt{},
		standing:   map[string]turn{},
		timers:     map[string]bool{},
		samples:    map[string]Sample{},
		results:    map[string]starlark.Value{},
		kinds:      []string{KindPlayback, KindBlind},
		arguments:  map[string]starlark.Value{},
		methods:    map[string]*Signature{},
		constants:  map[string]starlark.Value{},
		std:        map[string]*starlark.Builtin{},
		language:   map[string]taking{},
	}
	for name, value := range predeclare(modules) {
		if m, ok := value.(*starlarkstruct.Module); ok {
			v.members[name] = m.Members.Keys()
			for member, value := range m.Members {
				switch value := value.(type) {
				case *starlark.Builtin:
					if languageTakes[joined(name, member)] != "" {
						v.std[joined(name, member)] = value
					}
				default:
					v.constants[joined(name, member)] = value
				}
			}
		}
	}
	for _, m := range modules {
		v.add(m)
	}
	sort.Strings(v.kinds[2:])
	return v
}

func (v *vocabulary) add(m Module) {
	for member, value := range m.Members {
		if _, ok := value.(*starlark.Builtin); ok {
			v.turnOnly[joined(m.Name, member)] = true
		}
	}
	for _, member := range m.Pure {
		delete(v.turnOnly, joined(m.Name, member))
	}
	for member, position := range m.Keyed {
		v.keyed[joined(m.Name, member)] = position
	}
	for member, at := range m.Literals {
		v.literals[joined(m.Name, member)] = at
	}
	for member, at := range m.Topics {
		v.topicAt[joined(m.Name, member)] = at
	}
	for member, at := range m.Keys {
		v.keys[joined(m.Name, member)] = at
	}
	for _, member := range m.Judges {
		v.judges[joined(m.Name, member)] = true
	}
	for _, member := range m.Standing {
		v.standing[joined(m.Name, member)] = inPlayback | inBlind
	}
	for member, verdict := range m.Verdicts {
		v.verdicts[joined(m.Name, member)] = verdict
		v.standing[joined(m.Name, member)] = inPlayback
	}
	if _, ok := m.Members[CallPause]; ok && m.Name == "" {
		v.standing[CallPause] = inPlayback // nobody is paused unseen
	}
	for _, member := range m.Timers {
		v.timers[joined(m.Name, member)] = true
	}
	for member, value := range m.Results {
		v.results[joined(m.Name, member)] = value
	}
	for kind, sample := range m.Samples {
		v.samples[kind] = sample
	}
	for kind := range m.Events {
		if kind != KindPlayback && kind != KindBlind {
			v.kinds = append(v.kinds, kind)
		}
	}
}

func joined(module, member string) string {
	if module == "" {
		return member
	}
	return module + "." + member
}

func (v *vocabulary) knows(kind string) bool {
	for _, k := range v.kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// names says whether a name means something that no rule has given a value.
func (v *vocabulary) names(name string) bool {
	_, module := v.members[name]
	_, call := v.signatures[name]
	return module || call || v.turnOnly[name] || starlark.Universe.Has(name)
}

// argument is what handlers of a kind are told, with every attribute that it can have; nil: not known.
func (v *vocabulary) argument(kind string) starlark.Value {
	if known, ok := v.arguments[kind]; ok {
		return known
	}
	s, ok := v.samples[kind]
	if !ok {
		return nil
	}
	bound := bindSample(kind, s)
	v.arguments[kind] = bound
	return bound
}

func bindSample(kind string, s Sample) (bound starlark.Value) {
	defer func() {
		if recover() != nil {
			bound = nil
		}
	}()
	return s.Payload.Bind(Event{Account: "home", Kind: kind, Time: time.Unix(0, 0).UTC(), Data: s.Payload}, Facts{})
}

// SampleArgument is what handlers of a kind are told, with every attribute that it can have, for editors; nil: not known.
func SampleArgument(kind string, modules ...Module) starlark.Value {
	for _, m := range modules {
		if s, ok := m.Samples[kind]; ok {
			return bindSample(kind, s)
		}
	}
	return nil
}
