package format

import (
	"reflect"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// same says that two files are one program with the same comments: all but positions, parentheses and how a literal is
// spelled.
func same(a, b *syntax.File) bool {
	return equal(reflect.ValueOf(a.Stmts), reflect.ValueOf(b.Stmts)) && slices.Equal(comments(a), comments(b))
}

var (
	position = reflect.TypeFor[syntax.Position]()
	node     = reflect.TypeFor[syntax.Node]()
)

// ignored are the fields that say how something is written, or that only the resolver fills in.
var ignored = []string{"commentsRef", "Raw", "Binding", "Function"}

func equal(a, b reflect.Value) bool {
	if a.Kind() == reflect.Interface {
		a, b = inside(a), inside(b)
	}
	if a.IsValid() != b.IsValid() || !a.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	if a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		if !a.Type().Implements(node) { // a number too large for int64
			return reflect.DeepEqual(a.Interface(), b.Interface())
		}
		return equal(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			f := a.Type().Field(i)
			if f.Type == position || slices.Contains(ignored, f.Name) {
				continue
			}
			if !equal(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return a.Interface() == b.Interface()
}

// inside is what an interface holds, without parentheses around it.
func inside(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
		if !v.IsValid() {
			return v
		}
		p, ok := v.Interface().(*syntax.ParenExpr)
		if !ok {
			return v
		}
		v = reflect.ValueOf(&p.X).Elem()
	}
	return v
}

// comments are the texts of all comments, sorted: a formatter may hang one on another node.
func comments(f *syntax.File) (texts []string) {
	syntax.Walk(f, func(n syntax.Node) bool {
		if n == nil {
			return true
		}
		if c := n.Comments(); c != nil {
			for _, list := range [][]syntax.Comment{c.Before, c.Suffix, c.After} {
				for _, one := range list {
					texts = append(texts, strings.TrimRight(one.Text, " \t\r"))
				}
			}
		}
		return true
	})
	slices.Sort(texts)
	return texts
}
