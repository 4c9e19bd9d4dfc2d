package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

const (
	prefix       = "GATEFOLD_"
	secretPrefix = prefix + "SECRET_"
)

// gatefoldVars returns those of env ("NAME=value") that are meant for gatefold.
func gatefoldVars(env []string) map[string]string {
	vars := make(map[string]string)
	for _, entry := range env {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, prefix) {
			vars[name] = value
		}
	}
	return vars
}

// override sets the fields of c that a GATEFOLD_<PATH> names. GATEFOLD_SECRET_ is left to readSecrets.
func override(c *Config, vars map[string]string, r *report) {
	settable := make(map[string]scalarField)
	for _, s := range scalarsOf(c) {
		settable[varName(s.path)] = s
	}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if strings.HasPrefix(name, secretPrefix) {
			continue
		}
		s, ok := settable[name]
		if !ok {
			r.at(place{env: visible(name)}, "", "unknown variable%s", meantVar(name, settable, c))
			continue
		}
		at := place{env: name, text: vars[name]}
		delete(r.bad, s.path) // the file's value may be wrong too, but this is another one
		if err := assign(s.value, at.text, kindAny); err != nil {
			r.at(at, s.path, "%s", err)
			continue
		}
		if p, ok := r.places[s.path]; ok {
			r.hidden[s.path] = p
		}
		r.places[s.path] = at
	}
}

// meantVar says which variable an unknown one may have been.
func meantVar(name string, settable map[string]scalarField, c *Config) string {
	if asSecret := secretPrefix + strings.TrimPrefix(name, prefix); isSecretVar(asSecret, secretNames(c)) {
		return `; did you mean "` + asSecret + `"?`
	}
	if name == prefix+"LIGHTS" {
		return "; lights are named in the file only"
	}
	if strings.HasPrefix(name, prefix+"ACCOUNTS") {
		return "; accounts are set in the file only"
	}
	if strings.HasPrefix(name, prefix+"NOTIFY") {
		return "; the targets of notify are set in the file only"
	}
	return didYouMean(name, slices.Sorted(maps.Keys(settable)))
}

// scalarField is a single value somewhere in a Config.
type scalarField struct {
	path  string // "spotify.poll.idle_max"
	value reflect.Value
	live  bool
}

// scalarsOf returns every single value of c, in the order of the struct. What is in a list or
// a table has no name to set it by.
func scalarsOf(c *Config) []scalarField {
	var all []scalarField
	var walk func(path string, fields []field)
	walk = func(path string, fields []field) {
		for _, f := range fields {
			switch {
			case f.isSection():
				walk(join(path, f.key), f.inner())
			case f.value.Kind() != reflect.Slice && f.value.Kind() != reflect.Map || f.value.Type() == reflect.TypeFor[Users]():
				all = append(all, scalarField{join(path, f.key), f.value, f.live})
			}
		}
	}
	walk("", fieldsOf(c))
	return all
}

// keyPaths returns the path of every single value.
func keyPaths() []string {
	var paths []string
	for _, s := range scalarsOf(Default()) {
		paths = append(paths, s.path)
	}
	return paths
}

// varName returns the variable that overrides path: "log.level" -> "GATEFOLD_LOG_LEVEL".
func varName(path string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}
