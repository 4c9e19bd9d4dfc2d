package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Read gives back the event that was kept, in a zone: rules read the clock on the wall.
func (r EventRecord) Read(account string, zone *time.Location, modules ...Module) (Event, error) {
	data, err := r.payload(modules)
	if err != nil {
		return Event{}, fmt.Errorf("event %s: %w", r.ID, err)
	}
	return Event{
		ID: r.ID, Account: account, Kind: r.Kind, Time: r.Time.In(zone), Cause: r.Cause, Data: data, Answers: r.Answers,
	}, nil
}

func (r EventRecord) payload(modules []Module) (Payload, error) {
	for _, m := range modules {
		if decode := m.Events[r.Kind]; decode != nil {
			return decode(r.Data)
		}
	}
	switch r.Kind {
	case KindTimer:
		return decodeTick(r.Data)
	case KindBlind:
		return DecodeBlind(r.Data)
	}
	if r.Ordered() {
		return decodeOrder(r.Data)
	}
	return DecodeTopic(r.Data)
}

// Ordered says that no rule handles the event: somebody outside of the rules has caused it.
func (r EventRecord) Ordered() bool {
	switch r.Kind {
	case KindApproval, KindEnforce, KindHold, KindOverride, KindNotice, KindToken, KindPause, KindFollowUp:
		return true
	}
	return false
}

func decodeTick(raw json.RawMessage) (Payload, error) {
	var in struct{ Timer string }
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, fmt.Errorf("reading a timer's run: %w", err)
	}
	return Tick{Timer: in.Timer}, nil
}

func decodeOrder(raw json.RawMessage) (Payload, error) {
	type plain Order
	var p plain
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("reading an order: %w", err)
	}
	return Order(p), nil
}

// DecodeTopic reads back what Topic.MarshalJSON wrote. The fields come in the order of their names.
func DecodeTopic(raw json.RawMessage) (Payload, error) {
	var in struct {
		By     string
		Fields map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, fmt.Errorf("reading a topic: %w", err)
	}
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(in.Fields)) {
		v, err := DecodeValue(in.Fields[name])
		if err != nil {
			return nil, fmt.Errorf("reading field %s of a topic: %w", name, err)
		}
		fields = append(fields, Field{name, v})
	}
	return NewTopic(in.By, fields)
}

// asKept is the topic as the journal gives it back: rules see the same when it happens and in a replay.
func (p Topic) asKept() Topic {
	raw, err := p.MarshalJSON()
	if err != nil {
		return p
	}
	kept, err := DecodeTopic(raw)
	if err != nil {
		return p
	}
	return kept.(Topic)
}
