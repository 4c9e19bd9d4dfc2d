package format

import (
	"strings"

	"github.com/bazelbuild/buildtools/build"
)

// respell puts every string of a tree into double quotes where none is inside. Buildifier does so itself, but takes files
// for Latin-1 and escapes what is not ASCII, which would be another string in Starlark.
func respell(x *build.Expr) {
	build.WalkOnce(*x, respell)
	s, ok := (*x).(*build.StringExpr)
	if !ok || s.Token == "" {
		return
	}
	marks := "'"
	if s.TripleQuote {
		marks = "'''"
	}
	prefix, rest := "", s.Token
	if strings.HasPrefix(rest, "r") {
		prefix, rest = "r", rest[1:]
	}
	inner, single := strings.CutPrefix(rest, marks)
	if !single || strings.Contains(rest, `"`) {
		return
	}
	double := strings.Repeat(`"`, len(marks))
	s.Token = prefix + double + strings.TrimSuffix(inner, marks) + double
	if value, _, err := build.Unquote(s.Token); err == nil {
		s.Value = value // the printer takes a token that says the value
	}
}
