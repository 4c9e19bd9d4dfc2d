package engine

import (
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// unmade are functions that are not called to see what they say: they do something, need an event, or look for files (zones).
var unmade = map[string]bool{
	"print": true, "fail": true, "time.now": true, "time.from_timestamp": true, "time.is_valid_timezone": true, "time.time.in_location": true,
}

const (
	madeSteps = 10_000
	madeMost  = 64 // calls that are made for one that is written
)

// vetMade makes a call of one of the language's own functions, if every argument says itself what it is: what the call then says
// is what it would say when it runs.
func (x *index) vetMade(c *call, report func(Problem)) {
	key, of := x.makes(c)
	if key == "" || unmade[key] {
		return
	}
	m := making{evaluation: evaluation{index: x, work: valuesWork}, key: key, call: c}
	if of != nil {
		for _, k := range x.known(of) {
			if heavy(k.value) <= textMost && k.value.Type()+"."+bare(c.Fn).(*syntax.DotExpr).Name.Name == key {
				m.of = append(m.of, k)
			}
		}
		if len(m.of) == 0 {
			return
		}
	}
	if !m.arguments() {
		return
	}
	var where syntax.Expr = c.CallExpr
	if len(c.Args) == 1 && of == nil {
		_, where, _ = keyword(c.Args[0])
		if where == nil {
			where = c.Args[0]
		}
	}
	for _, k := range m.errors(where) {
		text := string(k.value.(starlark.String))
		x.wrong(where, []known{k}, c.CallExpr, c.within, report, func(starlark.Value) string { return text })
	}
}

// makes is the name of what a call calls of the language's own, and what it is a method of.
func (x *index) makes(c *call) (key string, of syntax.Expr) {
	if name, ok := x.calledName(c.Fn); ok {
		if _, ok := languageTakes[name]; ok && x.words.std[name] != nil {
			return name, nil
		}
		return "", nil
	}
	switch fn := bare(c.Fn).(type) {
	case *syntax.Ident:
		if _, ok := languageTakes[fn.Name]; ok && isUniversal(fn) {
			return fn.Name, nil
		}
	case *syntax.DotExpr:
		if s, ok := x.sample(fn.X).(starlark.HasAttrs); ok {
			key := s.Type() + "." + fn.Name.Name
			if _, ok := languageTakes[key]; ok {
				return key, fn.X
			}
		}
	}
	return "", nil
}

// making is a call that is made.
type making struct {
	evaluation
	key  string
	call *call
	of   []known // what it is a method of
	args [][]known
	name []string // "": without a name
}

// arguments finds those of the call; false: they are not all known, or too large.
func (m *making) arguments() bool {
	size, many := 0, 0
	for _, arg := range m.call.Args {
		if u, ok := arg.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
			return false
		}
		id, value, named := keyword(arg)
		name := ""
		if named {
			name = id.Name
		} else {
			value = arg
		}
		if name == "location" || m.key == "time.parse_time" && len(m.args) == 2 {
			return false // zones are files
		}
		all := m.evaluation.of(value, valuesDeep)
		if len(all) == 0 {
			if m.key != "string.format" {
				return false
			}
			all = []known{{value: starlark.String(""), at: value}} // it takes anything
		}
		if len(all) > 1 {
			many++
		}
		for _, k := range all {
			size += heavy(k.value)
		}
		m.args, m.name = append(m.args, all), append(m.name, name)
	}
	if len(m.of) > 1 {
		many++
	}
	return size <= textMost && many <= 1
}

// errors are what the call says, with each value that one of its arguments can have.
func (m *making) errors(where syntax.Expr) []known {
	var out []known
	for i := range m.times() {
		var args starlark.Tuple
		var kwargs []starlark.Tuple
		var why *premise
		at := where
		for n, all := range m.args {
			k := all[min(i, len(all)-1)]
			why = why.and(k.why)
			if len(m.args) == 1 && m.of == nil {
				at = k.at
			}
			if m.name[n] != "" {
				kwargs = append(kwargs, starlark.Tuple{starlark.String(m.name[n]), k.value})
			} else {
				args = append(args, k.value)
			}
		}
		var of starlark.Value
		if len(m.of) > 0 {
			k := m.of[min(i, len(m.of)-1)]
			of, why = k.value, why.and(k.why)
		}
		if err := m.made(of, args, kwargs); err != nil {
			out = append(out, known{starlark.String(m.said(err)), at, why})
		}
	}
	return out
}

func (m *making) times() int {
	n := max(1, len(m.of))
	for _, all := range m.args {
		n = max(n, len(all))
	}
	return min(n, madeMost)
}

func (m *making) made(of starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple) error {
	fn, _ := starlark.Universe[m.key].(*starlark.Builtin)
	if of != nil {
		fn, _ = attribute(of.(starlark.HasAttrs), m.key[strings.LastIndexByte(m.key, '.')+1:]).(*starlark.Builtin)
	} else if v := m.words.std[m.key]; v != nil {
		fn = v
	}
	_, err := safely(fn, args, kwargs)
	return err
}

// said is an error with the name of the call before it.
func (m *making) said(err error) string {
	text := err.Error()
	last := m.key[strings.LastIndexByte(m.key, '.')+1:]
	short := m.key
	if m.of != nil {
		short = last
	}
	for _, begin := range []string{m.key + ": ", m.key + " ", last + ": ", "for parameter 1: ", "time: "} {
		text = strings.TrimPrefix(text, begin)
	}
	if m.key == "time.parse_duration" {
		text += `: write it like "10m" or "1h30m"`
	}
	return short + ": " + text
}

// method calls one of the language's methods.
func method(of starlark.HasAttrs, name string, args starlark.Tuple) (starlark.Value, error) {
	fn, _ := attribute(of, name).(*starlark.Builtin)
	if of.Type() == "string" && (name == "elems" || name == "codepoints") {
		fn = nil
	}
	size := 0
	for _, arg := range args {
		size += heavy(arg)
	}
	if size > textMost {
		fn = nil
	}
	return safely(fn, args, nil)
}

// safely calls a function of the language's own; one that is not there, or that breaks off, gives nothing and no error.
func safely(fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (v starlark.Value, err error) {
	defer func() {
		if recover() != nil {
			v, err = nil, nil
		}
	}()
	if fn == nil {
		return nil, nil
	}
	thread := &starlark.Thread{Name: "vet"}
	thread.SetMaxExecutionSteps(madeSteps)
	return fn.CallInternal(thread, args, kwargs)
}
