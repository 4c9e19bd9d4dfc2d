package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"go.starlark.net/starlark"
)

const (
	stateValueBytes = 64 << 10
	stateKeyBytes   = 256
	stateKeys       = 1000
	valueDepth      = 63
	shortestTTL     = time.Second
)

// State is an account's rule state: what state.get reads. A value of it is
// never changed; With makes the next one.
type State map[string]Entry

// Entry is one value of the rule state.
type Entry struct {
	Value   json.RawMessage
	Expires time.Time // zero: never
}

// Live gives the entry unless it has run out.
func (s State) Live(key string, now time.Time) (Entry, bool) {
	e, ok := s[key]
	if !ok || !e.Expires.IsZero() && !now.Before(e.Expires) {
		return Entry{}, false
	}
	return e, true
}

// With is the state after some writes; what has run out is left behind, also
// what ran out while its write was on its way.
func (s State) With(writes []Write, now time.Time) State {
	out := maps.Clone(s)
	if out == nil {
		out = State{}
	}
	for _, w := range writes {
		if w.Value == nil {
			delete(out, w.Key)
		} else {
			out[w.Key] = Entry{Value: w.Value, Expires: w.Expires}
		}
	}
	maps.DeleteFunc(out, func(_ string, e Entry) bool { return !e.Expires.IsZero() && !now.Before(e.Expires) })
	return out
}

// NextExpiry is when the next entry runs out; zero: none does.
func (s State) NextExpiry() time.Time {
	var next time.Time
	for _, e := range s {
		if !e.Expires.IsZero() && (next.IsZero() || e.Expires.Before(next)) {
			next = e.Expires
		}
	}
	return next
}

// EncodeValue turns a rule's value into JSON for the rule state or a topic:
// None, bool, int, float, string, and lists, tuples and dicts of them.
func EncodeValue(v starlark.Value) (json.RawMessage, error) {
	var b strings.Builder
	if err := encodeValue(&b, v, 0); err != nil {
		return nil, err
	}
	return json.RawMessage(b.String()), nil
}

func encodeValue(b *strings.Builder, v starlark.Value, depth int) error {
	if depth > valueDepth {
		return fmt.Errorf("nested deeper than %d", valueDepth)
	}
	if b.Len() > stateValueBytes {
		return fmt.Errorf("larger than %d KiB as JSON", stateValueBytes>>10)
	}
	switch v := v.(type) {
	case starlark.NoneType:
		b.WriteString("null")
	case starlark.Bool:
		fmt.Fprint(b, bool(v))
	case starlark.Int:
		b.WriteString(v.String())
	case starlark.Float:
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return errors.New("not a finite number")
		}
		text := v.String()
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		b.WriteString(text)
	case starlark.String:
		text, err := json.Marshal(string(v))
		if err != nil {
			return err
		}
		b.Write(text)
	case *starlark.Dict:
		return encodeDict(b, v, depth)
	case starlark.Indexable: // list, tuple
		if _, ok := v.(starlark.Sequence); !ok {
			return unkeepable(v)
		}
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := encodeValue(b, v.Index(i), depth+1); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	default:
		return unkeepable(v)
	}
	if b.Len() > stateValueBytes {
		return fmt.Errorf("larger than %d KiB as JSON", stateValueBytes>>10)
	}
	return nil
}

func unkeepable(v starlark.Value) error {
	return fmt.Errorf("cannot keep a %s: only None, bool, int, float, string, and lists, tuples and dicts of them", v.Type())
}

func encodeDict(b *strings.Builder, d *starlark.Dict, depth int) error {
	b.WriteByte('{')
	for i, item := range d.Items() {
		key, ok := item[0].(starlark.String)
		if !ok {
			return fmt.Errorf("cannot keep a dict with a %s as a key: keys are strings", item[0].Type())
		}
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encodeValue(b, key, depth+1); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := encodeValue(b, item[1], depth+1); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// DecodeValue reads back what EncodeValue wrote, as a frozen value.
func DecodeValue(raw json.RawMessage) (starlark.Value, error) {
	v, err := decodeJSON(string(raw))
	if err != nil {
		return nil, err
	}
	v.Freeze()
	return v, nil
}

// WithRuleKeys is the state with rules' own keys taken from another one: what is
// kept with them (approvals, the ledger, switches) stays.
func (s State) WithRuleKeys(of State) State {
	out := State{}
	for key, e := range s {
		if isReserved(key) {
			out[key] = e
		}
	}
	for key, e := range of {
		if !isReserved(key) {
			out[key] = e
		}
	}
	return out
}
