package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Users are ids of people in Slack, "U0123ABCD". In the file it is a list, in a variable they have commas between them.
type Users []string

const wantedUsers = `write user ids, as in [U0123ABCD]: in Slack a person's profile has it under "⋮", "Copy member ID"`

var userPattern = regexp.MustCompile(`^[UW][A-Z0-9]{4,30}$`)

// Has says whether somebody is one of them.
func (u Users) Has(id string) bool { return slices.Contains(u, id) }

// String is the list as the file has it.
func (u Users) String() string { return "[" + strings.Join(u, ", ") + "]" }

func parseUsers(s string) (Users, error) {
	var out Users
	for _, id := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		if !userPattern.MatchString(id) {
			return nil, errNotOne
		}
		if !out.Has(id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// users reads a list of user ids into v; a single one need not be a list.
func (b binder) users(path string, v reflect.Value, n ast.Node, at place) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		b.scalar(path, v, n, at)
		return
	}
	b.r.places[path] = nodePlace(n)
	var out Users
	for i, element := range seq.Values {
		pos := nodePlace(element)
		if describe(element) != kindText {
			b.r.at(pos, fmt.Sprintf("%s[%d]", path, i), "found %s; %s", describe(element), wantedUsers)
			continue
		}
		one, err := parseUsers(pos.text)
		if err != nil || len(one) != 1 {
			b.r.at(pos, fmt.Sprintf("%s[%d]", path, i), "found %s; %s", quoted(pos.text), wantedUsers)
			continue
		}
		if !out.Has(one[0]) {
			out = append(out, one[0])
		}
	}
	v.Set(reflect.ValueOf(out))
}
