package config

import (
	"cmp"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Change is one key of which two configurations say different things.
type Change struct {
	Key      string // "spotify.poll.idle", "accounts.home.enforce"; "accounts.home" came or went
	Where    string // of the newer value: "/etc/gatefold.yaml:5:9", the variable, or the file alone if that leaves the key out
	Old, New string // as they can be written
	Live     bool   // it counts at once in a running daemon
	Variable string // what outranks the newer value, which therefore does not count; "" is nothing
}

// String is "where: key: old -> new".
func (c Change) String() string {
	if c.Variable != "" {
		return fmt.Sprintf("%s: %s: %s does not count: %s outranks it", c.Where, c.Key, c.New, c.Variable)
	}
	return fmt.Sprintf("%s: %s: %s -> %s", c.Where, c.Key, c.Old, c.New)
}

// Where says where the value of a single key stands: file, line and column, or the variable. The file alone is the
// place of what it leaves out.
func (c *Config) Where(key string) string {
	p, ok := c.places[key]
	return c.where(p, ok)
}

func (c *Config) where(p place, ok bool) string {
	switch {
	case ok && p.env != "":
		return p.env
	case ok && !p.whole:
		return fmt.Sprintf("%s:%d:%d", c.File, p.line, p.col)
	}
	return c.File
}

// Changes returns the keys of which next says something else than old, in the order of the struct; accounts are told
// apart by their names. What only a variable keeps from counting is among them when next's file has it anew.
func Changes(old, next *Config) []Change {
	var all []Change
	was := scalarsOf(old)
	for i, s := range scalarsOf(next) {
		all = append(all, next.changed(s.path, s.path, was[i].value, field{s.path, s.value, s.live})...)
		if h, ok := next.hidden[s.path]; ok && h.text != old.hidden[s.path].text && h.text != next.places[s.path].text {
			all = append(all, Change{
				Key: s.path, Where: next.where(h, true), Old: text(was[i].value), New: shown(h.text), Live: s.live, Variable: varName(s.path),
			})
		}
	}
	all = append(append(all, lightChanges(old, next)...), tableChanges(old, next)...)
	return append(all, accountChanges(old, next)...)
}

// changed returns the change of one value, if there is one. at is the key as the file's places have it.
func (c *Config) changed(key, at string, was reflect.Value, f field) []Change {
	if alike(was, f.value) {
		return nil
	}
	now := text(f.value)
	if now == text(was) {
		now = "another one" // of which not all is shown
	}
	p, written := c.places[at]
	if !written {
		now += " (the default)"
	}
	return []Change{{Key: key, Where: c.where(p, written), Old: text(was), New: now, Live: f.live}}
}

func accountChanges(old, next *Config) []Change {
	var all []Change
	var kept, stay []string // names that both have, in the order of each
	for i := range next.Accounts {
		a := &next.Accounts[i]
		key, at := "accounts."+a.Name, fmt.Sprintf("accounts[%d]", i)
		j := slices.IndexFunc(old.Accounts, func(b Account) bool { return b.Name == a.Name })
		if j < 0 {
			all = append(all, Change{Key: key, Where: next.Where(at), Old: "none", New: "added"})
			continue
		}
		stay = append(stay, a.Name)
		was := fieldsOf(&old.Accounts[j])
		for k, f := range fieldsOf(a) {
			all = append(all, next.changed(join(key, f.key), join(at, f.key), was[k].value, f)...)
		}
	}
	for _, a := range old.Accounts {
		if slices.ContainsFunc(next.Accounts, func(b Account) bool { return b.Name == a.Name }) {
			kept = append(kept, a.Name)
			continue
		}
		all = append(all, Change{Key: "accounts." + a.Name, Where: next.Where("accounts"), Old: "there", New: "removed"})
	}
	if !slices.Equal(kept, stay) { // the first of two equals has the light
		all = append(all, Change{Key: "accounts", Where: next.Where("accounts"), Old: strings.Join(kept, ", "), New: strings.Join(stay, ", ")})
	}
	return all
}

// alike reports whether two values of one key say the same.
func alike(a, b reflect.Value) bool {
	if a.Kind() == reflect.String {
		return a.String() == b.String() // not what it prints as: an Address prints without its path
	}
	return raw(a) == raw(b)
}

// text is a value as it can be written, fit to be shown.
func text(v reflect.Value) string { return cmp.Or(shown(raw(v)), `""`) }

func raw(v reflect.Value) string {
	switch v := v.Interface().(type) {
	case time.Duration:
		return short(v)
	case slog.Level:
		return strings.ToLower(v.String())
	}
	return fmt.Sprint(v.Interface())
}
