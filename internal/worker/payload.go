package worker

import (
	"encoding/json"
	"fmt"
	"time"

	"gatefold/engine"
)

// event is an engine.Event.
type event struct {
	ID, Account, Kind, Cause string
	Time                     time.Time
	Zone                     string // of the time, by its name: a moment alone does not say what other moments are called there
	Data                     payload
	Answers                  []engine.Answer
}

// payload is an engine.Payload: one of the engine's own, or the JSON that a module reads back.
type payload struct {
	Tick  string
	Topic *topic
	Blind *blind
	JSON  []byte
}

type topic struct {
	By     string
	Names  []string
	Values [][]byte
}

type blind struct {
	Kind, Message  string
	Since, RetryAt time.Time
}

func eventOut(ev engine.Event) (event, error) {
	data, err := payloadOut(ev.Data)
	return event{
		ID: ev.ID, Account: ev.Account, Kind: ev.Kind, Cause: ev.Cause, Time: ev.Time, Zone: ev.Time.Location().String(),
		Data: data, Answers: ev.Answers,
	}, err
}

func payloadOut(data engine.Payload) (payload, error) {
	switch d := data.(type) {
	case engine.Tick:
		return payload{Tick: d.Timer}, nil
	case engine.Blind:
		return payload{Blind: &blind{Kind: d.Kind, Message: d.Message, Since: d.Since, RetryAt: d.RetryAt}}, nil
	case engine.Topic:
		t := &topic{By: d.By}
		for _, f := range d.Fields() {
			raw, err := engine.EncodeValue(f.Value)
			if err != nil { // as a topic is kept: what is no plain value is what it prints
				raw, _ = json.Marshal(f.Value.String())
			}
			t.Names, t.Values = append(t.Names, f.Name), append(t.Values, raw)
		}
		return payload{Topic: t}, nil
	}
	raw, err := data.MarshalJSON()
	if err != nil {
		return payload{}, fmt.Errorf("writing a %s: %w", data.Type(), err)
	}
	return payload{JSON: raw}, nil
}

// reader reads events back by what the modules say of their kinds.
type reader struct {
	decode map[string]func(json.RawMessage) (engine.Payload, error)
	zones  zones
}

func newReader(modules []engine.Module) *reader {
	r := &reader{decode: map[string]func(json.RawMessage) (engine.Payload, error){}, zones: zones{}}
	for _, m := range modules {
		for kind, f := range m.Events {
			r.decode[kind] = f
		}
	}
	return r
}

func (r *reader) event(e event) (engine.Event, error) {
	data, err := r.payload(e.Kind, e.Data)
	return engine.Event{
		ID: e.ID, Account: e.Account, Kind: e.Kind, Cause: e.Cause, Time: r.zones.at(e.Time, e.Zone), Data: data, Answers: e.Answers,
	}, err
}

func (r *reader) payload(kind string, p payload) (engine.Payload, error) {
	switch {
	case p.Topic != nil:
		return topicIn(*p.Topic)
	case p.Blind != nil:
		b := p.Blind
		return engine.Blind{Kind: b.Kind, Message: b.Message, Since: b.Since, RetryAt: b.RetryAt}, nil
	case p.JSON == nil:
		return engine.Tick{Timer: p.Tick}, nil
	}
	f := r.decode[kind]
	if f == nil {
		return nil, fmt.Errorf("nobody reads a %s back", kind)
	}
	return f(p.JSON)
}

func topicIn(t topic) (engine.Payload, error) {
	var fields []engine.Field
	for i, name := range t.Names {
		v, err := engine.DecodeValue(t.Values[i])
		if err != nil {
			return nil, fmt.Errorf("reading field %s of a topic: %w", name, err)
		}
		fields = append(fields, engine.Field{Name: name, Value: v})
	}
	return engine.NewTopic(t.By, fields)
}

// zones are those that were asked for, by name.
type zones map[string]*time.Location

// at is a moment as it is called in a zone. One that is not known here is what its clocks show at that moment.
func (z zones) at(t time.Time, name string) time.Time {
	l, ok := z[name]
	if !ok {
		var err error
		if l, err = zoneOf(name); err != nil {
			l = nil
		}
		if len(z) < 1000 {
			z[name] = l
		}
	}
	if l == nil {
		_, offset := t.Zone()
		l = time.FixedZone(name, offset)
	}
	return t.In(l)
}

func zoneOf(name string) (*time.Location, error) {
	if name == "Local" {
		return time.Local, nil
	}
	return time.LoadLocation(name)
}
