package engine

import (
	"fmt"
	"sort"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
)

// vocabulary is what rules may name: members of modules, kinds of event, and
// the topics that the rules themselves publish.
type vocabulary struct {
	members   map[string][]string  // module -> members
	keyed     map[string]int       // "slack.post" -> where every stands
	topicAt   map[string]TopicAt   // "button" -> its argument that is a topic
	literals  map[string][]Literal // "notify" -> its argument that is checked
	kinds     []string
	published map[string]syntax.Position
}

func newVocabulary(modules []Module) vocabulary {
	v := vocabulary{
		members:   map[string][]string{},
		keyed:     map[string]int{},
		topicAt:   map[string]TopicAt{},
		literals:  map[string][]Literal{},
		kinds:     []string{KindPlayback, KindBlind},
		published: map[string]syntax.Position{},
	}
	for name, value := range predeclare(modules) {
		if m, ok := value.(*starlarkstruct.Module); ok {
			v.members[name] = m.Members.Keys()
		}
	}
	for _, m := range modules {
		for member, position := range m.Keyed {
			v.keyed[joined(m.Name, member)] = position
		}
		for member, at := range m.Literals {
			v.literals[joined(m.Name, member)] = at
		}
		for member, at := range m.Topics {
			v.topicAt[joined(m.Name, member)] = at
		}
		for kind := range m.Events {
			if kind != KindPlayback && kind != KindBlind {
				v.kinds = append(v.kinds, kind)
			}
		}
	}
	sort.Strings(v.kinds[2:])
	return v
}

func joined(module, member string) string {
	if module == "" {
		return member
	}
	return module + "." + member
}

func (v vocabulary) heard(published map[string]syntax.Position) {
	for topic, pos := range published {
		if _, ok := v.published[topic]; !ok {
			v.published[topic] = pos
		}
	}
}

func (v vocabulary) topics() []string {
	var out []string
	for t := range v.published {
		out = append(out, t)
	}
	sort.Strings(out)
	return out
}

func (v vocabulary) knows(kind string) bool {
	for _, k := range v.kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// vetted is what was found in one file without running it.
type vetted struct {
	problems  []Problem
	calls     []Call // see mentions
	published map[string]syntax.Position
}

// vetFile looks for unknown members of modules, for topics that are not
// literals, and for throttled calls that would share a key.
func vetFile(f *syntax.File, words vocabulary) vetted {
	v := vetted{calls: mentions(f, words), published: map[string]syntax.Position{}}
	// Enclosing functions by name, one for each node on the way: the key of a
	// throttle holds the name, so two of one name share it, as all lambdas do.
	var functions []string
	throttled := map[string]bool{}
	syntax.Walk(f, func(n syntax.Node) bool {
		if n == nil {
			functions = functions[:len(functions)-1]
			return true
		}
		inside := "<toplevel>"
		if len(functions) > 0 {
			inside = functions[len(functions)-1]
		}
		switch n := n.(type) {
		case *syntax.DefStmt:
			inside = n.Name.Name
		case *syntax.LambdaExpr:
			inside = "lambda"
		case *syntax.DotExpr:
			v.member(n, words)
		case *syntax.CallExpr:
			name, ok := calledName(n)
			if !ok {
				break
			}
			start, _ := n.Span()
			if at, ok := words.topicAt[name]; ok {
				v.publishes(name, at, n)
			}
			for _, at := range words.literals[name] {
				v.literal(name, at, n)
			}
			if at, keyed := words.keyed[name]; keyed && given(n, "every", at) && !given(n, "key", at+1) {
				if throttled[inside+"/"+name] {
					p := problemAt(start, fmt.Sprintf("a second %s with every in the same function needs a key", name))
					p.Hint = `without one they share a throttle; write key="..."`
					v.problems = append(v.problems, p)
				}
				throttled[inside+"/"+name] = true
			}
		}
		functions = append(functions, inside)
		return true
	})
	return v
}

// definedIn lists the names that a file defines or loads at its top level.
func definedIn(f *syntax.File) []string {
	var out []string
	for _, stmt := range f.Stmts {
		switch stmt := stmt.(type) {
		case *syntax.DefStmt:
			out = append(out, stmt.Name.Name)
		case *syntax.AssignStmt:
			if id, ok := stmt.LHS.(*syntax.Ident); ok {
				out = append(out, id.Name)
			}
		case *syntax.LoadStmt:
			for _, id := range stmt.To {
				out = append(out, id.Name)
			}
		}
	}
	return out
}

// predeclaredName is the name of an identifier that no rule defined itself.
func predeclaredName(e syntax.Expr) (string, bool) {
	id, ok := e.(*syntax.Ident)
	if !ok {
		return "", false
	}
	b, ok := id.Binding.(*resolve.Binding)
	if !ok || b.Scope != resolve.Predeclared {
		return "", false
	}
	return id.Name, true
}

func calledName(c *syntax.CallExpr) (string, bool) {
	if dot, ok := c.Fn.(*syntax.DotExpr); ok {
		module, ok := predeclaredName(dot.X)
		return module + "." + dot.Name.Name, ok
	}
	return predeclaredName(c.Fn)
}

// given says whether a call gives an argument by name, by position, or perhaps (*args, **kwargs: then
// every counts as given, and key does not).
func given(c *syntax.CallExpr, name string, position int) bool {
	for i, arg := range c.Args {
		if u, ok := arg.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
			return name == "every"
		}
		b, ok := arg.(*syntax.BinaryExpr)
		if !ok || b.Op != syntax.EQ {
			if i == position {
				return !isNone(arg)
			}
			continue
		}
		if id, ok := b.X.(*syntax.Ident); ok && id.Name == name {
			return !isNone(b.Y)
		}
	}
	return false
}

