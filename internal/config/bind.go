package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// binder writes a YAML document into a Config by the fields' yaml tags. It goes on after a problem, so that all are
// found, and leaves what it could not read at its default.
type binder struct{ r *report }

// field is a place in a struct that a key names.
type field struct {
	key   string
	value reflect.Value
	live  bool // a running daemon takes it up
}

// fieldsOf returns the keyed fields of the struct that p points to, in their order.
func fieldsOf(p any) []field {
	v := reflect.ValueOf(p).Elem()
	var fields []field
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		if key := tag.Get("yaml"); key != "" {
			fields = append(fields, field{key, v.Field(i), tag.Get("live") != ""})
		}
	}
	return fields
}

// isSection reports whether f holds keys of its own. Light is a struct, but one value.
func (f field) isSection() bool {
	return f.value.Kind() == reflect.Struct && f.value.Type() != reflect.TypeFor[Light]()
}

// inner returns the fields of a section; if that is live, so are they.
func (f field) inner() []field {
	fields := fieldsOf(f.value.Addr().Interface())
	for i := range fields {
		fields[i].live = fields[i].live || f.live
	}
	return fields
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// section reads the mapping n into fields. A key without anything after it is an empty section.
func (b binder) section(path string, fields []field, n ast.Node) {
	entries, ok := mapping(n)
	if !ok {
		if kind := describe(n); kind != kindNothing {
			b.r.at(nodePlace(n), path, "found %s; this is a section: its keys go below it, indented", kind)
		}
		return
	}
	b.each(path, entries, func(key, full string, n ast.Node, at place) { b.entry(path, full, key, fields, n, at) })
}

// each hands on every entry of a mapping, and each key once.
func (b binder) each(path string, entries []*ast.MappingValueNode, do func(key, full string, n ast.Node, at place)) {
	seen := make(map[string]int)
	for _, entry := range entries {
		key, pos, ok := b.key(path, entry.Key)
		if !ok {
			continue
		}
		full := join(path, key)
		if first, twice := seen[key]; twice {
			b.r.at(pos, full, "given twice (first in line %d); keep one", first)
			continue
		}
		seen[key] = pos.line
		do(key, full, entry.Value, pos)
	}
}

// entry reads the value of one key.
func (b binder) entry(path, full, key string, fields []field, n ast.Node, at place) {
	for _, f := range fields {
		if f.key == key {
			b.value(full, f, n, at)
			return
		}
	}
	b.r.at(at, full, "unknown key%s", b.meant(path, key, fields))
}

// meant says which key an unknown one may have been: a neighbour, or one of the same name elsewhere.
func (b binder) meant(path, key string, fields []field) string {
	if namedSecret.MatchString(key + ": x") {
		return "; secrets are not in this file, but in the store (gatefold login, gatefold secret set) or the environment: " + strings.Join(secretPatterns(), ", ")
	}
	if len(b.r.problems) >= maxProblems {
		return "" // nobody will see it
	}
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	if near := didYouMean(key, keys); near != "" {
		return near
	}
	for _, known := range keyPaths() {
		if strings.HasSuffix(known, "."+key) && known != join(path, key) {
			return `; did you mean "` + known + `"?`
		}
	}
	return "; known here: " + strings.Join(keys, ", ")
}

// key reads the name of a key.
func (b binder) key(path string, n ast.MapKeyNode) (string, place, bool) {
	at := nodePlace(n)
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value, at, true
	}
	b.r.at(at, join(path, at.text), "found %s where a key should be", describe(n))
	return "", at, false
}

// value reads n into f. at is the key's place, for values that have none.
func (b binder) value(path string, f field, n ast.Node, at place) {
	lights, named := f.value.Addr().Interface().(*Lights)
	switch {
	case named:
		b.lights(path, lights, n, at)
	case f.isSection():
		b.section(path, f.inner(), n)
	case f.value.Type() == reflect.TypeFor[Users]():
		b.users(path, f.value, n, at)
	case f.value.Kind() == reflect.Map:
		b.table(path, f.value, n, at)
	case f.value.Kind() == reflect.Slice:
		b.list(path, f.value, n, at)
	default:
		b.scalar(path, f.value, n, at)
	}
}

// list reads the sequence n into the slice of structs v.
func (b binder) list(path string, v reflect.Value, n ast.Node, at place) {
	b.r.places[path] = at
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		if kind := describe(n); kind != kindNothing {
			b.r.at(nodePlace(n), path, "found %s; this is a list: write each entry after a -", kind)
		}
		return
	}
	for i, element := range seq.Values {
		inner := fmt.Sprintf("%s[%d]", path, i)
		item := reflect.New(v.Type().Elem())
		b.r.places[inner] = nodePlace(element)
		b.section(inner, fieldsOf(item.Interface()), element)
		v.Set(reflect.Append(v, item.Elem()))
	}
}

// scalar reads the single value n into v.
func (b binder) scalar(path string, v reflect.Value, n ast.Node, at place) {
	kind := describe(n)
	if kind == kindNothing {
		b.r.at(at, path, "found no value; %s%s", wanted(v), b.commentHint(at))
		return
	}
	pos := nodePlace(n)
	text := pos.text
	if _, ok := v.Addr().Interface().(*Address); ok {
		pos.text = pathless(text)
	}
	b.r.places[path] = pos
	if err := assign(v, text, kind); err != nil {
		b.r.at(pos, path, "%s", err)
	}
}

// commentHint helps with `channel: #music`, which YAML takes for a key without a value and a comment.
func (b binder) commentHint(at place) string {
	if at.line > len(b.r.lines) || !strings.Contains(b.r.lines[at.line-1], ": #") {
		return ""
	}
	return `; # begins a comment: put the value in quotes`
}

// mapping returns the entries of a mapping.
func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// nodePlace is where n begins. A block mapping's own token is the first colon: its first key is before that.
func nodePlace(n ast.Node) place {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return tokenPlace(m.Values[0].Key.GetToken())
	}
	if m, ok := n.(*ast.MappingValueNode); ok {
		return tokenPlace(m.Key.GetToken())
	}
	if n == nil || n.GetToken() == nil {
		return wholeFile()
	}
	return tokenPlace(n.GetToken())
}
