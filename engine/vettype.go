package engine

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// typicalOf is a value of the type that an expression always has; nil: not known. It is sample, and besides that what is
// not asked for attributes: numbers, what operators and the language's own calls give, functions.
func (x *index) typicalOf(e syntax.Expr) starlark.Value {
	e = bare(e)
	if e == nil {
		return nil
	}
	if known, ok := x.typical[e]; ok {
		return known
	}
	x.typical[e] = nil // while it is worked out
	v := x.typicalOne(e)
	x.typical[e] = v
	return v
}

func (x *index) typicalOne(e syntax.Expr) starlark.Value {
	if v := x.sample(e); v != nil {
		return plain(v)
	}
	switch e := e.(type) {
	case *syntax.Literal:
		return plain(literalValue(e))
	case *syntax.Ident:
		return x.typicalName(e)
	case *syntax.DotExpr:
		return x.functionSample(e)
	case *syntax.LambdaExpr:
		return x.functionSample(e)
	case *syntax.TupleExpr:
		return starlark.Tuple{}
	case *syntax.CondExpr:
		a, b := x.typicalOf(e.True), x.typicalOf(e.False)
		if a != nil && b != nil && reflect.TypeOf(a) == reflect.TypeOf(b) {
			return a
		}
	case *syntax.UnaryExpr:
		if e.Op == syntax.NOT {
			return starlark.True
		}
		if e.X != nil {
			if v, err := starlark.Unary(e.Op, orNone(x.typicalOf(e.X))); err == nil {
				return plain(v)
			}
		}
	case *syntax.BinaryExpr:
		return x.typicalBinary(e)
	case *syntax.CallExpr:
		return x.typicalCall(e)
	}
	return nil
}

// plain is a small value of the same type, of those that operators work on: none that is divided by is zero, none that is
// repeated is long.
func plain(v starlark.Value) starlark.Value {
	switch v.(type) {
	case starlark.String:
		return starlark.String("")
	case starlark.Bytes:
		return starlark.Bytes("")
	case starlark.Int:
		return starlark.MakeInt(1)
	case starlark.Float:
		return starlark.Float(1)
	case startime.Duration:
		return startime.Duration(1)
	}
	return v
}

func orNone(v starlark.Value) starlark.Value {
	if v == nil {
		return starlark.None
	}
	return v
}

func (x *index) typicalName(id *syntax.Ident) starlark.Value {
	if isUniversal(id) {
		switch id.Name {
		case "None":
			return starlark.None
		case "True", "False":
			return starlark.True
		}
		return x.functionSample(id)
	}
	v := x.variable(id)
	if v == nil {
		return x.functionSample(id)
	}
	if v = x.origin(v); v == nil || v.set != 1 {
		return nil
	}
	switch {
	case v.fn != nil:
		return x.functionSample(id)
	case v.value != nil:
		return x.typicalOf(v.value)
	}
	return nil
}

// functionSample is a function, if the expression is one that is known.
func (x *index) functionSample(e syntax.Expr) starlark.Value {
	if dot, ok := e.(*syntax.DotExpr); ok {
		if name, ok := named(dot); ok && strings.HasPrefix(name, "time.") {
			if v, ok := startime.Module.Members[dot.Name.Name].(startime.Duration); ok {
				return plain(v)
			}
		}
	}
	if name, ok := named(e); ok && (x.words.turnOnly[name] || x.words.signatures[name].Name != "") {
		return starlark.NewBuiltin(name, nil)
	}
	if id, ok := e.(*syntax.Ident); ok && isUniversal(id) {
		if b, ok := starlark.Universe[id.Name].(*starlark.Builtin); ok {
			return b
		}
	}
	if fn := x.function(e); fn != nil {
		return starlark.NewBuiltin(fn.name, nil)
	}
	return nil
}