func isNone(e syntax.Expr) bool {
	id, ok := e.(*syntax.Ident)
	return ok && id.Name == "None"
}

func (v *vetted) member(n *syntax.DotExpr, words vocabulary) {
	module, ok := predeclaredName(n.X)
	if !ok {
		return
	}
	members, ok := words.members[module]
	if !ok {
		return
	}
	for _, m := range members {
		if m == n.Name.Name {
			return
		}
	}
	p := problemAt(n.Name.NamePos, fmt.Sprintf("%s has no member %s", module, n.Name.Name))
	if near := Nearest(n.Name.Name, members); near != "" {
		p.Hint = fmt.Sprintf("did you mean %s.%s?", module, near)
	} else {
		p.Hint = fmt.Sprintf("it has %s", list(members))
	}
	v.problems = append(v.problems, p)
}

// publishes keeps the topic of a call, which must be a literal.
func (v *vetted) publishes(name string, at TopicAt, n *syntax.CallExpr) {
	start, _ := n.Span()
	topic := ""
	if lit, ok := argument(n, at).(*syntax.Literal); ok {
		topic, _ = lit.Value.(string)
	}
	if topic == "" {
		p := problemAt(start, name+": the topic is a literal string")
		p.Hint = `publish("bad_auth", ...)`
		if at.Position > 0 {
			p.Hint = fmt.Sprintf(`%s(..., %s="allow_hour")`, name, at.Name)
		}
		v.problems = append(v.problems, p)
		return
	}
	if err := checkTopic(topic); err != nil {
		v.problems = append(v.problems, problemAt(start, name+": "+err.Error()))
		return
	}
	if _, ok := v.published[topic]; !ok {
		v.published[topic] = start
	}
}

// literal checks an argument that is a literal, or left out. What is only known when the rule runs is left to the call.
func (v *vetted) literal(name string, at Literal, n *syntax.CallExpr) {
	for _, arg := range n.Args {
		if u, ok := arg.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
			return
		}
	}
	value := at.Default
	if arg := argument(n, TopicAt{Name: at.Name, Position: at.Position}); arg != nil {
		lit, _ := arg.(*syntax.Literal)
		if lit == nil {
			return
		}
		s, ok := lit.Value.(string)
		if !ok {
			return
		}
		value = s
	}
	if err := at.Check(value); err != nil {
		start, _ := n.Span()
		v.problems = append(v.problems, problemAt(start, fmt.Sprintf("%s: for parameter %s: %s", name, at.Name, err)))
	}
}

