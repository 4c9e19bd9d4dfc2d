//go:build contract

package contract

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// strangers are the keys of a body that the description has no word about. Most of its keys may be missing, so a
// misspelled one would pass as absent.
func strangers(schema *openapi3.Schema, body []byte) (all []finding) {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return nil // that it is no JSON is found elsewhere
	}
	walk([]*openapi3.Schema{schema}, value, nil, func(at []string) {
		all = append(all, finding{at: pointer(at), says: "the description has no such key"})
	})
	return all
}

// walk compares a value with all schemas that may describe it.
func walk(schemas []*openapi3.Schema, value any, at []string, report func(at []string)) {
	schemas = spread(schemas)
	switch v := value.(type) {
	case map[string]any:
		known := properties(schemas)
		if len(known) == 0 {
			return // nothing is said about what is in it
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			here := append(slices.Clone(at), key)
			if known[key] == nil {
				report(here)
				continue
			}
			walk(known[key], v[key], here, report)
		}
	case []any:
		var items []*openapi3.Schema
		for _, s := range schemas {
			if s.Items != nil {
				items = append(items, s.Items.Value)
			}
		}
		for i, e := range v {
			walk(items, e, append(slices.Clone(at), strconv.Itoa(i)), report)
		}
	}
}

// spread adds the schemas that these are made of.
func spread(schemas []*openapi3.Schema) (all []*openapi3.Schema) {
	for _, s := range schemas {
		all = append(all, s)
		for _, parts := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
			for _, p := range parts {
				all = append(all, spread([]*openapi3.Schema{p.Value})...)
			}
		}
	}
	return all
}

func properties(schemas []*openapi3.Schema) map[string][]*openapi3.Schema {
	known := map[string][]*openapi3.Schema{}
	for _, s := range schemas {
		for name, p := range s.Properties {
			known[name] = append(known[name], p.Value)
		}
	}
	return known
}
