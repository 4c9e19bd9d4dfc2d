package engine

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
)

// Field is one published field.
type Field struct {
	Name  string
	Value starlark.Value
}

// Topic is the payload of a published event: who published it, and fields.
type Topic struct {
	Inert
	By     string // "rule", "cli"
	fields []Field
}

// NewTopic freezes the fields. Their names must not hide what every topic has.
func NewTopic(by string, fields []Field) (Topic, error) {
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if err := CheckField(f.Name); err != nil {
			return Topic{}, err
		}
		if seen[f.Name] {
			return Topic{}, fmt.Errorf("field %s is given twice", f.Name)
		}
		seen[f.Name] = true
		if _, ok := f.Value.(starlark.Callable); ok {
			return Topic{}, fmt.Errorf("field %s: a function cannot be published", f.Name)
		}
		f.Value.Freeze()
	}
	return Topic{By: by, fields: fields}, nil
}

// Fields are what was published.
func (p Topic) Fields() []Field { return p.fields }

// CheckField says why a field cannot have this name.
func CheckField(name string) error {
	switch {
	case !isName(name):
		return fmt.Errorf("a field cannot be called %s: letters, digits and _, and no digit first", quote(name))
	case name == "account", name == "time", name == "by":
		return fmt.Errorf("a field cannot be called %s: every topic has that already", name)
	}
	return nil
}

// Bind makes the argument of on_<topic>.
func (p Topic) Bind(ev Event, _ Facts) starlark.Value { return topicArg{Topic: p, ev: ev} }

// MarshalJSON writes who published it and the fields; what is no plain value
// is written as it prints.
func (p Topic) MarshalJSON() ([]byte, error) {
	fields := map[string]json.RawMessage{}
	for _, f := range p.fields {
		raw, err := EncodeValue(f.Value)
		if err != nil {
			raw = json.RawMessage(quote(f.Value.String()))
		}
		fields[f.Name] = raw
	}
	return json.Marshal(struct {
		By     string                     `json:"by"`
		Fields map[string]json.RawMessage `json:"fields"`
	}{p.By, fields})
}

func (p Topic) String() string { return "topic" }

// Type is "topic".
func (p Topic) Type() string { return "topic" }

type topicArg struct {
	Topic
	ev Event
}

func (a topicArg) String() string {
	parts := []string{"by=" + quote(a.By)}
	for _, f := range a.fields {
		parts = append(parts, f.Name+"="+f.Value.String())
	}
	return "event(" + strings.Join(parts, ", ") + ")"
}

func (a topicArg) Type() string { return "event" }

func (a topicArg) Attr(name string) (starlark.Value, error) {
	switch name {
	case "account":
		return starlark.String(a.ev.Account), nil
	case "time":
		return startime.Time(a.ev.Time), nil
	case "by":
		return starlark.String(a.By), nil
	}
	for _, f := range a.fields {
		if f.Name == name {
			return f.Value, nil
		}
	}
	return nil, nil
}

func (a topicArg) AttrNames() []string {
	names := []string{"account", "by", "time"}
	for _, f := range a.fields {
		names = append(names, f.Name)
	}
	sort.Strings(names)
	return names
}

// Tick is the payload of a timer's event: which timer ran.
type Tick struct {
	Inert
	Timer string // Timer.ID
}

// Bind makes the argument of the timer's function.
func (p Tick) Bind(ev Event, _ Facts) starlark.Value {
	return tickArg{ev: ev}
}

// tickArg is what a timer's function is told: whose account, and when.
type tickArg struct {
	Inert
	ev Event
}

func (a tickArg) String() string { return "event()" }

func (a tickArg) Type() string { return "event" }

func (a tickArg) Attr(name string) (starlark.Value, error) {
	switch name {
	case "account":
		return starlark.String(a.ev.Account), nil
	case "time":
		return startime.Time(a.ev.Time), nil
	}
	return nil, nil
}

func (a tickArg) AttrNames() []string { return []string{"account", "time"} }

// MarshalJSON writes the timer's id.
func (p Tick) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"timer": p.Timer})
}

func (p Tick) String() string { return "tick" }

// Type is "tick".
func (p Tick) Type() string { return "tick" }

// Blind is the payload of on_blind: why the player cannot be seen.
type Blind struct {
	Inert   `json:"-"`
	Kind    string    `json:"kind"`
	Since   time.Time `json:"since"`
	RetryAt time.Time `json:"retry_at,omitzero"` // zero: with the next look
	Message string    `json:"message"`
}

// The kinds of blindness.
const (
	BlindRateLimited  = "rate_limited"
	BlindQuota        = "quota"
	BlindUnauthorized = "unauthorized"
	BlindForbidden    = "forbidden"
	BlindUnreachable  = "unreachable"
	BlindMalformed    = "malformed"
)

// BlindKinds is the closed set of them.
func BlindKinds() []string {
	return []string{BlindRateLimited, BlindQuota, BlindUnauthorized, BlindForbidden, BlindUnreachable, BlindMalformed}
}

// Bind makes the argument of on_blind.
func (p Blind) Bind(ev Event, _ Facts) starlark.Value { return blindArg{p, ev} }

// MarshalJSON writes all of it.
func (p Blind) MarshalJSON() ([]byte, error) {
	type plain Blind
	return json.Marshal(plain(p))
}

func (p Blind) String() string { return "blind(" + p.Kind + ")" }

// Type is "blind".
func (p Blind) Type() string { return "blind" }

type blindArg struct {
	Blind
	ev Event
}

func (a blindArg) Type() string { return "problem" }

func (a blindArg) Attr(name string) (starlark.Value, error) {
	switch name {
	case "account":
		return starlark.String(a.ev.Account), nil
	case "time":
		return startime.Time(a.ev.Time), nil
	case "kind":
		return starlark.String(a.Kind), nil
	case "since":
		return startime.Time(a.Since.In(a.ev.Time.Location())), nil
	case "retry_at":
		if a.RetryAt.IsZero() {
			return starlark.None, nil
		}
		return startime.Time(a.RetryAt.In(a.ev.Time.Location())), nil
	case "message":
		return starlark.String(a.Message), nil
	}
	return nil, nil
}

func (a blindArg) AttrNames() []string {
	return []string{"account", "kind", "message", "retry_at", "since", "time"}
}

// Inert gives an immutable Starlark value the methods that all of them share.
type Inert struct{}

// Freeze does nothing: the value is immutable already.
func (Inert) Freeze() {}

// Truth is true.
func (Inert) Truth() starlark.Bool { return true }

// Hash fails: these values are no dict keys.
func (Inert) Hash() (uint32, error) {
	return 0, fmt.Errorf("unhashable: use an attribute of it as the key")
}

// DecodeBlind reads back the payload of on_blind.
func DecodeBlind(raw json.RawMessage) (Payload, error) {
	type plain Blind
	var p plain
	err := json.Unmarshal(raw, &p)
	return Blind(p), err
}
