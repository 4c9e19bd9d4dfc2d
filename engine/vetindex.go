package engine

import (
	"maps"
	"slices"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// index knows, over all files, which variables and functions there are, and what they are given: as much of it as can be
// said before anything runs.
type index struct {
	words     *vocabulary
	files     map[string]*indexed
	variables map[*syntax.Ident]*variable // by where it is bound first
	lambdas   map[*syntax.LambdaExpr]*function
	samples   map[syntax.Expr]starlark.Value
	verdicts  map[*function]*summary
	means     map[meant]bool // in work: no
	topics    *topics
	language  map[string]bool // see languageMethod
	broken    bool            // not everything could be read: nobody knows what is missing
	within    map[*syntax.CallExpr]*function
	changes   map[*variable]bool // see changed
	worked    int                // see valuesSum
	checks    int                // see checksMost
	asks      int                // see asksMost
	ways      int                // see comesMost
	runs      map[*function]runsIn
	needs     map[*function]need
	denying   map[*function]bool // see mayDeny
	typical   map[syntax.Expr]starlark.Value
	typeAsked map[*variable]bool // names of which a file asks the type
}

// indexed is one file of an index.
type indexed struct {
	path    string
	rule    bool
	globals map[string]*variable
	calls   []*call
	defs    []*function
	parts   []part
	dots    []*syntax.DotExpr
	loads   []*syntax.LoadStmt
	used    []*syntax.Ident // as a value, not only called
	asked   []*syntax.Ident // in a condition or a comparison
	formats []format
	tree    *syntax.File
	probed  map[string]bool // attributes that the file asks about: hasattr(x, "name")
	unread  lost            // what is known of what is no Starlark
}

// variable is a name that a rule gives a value.
type variable struct {
	name  *syntax.Ident // where it is bound first
	file  string
	set   int           // how many times it is given a value
	value syntax.Expr   // what it is given; nil: it is not an expression
	loop  *loop         // it is a variable of this one,
	each  syntax.Expr   // and each element of this
	fn    *function     // def
	of    *function     // it is a parameter of this one,
	at    int           // the nth
	from  *syntax.Ident // it is loaded: under this name,
	load  string        // from this file
	read  bool          // somebody uses it
	asked bool          // a condition of its file goes by it: behind that it need not be all that it is elsewhere
}

// function is a def or a lambda.
type function struct {
	name    string
	at      syntax.Node // what names it in a problem
	file    string
	params  []syntax.Expr
	body    []syntax.Stmt
	calls   []*syntax.CallExpr // of it
	outer   *function          // around it; nil: none
	makes   []*call            // in it
	escapes bool               // it is also used as a value: nobody knows who calls it
	kind    string             // of event that it handles; "": none
}

// call is a call, and the functions around it.
type call struct {
	*syntax.CallExpr
	inside string    // the name of the innermost function; "" at the top level
	within *function // likewise
	callee *function // that it calls; nil: none of the rule's own, or nobody knows
}

// part is an operator, an assignment, a loop or a statement that is only an expression, and the function that it is in.
type part struct {
	syntax.Node
	within *function // nil: the top level
}

func newIndex(words *vocabulary) *index {
	return &index{
		words: words, files: map[string]*indexed{}, variables: map[*syntax.Ident]*variable{}, lambdas: map[*syntax.LambdaExpr]*function{},
		samples: map[syntax.Expr]starlark.Value{}, verdicts: map[*function]*summary{}, means: map[meant]bool{},
		within: map[*syntax.CallExpr]*function{}, changes: map[*variable]bool{},
		denying: map[*function]bool{}, typical: map[syntax.Expr]starlark.Value{}, typeAsked: map[*variable]bool{},
	}
}

// add reads a file that was resolved, even if not without problems.
// What could not be read of it is unread; nil: it is all there.
func (x *index) add(path string, rule bool, f *syntax.File, unread *lost) {
	r := &reader{index: x, indexed: &indexed{path: path, rule: rule, tree: f, globals: map[string]*variable{}, probed: map[string]bool{}}, bound: map[*syntax.Ident]bool{}, held: map[*syntax.LambdaExpr]bool{}, timed: map[*syntax.LambdaExpr]bool{}, conds: map[syntax.Expr]bool{}, dead: map[syntax.Node]bool{}}
	x.files[path] = r.indexed
	r.read(f)
	if unread != nil {
		r.forget(*unread)
		r.unread, x.broken = *unread, true
	}
	if m, ok := f.Module.(*resolve.Module); ok {
		for _, b := range m.Globals {
			if v := x.variables[b.First]; v != nil {
				r.globals[b.First.Name] = v
			}
		}
	}
}

// timerFn is the function that is given to every and at.
var timerFn = TopicAt{Name: "fn", Position: 1}

// link finds, when all files are there, who calls which function and who uses what.
func (x *index) link() {
	for _, path := range slices.Sorted(maps.Keys(x.files)) { // in an order, because not every call is looked at
		f := x.files[path]
		for _, id := range f.used {
			if v := x.variable(id); v != nil {
				v.read = true
				if fn := x.functionOf(v); fn != nil {
					fn.escapes = true
				}
			}
		}
		for _, id := range f.asked {
			if v := x.variable(id); v != nil {
				v.asked = true
			}
		}
		for _, c := range f.calls {
			x.linkCall(c)
		}
		if f.rule {
			for name, v := range f.globals {
				if kind, ok := handles(name); ok {
					x.functionOf(v).does(kind)
					if id, ok := bare(v.value).(*syntax.Ident); ok && x.variable(id) != nil {
						x.variable(id).read = true
					}
				}
			}
		}
	}
}

func (x *index) linkCall(c *call) {
	if id, ok := bare(c.Fn).(*syntax.Ident); ok {
		if v := x.variable(id); v != nil {
			v.read = true
		}
	}
	if fn := x.function(c.Fn); fn != nil {
		fn.calls = append(fn.calls, c.CallExpr)
		c.callee = fn
	}
	name, _ := calledName(c.CallExpr)
	if !x.words.timers[name] {
		return
	}
	id, ok := bare(argument(c.CallExpr, timerFn)).(*syntax.Ident)
	if !ok {
		return
	}
	v := x.variable(id)
	if v == nil {
		return
	}
	v.read = true
	x.functionOf(v).does(KindTimer)
}

// does says that a function handles events of a kind. One that handles several is told now this, now that.
func (f *function) does(kind string) {
	switch {
	case f == nil:
	case f.kind == "":
		f.kind = kind
	case f.kind != kind:
		f.escapes = true
	}
}

// variable is what an identifier names; nil: none of the rule's own.
func (x *index) variable(id *syntax.Ident) *variable {
	b, ok := id.Binding.(*resolve.Binding)
	if !ok || b.First == nil {
		return nil
	}
	return x.variables[b.First]
}

// origin follows a load to the global of the other file; nil: it is not there.
func (x *index) origin(v *variable) *variable {
	if v.from == nil {
		return v
	}
	if f := x.files[v.load]; f != nil {
		return f.globals[v.from.Name]
	}
	return nil
}

// source is the expression that a name holds, if it is given one value only.
func (x *index) source(id *syntax.Ident) syntax.Expr {
	v := x.variable(id)
	if v == nil {
		return nil
	}
	if v = x.origin(v); v == nil || v.set != 1 {
		return nil
	}
	return v.value
}

// function is the def that an expression names, under whatever name.
func (x *index) function(e syntax.Expr) *function {
	for range valuesDeep {
		e = bare(e)
		if lambda, ok := e.(*syntax.LambdaExpr); ok {
			return x.lambdas[lambda]
		}
		id, ok := e.(*syntax.Ident)
		if !ok {
			return nil
		}
		v := x.variable(id)
		if v == nil {
			return nil
		}
		if v = x.origin(v); v == nil || v.set != 1 {
			return nil
		}
		if v.fn != nil {
			return v.fn
		}
		if e = v.value; e == nil {
			return nil
		}
	}
	return nil
}

func (x *index) functionOf(v *variable) *function {
	v = x.origin(v)
	switch {
	case v == nil || v.set != 1:
		return nil
	case v.fn != nil:
		return v.fn
	case v.value != nil:
		return x.function(v.value)
	}
	return nil
}
