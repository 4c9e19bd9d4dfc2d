package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// deed is what a person does at the player, when its time has come.
type deed = func(*Account, time.Time)

// verbs are what people can do, and how each is written.
func (p *parser) verbs() map[string]func(*words) (deed, error) {
	return map[string]func(*words) (deed, error){
		"plays":   p.plays,
		"shows":   p.shows,
		"moves":   p.moves,
		"pauses":  plain((*Account).personPauses),
		"resumes": plain((*Account).personResumes),
		"skips":   plain((*Account).skip),
		"stops":   plain((*Account).stop),
		"gives":   givesUp,
		"insists": insists,
		"obeys":   obeys(true),
		"ignores": obeys(false),
		"changes": changesID,
	}
}

func (p *parser) deed(w *words) (deed, error) {
	verbs := p.verbs()
	names := slices.Sorted(maps.Keys(verbs))
	t, ok := w.next()
	if !ok {
		return nil, fmt.Errorf("does what? One of %s", strings.Join(names, ", "))
	}
	read, ok := verbs[t.text]
	if !ok || t.kind != word {
		return nil, fmt.Errorf("nobody can do %s%s; one of %s", t, didYouMean(t.text, names), strings.Join(names, ", "))
	}
	return read(w)
}

// plain is a verb that stands alone.
func plain(do deed) func(*words) (deed, error) {
	return func(*words) (deed, error) { return do, nil }
}

func givesUp(w *words) (deed, error) {
	if !w.take("up") {
		return nil, fmt.Errorf("write: gives up")
	}
	return func(a *Account, _ time.Time) { a.setStubborn(0) }, nil
}

func insists(w *words) (deed, error) {
	after, err := w.duration("insists", 0)
	return func(a *Account, _ time.Time) { a.setStubborn(after) }, err
}

func obeys(yes bool) func(*words) (deed, error) {
	return plain(func(a *Account, _ time.Time) {
		a.obeys = yes
		a.now.what.Obeys = &yes
	})
}

func changesID(w *words) (deed, error) {
	if !w.take("id") {
		return nil, fmt.Errorf(`write: changes id, or changes id "the new one"`)
	}
	id, _ := w.takeKind(quoted)
	return func(a *Account, t time.Time) { a.changeDeviceID(id.text, t) }, nil
}

// moves reads `to "Kitchen" (speaker) [key=value ...]`.
func (p *parser) moves(w *words) (deed, error) {
	const like = `moves to "Kitchen" (speaker)`
	if !w.take("to") {
		return nil, fmt.Errorf("write: %s", like)
	}
	fields := map[string]string{}
	if err := p.device(w, fields, "moves to", like); err != nil {
		return nil, err
	}
	if err := pairs(w, fields); err != nil {
		return nil, err
	}
	for key := range fields {
		if !strings.HasPrefix(key, "device.") {
			return nil, fmt.Errorf("only the device changes when the music moves, not %s", key)
		}
	}
	shown, err := ParsePlayback(fields)
	return func(a *Account, t time.Time) { a.move(shown.Device, t) }, err
}

// shows reads key=value pairs: exactly what ParsePlayback understands.
func (p *parser) shows(w *words) (deed, error) {
	fields := map[string]string{}
	if len(w.rest) == 0 {
		return nil, fmt.Errorf(`shows what? like: shows device.name="Kitchen" playing=false`)
	}
	if err := pairs(w, fields); err != nil {
		return nil, err
	}
	shown, err := ParsePlayback(fields)
	return func(a *Account, t time.Time) { a.set(shown, t) }, err
}

// pairs reads the key=value pairs that follow.
func pairs(w *words, fields map[string]string) error {
	for {
		t, ok := w.takeKind(pair)
		if !ok {
			return nil
		}
		if err := setOnce(fields, t.key, t.text); err != nil {
			return err
		}
	}
}

func setOnce(fields map[string]string, key, value string) error {
	if _, twice := fields[key]; twice {
		return fmt.Errorf("%s is given twice", key)
	}
	fields[key] = value
	return nil
}

// device reads `"Kitchen" (speaker)`. The type may be left out where the device was named before.
func (p *parser) device(w *words, fields map[string]string, after, like string) error {
	name, err := w.quoted(after, like)
	if err != nil {
		return err
	}
	if t, ok := w.takeKind(bracketed); ok {
		p.types[name] = t.text
	}
	if err := setOnce(fields, "device.name", name); err != nil {
		return err
	}
	if kind := p.types[name]; kind != "" {
		return setOnce(fields, "device.type", kind)
	}
	return nil
}
