package engine

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// mostMisread is how many syntax errors of one file are told: behind so many it is probably no Starlark at all.
const mostMisread = 20

// standIn is the name that stands for what could not be read.
const standIn = "_unread_"

// partial is what of a file can be read although it is no Starlark. What is wrong is taken out, statement by statement or with
// all of the top-level statement that it lies in, and the rest is read as it is, in its place.
type partial struct {
	name     string
	all      []string // the lines of the file
	lines    []string // the same without what could not be read
	tokens   []token  // of lines
	mended   map[int]bool
	file     *syntax.File
	problems []Problem
	lost     lost
}

// lost is what is known of the text that could not be read.
type lost struct {
	words   map[string]bool // everything in it that could be a name
	bound   map[string]bool // what it may give a value: nobody knows that it is undefined
	defined map[string]bool // what it certainly defines, be it the name of a builtin

	nameless bool // it gives a value to what has no name: it can be any that is undefined
}

// readPartly reads what can be read of a file of which the parser said why it is no Starlark.
func readPartly(name string, data []byte, err error) *partial {
	p := &partial{name: name, all: sourceLines(data), mended: map[int]bool{}, lost: lost{words: map[string]bool{}, bound: map[string]bool{}, defined: map[string]bool{}}}
	p.lines = slices.Clone(p.all)
	for range 3 * mostMisread { // not every one of them is told
		var bad syntax.Error
		if !errors.As(err, &bad) {
			break
		}
		if len(p.problems) == mostMisread {
			break
		}
		p.tokens = tokenize(strings.Join(p.lines, "\n"))
		told := placed(problemAt(CodeSyntax, bad.Pos, bad.Msg), p.tokens, p.all)
		told.File = name
		if !p.follows(told) {
			p.problems = append(p.problems, told)
		}
		if !p.takeOut(told) {
			break
		}
		p.file, err = fileOptions.Parse(name, strings.Join(p.lines, "\n"), 0)
	}
	if p.file == nil {
		p.losing(0, len(p.lines))
		p.file, _ = fileOptions.Parse(name, "", 0)
	}
	return p
}

// Misread is why a text is no Starlark: all its syntax errors, each with its line. None: it is.
func Misread(name string, data []byte) []Problem {
	_, err := fileOptions.Parse(name, data, 0)
	if err == nil {
		return nil
	}
	return withSource(Snapshot{{Path: name, Data: data}}, readPartly(name, data, err).problems)
}

// follows says that an error may only be there because of what was taken out before it.
func (p *partial) follows(told Problem) bool {
	from, to := p.around(told.Line)
	for line := range p.mended {
		if line >= from && line < to {
			return line >= told.Line-1 || strings.Contains(told.Text, "indent") || strings.HasSuffix(told.Text, "closes nothing") || branch.MatchString(told.Text)
		}
	}
	return false
}

// branch is what goes on with a statement that was begun above.
var branch = regexp.MustCompile(`^got (?:else|elif|except|finally),`)

// around are the lines of the top-level statement that a line lies in, from 1, and the line behind them.
func (p *partial) around(line int) (from, to int) {
	from, to = 1, len(p.lines)+1
	for _, s := range p.statements() {
		if t := p.tokens[s]; t.col > 1 || t.closes() || t.is("else") || t.is("elif") {
			continue
		} else if t.line <= line {
			from = t.line
		} else {
			return from, t.line
		}
	}
	return from, to
}

// statements are the tokens that begin one: the first ones of lines that no bracket encloses.
func (p *partial) statements() []int {
	var out []int
	for i := 0; i < len(p.tokens); i++ {
		if p.tokens[i].first {
			out = append(out, i)
		}
		if pair := p.tokens[i].pair; pair > i {
			i = pair
		}
	}
	return out
}

// takeOut takes away what holds an error: the statement, if something can stand in for it, else all that it lies in. False:
// there is nothing left to take.
func (p *partial) takeOut(told Problem) bool {
	from, to := p.around(told.Line)
	if p.standIn(told, from, to) {
		return true
	}
	for !p.anything(from, to) { // what is wrong is seen behind it
		if from == 1 {
			return false
		}
		from, to = p.around(from - 1)
	}
	p.losing(from-1, to-1)
	return true
}

func (p *partial) anything(from, to int) bool {
	return slices.ContainsFunc(p.tokens, func(t token) bool { return t.line >= from && t.line < to })
}

// losing blanks lines, counted from 0.
func (p *partial) losing(from, to int) {
	p.lost.take(p.lines[from:to])
	for i := from; i < to; i++ {
		p.lines[i] = ""
	}
}