func (x *index) typicalBinary(e *syntax.BinaryExpr) starlark.Value {
	switch e.Op {
	case syntax.EQL, syntax.NEQ, syntax.LT, syntax.LE, syntax.GT, syntax.GE, syntax.IN, syntax.NOT_IN:
		return starlark.True
	case syntax.AND, syntax.OR, syntax.EQ:
		return nil
	}
	a, b := x.typicalOf(e.X), x.typicalOf(e.Y)
	if a == nil || b == nil {
		return nil
	}
	v, err := starlark.Binary(e.Op, a, b)
	if err != nil {
		return nil
	}
	return plain(v)
}

// given back by the language's own functions and methods, whatever they are given.
var universalResults = map[string]starlark.Value{
	"str": starlark.String(""), "repr": starlark.String(""), "type": starlark.String(""), "chr": starlark.String(""),
	"len": starlark.MakeInt(1), "int": starlark.MakeInt(1), "ord": starlark.MakeInt(1), "hash": starlark.MakeInt(1),
	"float": starlark.Float(1), "bool": starlark.True, "any": starlark.True, "all": starlark.True, "hasattr": starlark.True,
}

var stringResults = map[string]starlark.Value{
	"lower": starlark.String(""), "upper": starlark.String(""), "title": starlark.String(""), "capitalize": starlark.String(""),
	"strip": starlark.String(""), "lstrip": starlark.String(""), "rstrip": starlark.String(""), "replace": starlark.String(""),
	"join": starlark.String(""), "format": starlark.String(""), "removeprefix": starlark.String(""), "removesuffix": starlark.String(""),
	"find": starlark.MakeInt(1), "rfind": starlark.MakeInt(1), "index": starlark.MakeInt(1), "rindex": starlark.MakeInt(1), "count": starlark.MakeInt(1),
	"startswith": starlark.True, "endswith": starlark.True, "isalpha": starlark.True, "isdigit": starlark.True, "isspace": starlark.True,
}

var timeResults = map[string]starlark.Value{
	"time.now": startime.Time{}, "time.time": startime.Time{}, "time.from_timestamp": startime.Time{}, "time.parse_time": startime.Time{},
	"time.parse_duration": startime.Duration(1),
}

func (x *index) typicalCall(c *syntax.CallExpr) starlark.Value {
	switch fn := bare(c.Fn).(type) {
	case *syntax.Ident:
		if isUniversal(fn) {
			return universalResults[fn.Name]
		}
	case *syntax.DotExpr:
		if name, ok := named(fn); ok {
			return timeResults[name]
		}
		if _, ok := x.typicalOf(fn.X).(starlark.String); ok {
			return stringResults[fn.Name.Name]
		}
	}
	return nil
}

// vetTypes looks for operators, loops and indexes that cannot work on what they are given.
func (x *index) vetTypes(f *indexed, report func(Problem)) {
	for _, c := range f.calls {
		if id, ok := bare(c.Fn).(*syntax.Ident); ok && isUniversal(id) && id.Name == "type" && len(c.Args) == 1 {
			if of, ok := bare(c.Args[0]).(*syntax.Ident); ok && x.variable(of) != nil {
				x.typeAsked[x.variable(of)] = true
			}
		}
	}
	assigned := map[syntax.Node]bool{}
	for _, p := range f.parts {
		switch n := p.Node.(type) {
		case *syntax.AssignStmt:
			assigned[bare(n.LHS)] = n.Op == syntax.EQ
			if op := n.Op; op != syntax.EQ {
				x.vetOperator(n, n.LHS, op-syntax.PLUS_EQ+syntax.PLUS, n.RHS, report)
			}
		case *syntax.BinaryExpr:
			x.vetOperator(n, n.X, n.Op, n.Y, report)
		case *syntax.UnaryExpr:
			x.vetUnary(n, report)
		case *syntax.ForStmt:
			x.vetLoop(n.X, report)
		case *syntax.ForClause:
			x.vetLoop(n.X, report)
		case *syntax.IndexExpr:
			if !assigned[n] {
				x.vetIndexing(n, report)
			}
		case *syntax.SliceExpr:
			of := x.surelyTyped(n.X)
			if _, ok := of.(starlark.Sliceable); of != nil && !ok {
				report(x.wrongType(n, fmt.Sprintf("invalid slice operand %s", of.Type()), n.X))
			}
		case *syntax.ExprStmt:
			x.vetUncalled(n.X, "does nothing", report)
		case *syntax.IfStmt:
			x.vetCondition(n.Cond, report)
		case *syntax.IfClause:
			x.vetCondition(n.Cond, report)
		case *syntax.CondExpr:
			x.vetCondition(n.Cond, report)
		}
	}
}

