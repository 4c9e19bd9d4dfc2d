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
	gone    bool // nothing of it is open any more
}

func (f *folder) job(e encoding) job {
	j := job{root: f.root, files: f.snapshot(), modules: f.modules, open: map[string]openText{}, enc: e, gone: len(f.open) == 0}
	for rel, open := range f.open {
		j.open[rel] = *open
	}
	return j
}

// checker looks for problems beside the conversation: of a folder that changes faster than it can be looked through, only
// the newest state is.
type checker struct {
	publish func(publishDiagnosticsParams)

	mu    sync.Mutex
	next  map[string]job
	order []string
	wake  chan struct{}

	shown map[string]map[string]bool // by root: the documents that have problems
}

func newChecker(publish func(publishDiagnosticsParams)) *checker {
	return &checker{publish: publish, next: map[string]job{}, wake: make(chan struct{}, 1), shown: map[string]map[string]bool{}}
}

func (c *checker) want(j job) {
	c.mu.Lock()
	if _, waits := c.next[j.root]; !waits {
		c.order = append(c.order, j.root)
	}
	c.next[j.root] = j
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *checker) take() (job, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.order) == 0 {
		return job{}, false
	}
	root := c.order[0]
	c.order = c.order[1:]
	j := c.next[root]
	delete(c.next, root)
	return j, true
}

// run works until done is closed.
func (c *checker) run(done <-chan struct{}, failed func(any)) {
	for {
		select {
		case <-done:
			return
		case <-c.wake:
		}
		for j, ok := c.take(); ok; j, ok = c.take() {
			c.check(j, failed)
		}
	}
}

func (c *checker) check(j job, failed func(any)) {
	defer func() {
		if p := recover(); p != nil {
			failed(p)
		}
	}()
	found := map[string][]Diagnostic{}
	for rel, list := range j.problems() {
		uri := fileURI(j.root, rel)
		if open, ok := j.open[rel]; ok {
			uri = open.uri
		}
		found[uri] = list
	}
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
		if j.gone {
			list = []Diagnostic{}
		}
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

// problems are those of each file. Open files that are no rules (tests, what begins with "_", what lies in lib/) are looked
// through as well, each by itself.
func (j job) problems() map[string][]Diagnostic {
	out := map[string][]Diagnostic{}
	add := func(rel string, p engine.Problem) {
		out[rel] = append(out[rel], j.diagnostic(rel, p))
	}
	for _, p := range engine.Vet(j.files, j.modules...) {
		if _, open := j.open[p.File]; p.File != "" && (engine.IsRule(p.File) || !open) {
			add(p.File, p)
		}
	}
	for rel := range j.open {
		if engine.IsRule(rel) {
			continue
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
	return out
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

// wordEnd is the end of the word at a place: a path of names, a string, or one character.
func wordEnd(s string, start int) int {
	rest := s[start:]
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		rest = strings.TrimRight(rest[:i], "\r")
	}
	tokens := lex(rest)
	if len(tokens) == 0 {
		return start
	}
	end := tokens[0].end
	for i := 1; i+1 < len(tokens) && tokens[0].kind == name && rest[tokens[i].start:tokens[i].end] == "." && tokens[i+1].kind == name; i += 2 {
		end = tokens[i+1].end
	}
	return start + end
}