// standIn puts what does nothing in the place of a statement of a function.
func (p *partial) standIn(told Problem, from, to int) bool {
	if strings.Contains(told.Text, "indent") || p.first(from) != "def" {
		return false
	}
	all := p.statements()
	n := -1
	for i, s := range all {
		if p.tokens[s].line <= told.Line {
			n = i
		}
	}
	if n < 0 || p.tokens[all[n]].line <= from || p.mended[p.tokens[all[n]].line] {
		return false
	}
	begin := p.tokens[all[n]]
	end, next := to, n+1 // the line behind it, and the statement
	for ; next < len(all); next++ {
		end = min(to, p.tokens[all[next]].line)
		if block := p.tokens[all[next]-1].is(":"); block && next == n+1 || p.tokens[all[next]].col <= begin.col {
			break
		}
	}
	if next == len(all) {
		end = to
	}
	text := "pass"
	if next < len(all) && end < to && p.tokens[all[next]].col > begin.col { // its block stays
		switch begin.text {
		case "elif", "else":
			text = begin.text + " " + standIn + ":"
			if begin.text == "else" {
				text = "else:"
			}
		case "for":
			text = "for " + standIn + " in " + standIn + ":"
		case "def":
			text = "def " + standIn + "():"
		default:
			text = "if " + standIn + ":"
		}
	} else if begin.is("elif") || begin.is("else") {
		text = "else: pass"
	}
	line := p.lines[begin.line-1]
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	p.losing(begin.line-1, end-1)
	p.lines[begin.line-1] = indent + text
	p.mended[begin.line] = true
	return true
}

// first is the first word of a line; "": there is none.
func (p *partial) first(line int) string {
	for _, t := range p.tokens {
		if t.line == line {
			return t.text
		}
	}
	return ""
}

var (
	nameLike = regexp.MustCompile(`[\pL_][\pL\pN_]*`)
	defining = regexp.MustCompile(`^\s*(?:def\s+([\pL_][\pL\pN_]*)|([\pL_][\pL\pN_]*)\s*=(?:[^=]|$))`)
)

// take takes up text that could not be read: a statement, or several.
func (l *lost) take(lines []string) {
	for _, line := range lines {
		for _, w := range nameLike.FindAllString(line, -1) {
			l.words[w] = true
		}
		if m := defining.FindStringSubmatch(line); m != nil {
			l.defined[m[1]+m[2]] = true
			l.bound[m[1]+m[2]] = true
		}
	}
	tokens := tokenize(strings.Join(lines, "\n"))
	inDef := false
	for i, t := range tokens {
		if t.first && t.col == 1 {
			inDef = t.is("def")
		}
		behind := func(text string) bool { return i > 0 && tokens[i-1].is(text) }
		before := func(text string) bool { return i+1 < len(tokens) && tokens[i+1].is(text) }
		switch {
		case t.first && (t.is("=") || t.is(",")), t.is(",") && (before(",") || before("=")), t.is("for") && before("in"):
			l.nameless = true
		case t.is("def"):
			l.nameless = l.nameless || i+1 == len(tokens) || tokens[i+1].kind != wordToken
		}
		if t.first && t.kind == wordToken && before("(") && tokens[i+1].pair > 0 && tokens[i+1].pair+1 < len(tokens) && tokens[tokens[i+1].pair+1].is(":") {
			l.bound[t.text], l.defined[t.text] = true, true // its def is missing
		}
		switch {
		case t.open, t.kind == stringToken && !inDef: // a load says its names so
			for _, w := range nameLike.FindAllString(t.text, -1) {
				l.bound[w] = true
			}
		case inDef || t.kind != wordToken || behind(".") || before(".") || before("("):
		default:
			l.bound[t.text] = true
		}
	}
}

// resolve finds out which names of the file mean what, and gives what is wrong with them. Of a name that may have got its
// value in what is lost it is not known.
func (p *partial) resolve(predeclared starlark.StringDict) []Problem {
	p.lost.bound[standIn] = true
	known := func(has func(string) bool) func(string) bool {
		return func(name string) bool { return has(name) && !p.lost.defined[name] }
	}
	var list resolve.ErrorList
	if err := resolve.File(p.file, known(predeclared.Has), known(starlark.Universe.Has)); err == nil || !errors.As(err, &list) {
		return nil
	}
	problems := problemsOf(p.name, list)
	return slices.DeleteFunc(problems, func(told Problem) bool {
		name, ok := strings.CutPrefix(told.Text, "undefined: ")
		return ok && (p.lost.nameless || p.lost.bound[name])
	})
}

// forget takes back what is said of names that the text which is lost may use in any way.
func (r *reader) forget(l lost) {
	if l.words["hasattr"] || l.words["getattr"] {
		for word := range l.words {
			r.probed[word] = true
		}
	}
	for first, v := range r.variables {
		if v.file != r.path || !l.words[first.Name] {
			continue
		}
		r.used, r.asked = append(r.used, first), append(r.asked, first)
		if l.bound[first.Name] || mutable(v.value) {
			v.set++
		}
	}
}

// mutable says that an expression makes what can be changed later.
func mutable(e syntax.Expr) bool {
	switch bare(e).(type) {
	case *syntax.ListExpr, *syntax.DictExpr, *syntax.Comprehension, *syntax.CallExpr, *syntax.BinaryExpr:
		return true
	}
	return false
}

// mentionsUnread says that a name stands in what could not be read of any file.
func (x *index) mentionsUnread(name string) bool {
	for _, f := range x.files {
		if f.unread.words[name] {
			return true
		}
	}
	return false
}