// surelyTyped is typicalOf, unless the rules themselves ask what type it is.
func (x *index) surelyTyped(e syntax.Expr) starlark.Value {
	root := bare(e)
	for range valuesDeep {
		switch r := root.(type) {
		case *syntax.DotExpr:
			root = bare(r.X)
			continue
		case *syntax.IndexExpr:
			root = bare(r.X)
			continue
		case *syntax.CallExpr:
			root = bare(r.Fn)
			continue
		case *syntax.Ident:
			if v := x.variable(r); v != nil && x.typeAsked[v] {
				return nil
			}
		}
		return x.typicalOf(e)
	}
	return nil
}

// wrongType is a problem about operands, with what may have been meant.
func (x *index) wrongType(n syntax.Node, text string, operands ...syntax.Expr) Problem {
	p := problemOn(CodeWrongType, n, text)
	for _, e := range operands {
		if name, ok := x.uncalled(e); ok {
			p.Hint = fmt.Sprintf("call it: %s()", name)
			return p
		}
	}
	return p
}

// uncalled is the name of a function that an expression is.
func (x *index) uncalled(e syntax.Expr) (string, bool) {
	v, ok := x.surelyTyped(e).(*starlark.Builtin)
	if !ok {
		return "", false
	}
	if t := (wording{index: x}); t.chain(bare(e)) {
		return t.String(), true
	}
	return v.Name(), true
}

// chain writes down a name and its attributes, as they stand there.
func (t *wording) chain(e syntax.Expr) bool {
	switch e := bare(e).(type) {
	case *syntax.Ident:
		return t.sign(e.Name)
	case *syntax.DotExpr:
		return t.Len() < 200 && t.chain(e.X) && t.sign("."+e.Name.Name)
	}
	return false
}

func (x *index) vetOperator(n syntax.Node, l syntax.Expr, op syntax.Token, r syntax.Expr, report func(Problem)) {
	switch op {
	case syntax.EQ, syntax.AND, syntax.OR:
		return
	}
	a, b := x.surelyTyped(l), x.surelyTyped(r)
	if a == nil || b == nil {
		return
	}
	var err error
	switch op {
	case syntax.EQL, syntax.NEQ:
		x.vetEqual(n, l, a, op, r, b, report)
		return
	case syntax.LT, syntax.LE, syntax.GT, syntax.GE:
		if _, err = starlark.Compare(op, a, b); err == nil {
			return
		}
	default:
		_, err = starlark.Binary(op, a, b)
		_, inText := b.(starlark.String)
		if err == nil || !strings.HasPrefix(err.Error(), "unknown binary op") && !(inText && (op == syntax.IN || op == syntax.NOT_IN)) {
			return
		}
	}
	p := x.wrongType(n, err.Error(), l, r)
	if p.Hint == "" {
		p.Hint = typeHint(a, op, b)
	}
	report(p)
}

// typeHint says what may be meant by an operator between values that it does not work on.
func typeHint(a starlark.Value, op syntax.Token, b starlark.Value) string {
	_, aText := a.(starlark.String)
	_, bText := b.(starlark.String)
	other := a
	if aText {
		other = b
	}
	if !aText && !bText {
		return ""
	}
	switch other.(type) {
	case startime.Duration:
		return "compare with 10 * time.minute"
	case startime.Time:
		return `now.between("07:00", "20:00") asks for the time of day`
	case starlark.Int, starlark.Float:
		if op == syntax.PLUS {
			return "str(...) makes a text of a number"
		}
		return "int(...) makes a number of a text"
	case starlark.HasAttrs:
		if op == syntax.PLUS {
			return "str(...) makes a text of it"
		}
	}
	return ""
}

