package builtins

import (
	"encoding/json"
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"gatefold/engine"
)

// Device is who holds the player, in basic types.
type Device struct {
	ID             string // "" when Spotify gives none: it cannot be controlled
	Name           string // what its owner typed
	Type           string // lower case: "computer"
	Active         bool
	Restricted     bool
	Private        bool
	Volume         int // 0 to 100; -1 when Spotify does not say
	SupportsVolume bool
}

// Key is stable over changing ids: type, ":" and name as they are, or, if that is longer than 200 bytes, the beginning
// of it and a hash of all of it.
func (d Device) Key() string { return bounded(valid(d.Type + ":" + d.Name)) }

// deviceValue is a device as rules see it.
type deviceValue struct {
	engine.Inert
	*named
	past *recall // what is known of devices at the moment of the turn; nil: nothing
}

// named is a device and its texts. They are made once, because rules read them at every look.
type named struct {
	Device
	id, name, kind, key starlark.Value
}

func newDeviceValue(d Device) *deviceValue {
	return &deviceValue{named: &named{
		Device: d,
		id:     optional(d.ID),
		name:   starlark.String(d.Name),
		kind:   starlark.String(d.Type),
		key:    starlark.String(d.Key()),
	}}
}

// optional is a text, or None if it is empty.
func optional(s string) starlark.Value {
	if s == "" {
		return starlark.None
	}
	return starlark.String(s)
}

// String is "Bob's Laptop (computer)".
func (d *deviceValue) String() string { return fmt.Sprintf("%s (%s)", d.Name, d.Device.Type) }

// Type is "device".
func (d *deviceValue) Type() string { return "device" }

// Attr implements starlark.HasAttrs.
func (d *deviceValue) Attr(name string) (starlark.Value, error) {
	switch name {
	case "name":
		return d.name, nil
	case "type":
		return d.kind, nil
	case "key":
		return d.key, nil
	case "id":
		return d.id, nil
	case "active":
		return starlark.Bool(d.Active), nil
	case "restricted":
		return starlark.Bool(d.Restricted || d.past.knowsFixed(d)), nil
	case "private":
		return starlark.Bool(d.Private), nil
	case "volume":
		if d.Volume < 0 {
			return starlark.None, nil
		}
		return starlark.MakeInt(d.Volume), nil
	case "supports_volume":
		return starlark.Bool(d.SupportsVolume), nil
	}
	return d.acquaintance(name), nil
}

// AttrNames implements starlark.HasAttrs.
func (d *deviceValue) AttrNames() []string {
	return []string{
		"active", "approved", "approved_at", "blocked", "first_seen", "id", "id_known", "ids", "key", "name", "private",
		"restricted", "supports_volume", "type", "volume",
	}
}

// CompareSameType implements starlark.Comparable: devices are equal in everything or they are not equal.
func (d *deviceValue) CompareSameType(op syntax.Token, y starlark.Value, _ int) (bool, error) {
	other, ok := y.(*deviceValue)
	return compareEqual(op, d.Type(), ok && d.Device == other.Device)
}

// Hash implements starlark.Value.
func (d *deviceValue) Hash() (uint32, error) { return d.key.Hash() }

// compareEqual answers == and != of values that have no order.
func compareEqual(op syntax.Token, kind string, equal bool) (bool, error) {
	switch op {
	case syntax.EQL:
		return equal, nil
	case syntax.NEQ:
		return !equal, nil
	}
	return false, fmt.Errorf("%s %s %s: only == and != compare them", kind, op, kind)
}

// deviceJSON is a device as the journal keeps it and as json.encode writes it.
type deviceJSON struct {
	ID             *string `json:"id"`
	Name           string  `json:"name"`
	Type           string  `json:"type"`
	Key            string  `json:"key"`
	Active         bool    `json:"active"`
	Restricted     bool    `json:"restricted"`
	Private        bool    `json:"private"`
	Volume         *int    `json:"volume"`
	SupportsVolume bool    `json:"supports_volume"`
}

// MarshalJSON writes all attributes.
func (d *deviceValue) MarshalJSON() ([]byte, error) {
	out := deviceJSON{
		Name: d.Name, Type: d.Device.Type, Key: d.Key(),
		Active: d.Active, Restricted: d.Restricted, Private: d.Private, SupportsVolume: d.SupportsVolume,
	}
	if d.ID != "" {
		out.ID = &d.ID
	}
	if d.Volume >= 0 {
		out.Volume = &d.Volume
	}
	return json.Marshal(out)
}

// device is the device that was written.
func (j deviceJSON) device() *Device {
	d := &Device{
		Name: j.Name, Type: j.Type, Volume: -1,
		Active: j.Active, Restricted: j.Restricted, Private: j.Private, SupportsVolume: j.SupportsVolume,
	}
	if j.ID != nil {
		d.ID = *j.ID
	}
	if j.Volume != nil {
		d.Volume = *j.Volume
	}
	return d
}

var (
	_ starlark.HasAttrs   = (*deviceValue)(nil)
	_ starlark.Comparable = (*deviceValue)(nil)
	_ json.Marshaler      = (*deviceValue)(nil)
)
