package config

import (
	"reflect"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// A table is a section whose keys the user chooses: a map from names to values or to structs.

// table reads the mapping n into the map v.
func (b binder) table(path string, v reflect.Value, n ast.Node, at place) {
	b.r.places[path] = at
	entries, ok := mapping(n)
	if !ok {
		if kind := describe(n); kind != kindNothing {
			b.r.at(nodePlace(n), path, "found %s; this is a section: its keys go below it, indented", kind)
		}
		return
	}
	if v.IsNil() && len(entries) > 0 {
		v.Set(reflect.MakeMap(v.Type()))
	}
	b.each(path, entries, func(name, full string, n ast.Node, at place) {
		b.r.places[full] = at
		value := reflect.New(v.Type().Elem()).Elem()
		b.value(full, field{key: name, value: value}, n, at)
		v.SetMapIndex(reflect.ValueOf(name), value)
	})
}

// tablesOf returns the tables of c, in the order of the struct.
func tablesOf(c *Config) []field {
	return slices.DeleteFunc(fieldsOf(c), func(f field) bool { return f.value.Kind() != reflect.Map })
}

// namesIn returns the keys of tables, each once and sorted.
func namesIn(tables ...reflect.Value) []string {
	var names []string
	for _, t := range tables {
		for _, k := range t.MapKeys() {
			names = append(names, k.String())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// cells returns the single values of an entry: the fields of a struct, or the value itself, without a key.
func cells(entry reflect.Value) []field {
	v := reflect.New(entry.Type())
	v.Elem().Set(entry)
	if f := (field{value: v.Elem()}); !f.isSection() {
		return []field{f}
	}
	return fieldsOf(v.Interface())
}

// tableChanges returns the entries of tables that came, went or say something else.
func tableChanges(old, next *Config) []Change {
	var all []Change
	was := tablesOf(old)
	for i, t := range tablesOf(next) {
		for _, name := range namesIn(was[i].value, t.value) {
			key := join(t.key, name)
			before, now := was[i].value.MapIndex(reflect.ValueOf(name)), t.value.MapIndex(reflect.ValueOf(name))
			switch {
			case !before.IsValid():
				all = append(all, Change{Key: key, Where: next.Where(key), Old: "none", New: "added", Live: t.live})
			case !now.IsValid():
				all = append(all, Change{Key: key, Where: next.Where(t.key), Old: "there", New: "removed", Live: t.live})
			default:
				cellsBefore := cells(before)
				for k, f := range cells(now) {
					f.live = f.live || t.live
					at := key
					if f.key != "" {
						at = join(key, f.key)
					}
					all = append(all, next.changed(at, at, cellsBefore[k].value, f)...)
				}
			}
		}
	}
	return all
}

// keepTables gives c's tables to out, but those that count at once.
func keepTables(c, out *Config) {
	mine := tablesOf(c)
	for i, t := range tablesOf(out) {
		if !t.live {
			t.value.Set(mine[i].value)
		}
	}
}
