package lsp

import (
	"strings"
	"sync"

	"gatefold/engine"
)

// job is a folder as it is to be looked through.
type job struct {
	root    string
	files   engine.Snapshot
	modules []engine.Module
	open    map[string]openText
	enc     encoding
	turn    int  // how often it had changed
	gone    bool // nothing of it is open any more
	overdue bool // it has waited so long that it is done although the folder goes on changing
	try     bool // the typing has paused: the rules may be run
}

func (f *folder) job(e encoding) job {
	j := job{root: f.root, files: f.snapshot(), modules: f.modules, open: map[string]openText{}, enc: e, turn: f.turn, gone: len(f.open) == 0}
	for rel, open := range f.open {
		j.open[rel] = *open
	}
	return j
}

// checker looks for problems beside the conversation, and never keeps an answer waiting.
type checker struct {
	*backlog
	turns   *turns
	publish func(publishDiagnosticsParams)
	tryOut  func(job) // has the rules of a folder without errors run

	looked map[string]looked          // by root
	shown  map[string]map[string]bool // by root: the documents that have problems

	tried struct {
		sync.Mutex
		of map[string]tried // by root
	}
}

// looked is what was found of a state of a folder without running anything.
type looked struct {
	turn   int
	found  map[string][]engine.Problem // by file
	errors bool                        // the rules do not load
}

func newChecker(t *turns, publish func(publishDiagnosticsParams)) *checker {
	c := &checker{backlog: newBacklog(), turns: t, publish: publish, looked: map[string]looked{}, shown: map[string]map[string]bool{}}
	c.tried.of = map[string]tried{}
	return c
}

// check tells what is wrong with a state of a folder; nothing, if there is a newer one meanwhile.
func (c *checker) check(j job) {
	if j.gone {
		c.tell(j, map[string][]Diagnostic{})
		delete(c.looked, j.root)
		c.forget(j.root)
		return
	}
	late := func() bool { return !j.overdue && c.turns.over(j.root, j.turn) }
	l := c.looked[j.root]
	told := l.found != nil && l.turn == j.turn
	if !told {
		if late() {
			return
		}
		l = j.look(late)
		if late() {
			return
		}
		c.looked[j.root] = l
	}
	if j.try && c.tryOut != nil {
		if l.errors { // nothing can be run of it
			c.learn(j, nil)
		} else if t, ok := c.triedOf(j.root); !ok || t.hash != j.files.Hash() {
			c.tryOut(j)
			if told {
				return
			}
		}
	}
	found := map[string][]Diagnostic{}
	tell := func(rel string, p engine.Problem) {
		uri := fileURI(j.root, rel)
		if open, ok := j.open[rel]; ok {
			uri = open.uri
		}
		found[uri] = append(found[uri], j.diagnostic(rel, p))
	}
	for rel, list := range l.found {
		for _, p := range list {
			tell(rel, p)
		}
	}
	if t, ok := c.triedOf(j.root); ok {
		for _, p := range t.now(j) {
			tell(p.File, p)
		}
	}
	c.tell(j, found)
}

// tell publishes what a folder has, and that documents which had problems have none.
func (c *checker) tell(j job, found map[string][]Diagnostic) {
	before := c.shown[j.root]
	now := map[string]bool{}
	versions := map[string]*int{}
	for _, open := range j.open {
		v := open.version
		versions[open.uri] = &v
		if _, ok := found[open.uri]; !ok {
			found[open.uri] = []Diagnostic{} // it is told each time that there are none
		}
	}
	for uri := range before {
		if _, ok := found[uri]; !ok {
			found[uri] = []Diagnostic{}
		}
	}
	for uri, list := range found {
		if len(list) > 0 {
			now[uri] = true
		}
		c.publish(publishDiagnosticsParams{uri, versions[uri], list})
	}
	c.shown[j.root] = now
	if j.gone {
		delete(c.shown, j.root)
	}
}

// look finds the problems of each file without running anything. Open files that are no rules (tests, what begins with "_",
// what lies in lib/) are looked through as well, each by itself. It stops when what it finds is of no use any more.
func (j job) look(over func() bool) looked {
	l := looked{turn: j.turn, found: map[string][]engine.Problem{}}
	add := func(rel string, p engine.Problem) { l.found[rel] = append(l.found[rel], p) }
	for _, p := range engine.Vet(j.files, j.modules...) {
		l.errors = l.errors || p.Severity == engine.Fatal
		if _, open := j.open[p.File]; p.File != "" && (engine.IsRule(p.File) || !open) {
			add(p.File, p)
		}
	}
	for rel := range j.open {
		if engine.IsRule(rel) {
			continue
		}
		if over() {
			return l
		}
		for _, p := range j.testProblems(rel) {
			add(rel, p)
		}
		if engine.IsTest(rel) {
			continue
		}
		problems, _ := engine.VetFile(j.files, rel, j.modules...)
		for _, p := range problems {
			if p.File == rel {
				add(rel, p)
			}
		}
	}
	return l
}

func (j job) diagnostic(rel string, p engine.Problem) Diagnostic {
	d := Diagnostic{Severity: 1, Code: p.Code, Source: "gatefold", Message: p.Text}
	if p.Severity == engine.Warning {
		d.Severity = 2
	}
	if strings.Contains(p.Code, "unused") {
		d.Tags = []int{1}
	}
	if p.Hint != "" {
		d.Message += "\n" + p.Hint
	}
	if p.Line == 0 {
		return d
	}
	t := j.text(rel)
	start := t.at(p.Line, p.Col)
	end := wordEnd(t.s, start)
	if p.EndLine > 0 && p.EndCol > 0 {
		end = max(start, t.at(p.EndLine, p.EndCol))
	}
	d.Range = t.span(start, end, j.enc)
	return d
}

func (j job) text(rel string) text {
	if open, ok := j.open[rel]; ok {
		return open.text
	}
	for _, f := range j.files {
		if f.Path == rel {
			return newText(string(f.Data))
		}
	}
	return newText("")
}

// wordEnd is the end of the word at a place: a path of names, an attribute with its dot, the head of a function, a string, or
// one character.
func wordEnd(s string, start int) int {
	rest := s[start:]
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		rest = strings.TrimRight(rest[:i], "\r")
	}
	tokens := lex(rest)
	if len(tokens) == 0 {
		return start
	}
	word := func(i int) string { return rest[tokens[i].start:tokens[i].end] }
	last := 0
	if len(tokens) > 1 && tokens[1].kind == name && (word(0) == "." || word(0) == "def") {
		last = 1
	}
	for i := last + 1; i+1 < len(tokens) && tokens[last].kind == name && word(i) == "." && tokens[i+1].kind == name; i += 2 {
		last = i + 1
	}
	return start + tokens[last].end
}
