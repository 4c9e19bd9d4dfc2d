package config

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Lights are blink(1)s that rules know by a name, in the file's order.
type Lights []NamedLight

// NamedLight is one of them.
type NamedLight struct {
	Name   string // a-z, 0-9 and -; no serial
	Serial string // 8 hex digits, lower case
}

const maxLights = 16

// lights reads a mapping of names to serials. A serial may be written without quotes: YAML takes 30001234 for a number
// and 20001e34 for one that is too large to be one, so its text counts as it stands there.
func (b binder) lights(path string, into *Lights, n ast.Node, at place) {
	b.r.places[path] = at
	const right = `write a name and a serial for each: lights: {door: "30001234"}`
	entries, ok := mapping(n)
	if !ok {
		if kind := describe(n); kind != kindNothing {
			b.r.at(nodePlace(n), path, "found %s; %s", kind, right)
		}
		return
	}
	b.each(path, entries, func(name, full string, n ast.Node, at place) {
		b.r.places[full] = at
		*into = append(*into, NamedLight{name, b.serial(full, n, at)})
	})
}

func (b binder) serial(path string, n ast.Node, at place) string {
	const right = `write the serial of a blink(1), 8 hex digits in quotes (gatefold light list shows it)`
	switch kind := describe(n); kind {
	case kindNothing:
		b.r.at(at, path, "found no value; %s", right)
	case kindText, kindNumber:
		pos := nodePlace(n)
		if serialPattern.MatchString(pos.text) {
			return strings.ToLower(pos.text)
		}
		b.r.at(pos, path, "found %s; %s", quoted(pos.text), right)
	default:
		b.r.at(nodePlace(n), path, "found %s; %s", kind, right)
	}
	return ""
}

// lights checks the names, and that no two of them are one device.
func (k checker) lights(lights Lights) {
	if len(lights) > maxLights {
		k.r.about("lights", "found %d; at most %d", len(lights), maxLights)
	}
	owner := make(map[string]string)
	for _, l := range lights {
		key := "lights." + l.Name
		switch first, taken := owner[l.Serial]; {
		case serialPattern.MatchString(l.Name):
			k.r.about(key, "the name is a serial itself; write another one, such as door")
		case !accountPattern.MatchString(l.Name), l.Name == UsualLight:
			k.r.about(key, "found %s; write 1 to 40 of a-z, 0-9 and -, not a - first, and not %s", quoted(l.Name), UsualLight)
		case l.Serial == "": // said already
		case taken:
			k.r.about(key, "is %s already, which has the same serial; one blink(1) has one name", first)
		default:
			owner[l.Serial] = l.Name
		}
	}
}

// UsualLight is what metrics and people call the light of the key light, which has no name of its own.
const UsualLight = "default"

// Serial is that of a name; "" if there is none.
func (l Lights) Serial(name string) string {
	if i := slices.IndexFunc(l, func(n NamedLight) bool { return n.Name == name }); i >= 0 {
		return l[i].Serial
	}
	return ""
}

// lightChanges tells lights apart by their names.
func lightChanges(old, next *Config) []Change {
	var all []Change
	for _, l := range next.Lights {
		key := "lights." + l.Name
		switch was := old.Lights.Serial(l.Name); was {
		case l.Serial:
		case "":
			all = append(all, Change{Key: key, Where: next.Where(key), Old: "none", New: l.Serial})
		default:
			all = append(all, Change{Key: key, Where: next.Where(key), Old: was, New: l.Serial})
		}
	}
	for _, l := range old.Lights {
		if next.Lights.Serial(l.Name) == "" {
			all = append(all, Change{Key: "lights." + l.Name, Where: next.Where("lights"), Old: l.Serial, New: "removed"})
		}
	}
	return all
}