// argument is what a call gives for an argument; nil: nothing.
func argument(n *syntax.CallExpr, at TopicAt) syntax.Expr {
	for i, arg := range n.Args {
		b, named := arg.(*syntax.BinaryExpr)
		if named = named && b.Op == syntax.EQ; !named {
			if i == at.Position {
				return arg
			}
			continue
		}
		if id, ok := b.X.(*syntax.Ident); ok && id.Name == at.Name && (i == 0 || at.Position > 0) { // a first one stands first
			return b.Y
		}
	}
	return nil
}

// checkTopic says what is wrong with a topic: its handler is a function.
func checkTopic(topic string) error {
	switch topic {
	case KindPlayback, KindBlind, KindTimer, KindApproval, KindEnforce, KindHold, KindOverride, KindNotice, KindToken, KindPause:
		return fmt.Errorf("%s is reserved: it happens by itself", quote(topic))
	case "":
		return fmt.Errorf("the topic is empty")
	}
	for i, c := range topic {
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return fmt.Errorf("%s cannot be a topic: lower-case letters, digits and _ only, as in on_%s", quote(topic), "bad_auth")
		}
	}
	if len(topic) > 64 {
		return fmt.Errorf("a topic has at most 64 letters")
	}
	return nil
}

// vetHandler checks the name and the parameters of a handler, and keeps it.
func (l *loader) vetHandler(file, kind string, fn *starlark.Function) {
	_, published := l.vocabulary.published[kind]
	if !l.vocabulary.knows(kind) && !published {
		p := problemAt(fn.Position(), "")
		if near := Nearest(kind, l.vocabulary.kinds); near != "" || kind == KindTimer {
			p.Text = fmt.Sprintf("on_%s handles nothing that happens", kind)
			p.Hint = fmt.Sprintf("did you mean on_%s?", near)
			if kind == KindTimer {
				p.Hint = `give the function to every("1h", fn) or at("22:00", fn)`
			}
			l.problems = append(l.problems, p)
			return
		}
		p.Text = fmt.Sprintf("on_%s handles a topic that no rule publishes", kind)
		if near := Nearest(kind, l.vocabulary.topics()); near != "" {
			p.Hint = fmt.Sprintf("did you mean on_%s?", near)
		} else {
			p.Hint = fmt.Sprintf("only gatefold publish %s runs it", kind)
		}
		l.set.Warnings = append(l.set.Warnings, p)
	}
	if err := takesOne(fn); err != nil {
		l.problems = append(l.problems, problemAt(fn.Position(), err.Error()))
		return
	}
	l.set.handlers[kind] = append(l.set.handlers[kind], handler{file, fn})
}

// takesOne says why a function cannot be called with one argument.
func takesOne(fn *starlark.Function) error {
	named := fn.NumParams()
	if fn.HasVarargs() {
		named--
	}
	if fn.HasKwargs() {
		named--
	}
	required := 0
	for i := range named - fn.NumKwonlyParams() {
		if fn.ParamDefault(i) == nil {
			required++
		}
	}
	keywords := 0
	for i := named - fn.NumKwonlyParams(); i < named; i++ {
		if fn.ParamDefault(i) == nil {
			keywords++
		}
	}
	if required > 1 || keywords > 0 || (named-fn.NumKwonlyParams() == 0 && !fn.HasVarargs()) {
		return fmt.Errorf("%s is called with one argument: write def %s(now)", fn.Name(), fn.Name())
	}
	return nil
}

func list(names []string) string {
	out := ""
	for i, n := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			out += " and "
		default:
			out += ", "
		}
		out += n
	}
	return out
}
