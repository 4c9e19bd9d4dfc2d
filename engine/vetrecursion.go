package engine

import "fmt"

// recursion finds functions that call themselves, by whatever way round: the language has none.
type recursion struct {
	*index
	makes   map[*function][]*call // calls of the rules' own functions, by who makes them
	callers map[*function][]*function
	order   []*function
	reached map[*function]int // from 1, in the order in which they are come to
	lowest  map[*function]int // that can be come back to
	open    []*function
	round   map[*function]int // functions that call one another have the same number; 0: not known yet
}

// vetRecursion reports calls that go round. Where the called function must already be running it is certain to fail: an
// error. Of others that call one another one is told, as a warning.
func (x *index) vetRecursion(order []string, report func(Problem)) {
	r := &recursion{
		index: x, makes: map[*function][]*call{}, callers: map[*function][]*function{},
		reached: map[*function]int{}, lowest: map[*function]int{}, round: map[*function]int{},
	}
	for _, path := range order {
		f := x.files[path]
		if f == nil {
			continue
		}
		r.order = append(r.order, f.defs...)
		for _, c := range f.calls {
			if c.callee != nil {
				r.callers[c.callee] = append(r.callers[c.callee], c.within)
				r.makes[c.within] = append(r.makes[c.within], c)
			}
		}
	}
	for _, fn := range r.order {
		if r.reached[fn] == 0 {
			r.visit(fn)
		}
	}
	perhaps := map[int]Problem{}
	certain := map[int]bool{}
	for _, fn := range r.order {
		for _, c := range r.makes[fn] {
			switch {
			case c.callee == fn:
				p := problemOn(CodeRecursion, c.Fn, fmt.Sprintf("function %s called recursively", fn.name))
				p.Hint = "there is no recursion: write a loop"
				report(p)
			case r.round[c.callee] == r.round[fn]:
				p := problemOn(CodeRecursion, c.Fn, fmt.Sprintf("%s calls %s, which leads back to it: there is no recursion", fn.name, c.callee.name))
				p.Hint = "write a loop, or one function of both"
				if x.runs[fn].turn != 0 && r.only(fn, c.callee, map[*function]bool{}) {
					certain[r.round[fn]] = true
					report(p)
					continue
				}
				p.Severity = Warning
				perhaps[r.round[fn]] = p
			}
		}
	}
	for round, p := range perhaps {
		if !certain[round] {
			report(p)
		}
	}
}

// visit numbers the functions that can be come to from one another.
func (r *recursion) visit(fn *function) {
	n := len(r.reached) + 1
	r.reached[fn], r.lowest[fn] = n, n
	r.open = append(r.open, fn)
	for _, c := range r.makes[fn] {
		next := c.callee
		if r.reached[next] == 0 {
			r.visit(next)
		}
		if r.round[next] == 0 {
			r.lowest[fn] = min(r.lowest[fn], r.lowest[next])
		}
	}
	if r.lowest[fn] != n {
		return
	}
	for {
		last := r.open[len(r.open)-1]
		r.open = r.open[:len(r.open)-1]
		r.round[last] = n
		if last == fn {
			return
		}
	}
}

// only says that a function runs only while another one does.
func (r *recursion) only(fn, within *function, seen map[*function]bool) bool {
	if fn == within || seen[fn] {
		return true
	}
	seen[fn] = true
	if fn.escapes || fn.kind != "" || len(r.callers[fn]) == 0 {
		return false
	}
	for _, by := range r.callers[fn] {
		if by == nil || !r.only(by, within, seen) {
			return false
		}
	}
	return true
}