// vetEqual warns of a comparison of values that are never equal, because they are of different sorts.
func (x *index) vetEqual(n syntax.Node, l syntax.Expr, a starlark.Value, op syntax.Token, r syntax.Expr, b starlark.Value, report func(Problem)) {
	if a == starlark.None || b == starlark.None || a.Type() == b.Type() || number(a) && number(b) {
		return
	}
	p := x.wrongType(n, fmt.Sprintf("a %s is never equal to a %s", a.Type(), b.Type()), l, r)
	if p.Hint == "" {
		p.Hint = typeHint(a, op, b)
	}
	if p.Hint == "" {
		for _, v := range []starlark.Value{a, b} {
			if of, ok := v.(starlark.HasAttrs); ok && v.Type() != "string" && slices.Contains(of.AttrNames(), "name") {
				p.Hint = "compare its .name"
			}
		}
	}
	p.Severity = Warning
	report(p)
}

func number(v starlark.Value) bool {
	switch v.(type) {
	case starlark.Int, starlark.Float:
		return true
	}
	return false
}

func (x *index) vetUnary(n *syntax.UnaryExpr, report func(Problem)) {
	if n.X == nil || n.Op != syntax.MINUS && n.Op != syntax.PLUS && n.Op != syntax.TILDE {
		return
	}
	of := x.surelyTyped(n.X)
	if of == nil {
		return
	}
	if _, err := starlark.Unary(n.Op, of); err != nil && strings.HasPrefix(err.Error(), "unknown unary op") {
		report(x.wrongType(n, err.Error(), n.X))
	}
}

func (x *index) vetLoop(e syntax.Expr, report func(Problem)) {
	of := x.surelyTyped(e)
	if of == nil {
		return
	}
	if _, ok := of.(starlark.Iterable); ok {
		return
	}
	p := x.wrongType(e, fmt.Sprintf("%s value is not iterable", of.Type()), e)
	if _, text := of.(starlark.String); text {
		p.Hint = "its letters: .elems()"
	}
	report(p)
}

func (x *index) vetIndexing(n *syntax.IndexExpr, report func(Problem)) {
	of, key := x.surelyTyped(n.X), x.surelyTyped(n.Y)
	if of == nil || key == nil {
		return
	}
	switch of.(type) {
	case starlark.Mapping:
		return
	case starlark.Indexable:
		if _, ok := key.(starlark.Int); !ok {
			report(x.wrongType(n, fmt.Sprintf("%s index: got %s, want int", of.Type(), key.Type()), n.X))
		}
		return
	}
	p := x.wrongType(n, fmt.Sprintf("unhandled index operation %s[%s]", of.Type(), key.Type()), n.X)
	if with, ok := of.(starlark.HasAttrs); ok && p.Hint == "" {
		if lit, ok := bare(n.Y).(*syntax.Literal); ok {
			if name, _ := lit.Value.(string); slices.Contains(with.AttrNames(), name) {
				p.Hint = "write ." + name
			}
		}
	}
	report(p)
}

// vetCondition warns of a function that is asked whether it is there, and not what it says.
func (x *index) vetCondition(e syntax.Expr, report func(Problem)) {
	switch e := bare(e).(type) {
	case *syntax.UnaryExpr:
		if e.Op == syntax.NOT {
			x.vetCondition(e.X, report)
		}
	case *syntax.BinaryExpr:
		if e.Op == syntax.AND || e.Op == syntax.OR {
			x.vetCondition(e.X, report)
			x.vetCondition(e.Y, report)
		}
	case *syntax.Ident, *syntax.DotExpr:
		x.vetUncalled(e, "is always true", report)
	}
}

func (x *index) vetUncalled(e syntax.Expr, what string, report func(Problem)) {
	switch bare(e).(type) {
	case *syntax.Ident, *syntax.DotExpr:
	default:
		return
	}
	name, ok := x.uncalled(e)
	if !ok {
		return
	}
	p := problemOn(CodeNotCalled, e, fmt.Sprintf("%s is not called: it %s", name, what))
	p.Hint = fmt.Sprintf("call it: %s()", name)
	p.Severity = Warning
	report(p)
}
