package coverage

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strings"

	"gatefold/engine"
)

// Report is what was counted. Files that were never loaded are in it too.
type Report struct {
	Files []File `json:"files"`
	Total Counts `json:"total"`
}

// File is what was counted of one file.
type File struct {
	Path string `json:"path"`
	Counts
	Missed []Missed `json:"missed,omitempty"` // in the order of the file
	Source []Line   `json:"-"`
}

// Counts are how much of something ran.
type Counts struct {
	Handlers  Share `json:"handlers"`
	Functions Share `json:"functions"` // handlers among them
	Lines     Share `json:"lines"`
	Branches  Share `json:"branches"` // each way of a branch is one
}

// Share is so many of so many.
type Share struct {
	Ran int `json:"ran"`
	Of  int `json:"of"`
}

// Percent is rounded down: only all of it is 100. Nothing is all of nothing.
func (s Share) Percent() int {
	if s.Of == 0 {
		return 100
	}
	return 100 * s.Ran / s.Of
}

// Percent is that of lines and branches together.
func (c Counts) Percent() int {
	return Share{c.Lines.Ran + c.Branches.Ran, c.Lines.Of + c.Branches.Of}.Percent()
}

func (s *Share) count(ran bool) {
	s.Of++
	if ran {
		s.Ran++
	}
}

func (c *Counts) add(o Counts) {
	for _, x := range []struct{ to, from *Share }{
		{&c.Handlers, &o.Handlers}, {&c.Functions, &o.Functions}, {&c.Lines, &o.Lines}, {&c.Branches, &o.Branches},
	} {
		x.to.Ran += x.from.Ran
		x.to.Of += x.from.Of
	}
}

// Missed is something that never ran.
type Missed struct {
	Line int    `json:"line"`
	Col  int    `json:"col,omitempty"` // 0: the lines as a whole
	Last int    `json:"last_line,omitempty"`
	Text string `json:"text"` // "not run", "if: never false"
}

// Line is a line of a file as a report shows it.
type Line struct {
	Number int
	Text   string
	State  State
	Ran    uint64
	Notes  []string // what its branches did
}

// State is what became of a line.
type State uint8

// The states.
const (
	Nothing State = iota // there is nothing to run in it
	Ran
	Partly // it ran, and a branch of it went one way only
	NotRun
)

// String is a word for people, and for the style sheet.
func (s State) String() string { return [...]string{"nothing", "ran", "partly", "not-run"}[s] }

// Report says what ran so far of every rule file, of what lies in lib/, and of what else was loaded.
func (p *Profile) Report() Report {
	p.mu.Lock()
	files := slices.Clone(p.files)
	p.mu.Unlock()
	for _, f := range p.folder {
		known := slices.ContainsFunc(files, func(o *file) bool { return o.path == f.Path })
		if !known && f.Err == nil && !engine.IsTest(f.Path) && !hidden(f.Path) {
			files = append(files, newFile(f.Path, f.Data))
		}
	}
	slices.SortStableFunc(files, func(a, b *file) int { return strings.Compare(a.path, b.path) })
	var out Report
	for _, f := range files {
		r := f.report()
		out.Files = append(out.Files, r)
		out.Total.add(r.Counts)
	}
	return out
}

// hidden says that a file is for edits in timelines or for nobody: it counts only if it was loaded.
func hidden(path string) bool {
	for _, part := range strings.Split(path, "/") {
		if strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}

func (f *file) report() File {
	out := File{Path: f.path}
	for i, text := range bytes.Split(bytes.TrimSuffix(f.data, []byte("\n")), []byte("\n")) {
		out.Source = append(out.Source, Line{Number: i + 1, Text: strings.TrimRight(string(text), "\r")})
	}
	for i, p := range f.points {
		first, second := f.ran(i)
		switch p.what {
		case statement:
			out.statement(p, first)
		case function:
			out.lambda(p, first)
			out.Functions.count(first > 0)
			if p.handler {
				out.Handlers.count(first > 0)
			}
			if first == 0 {
				out.Missed = append(out.Missed, Missed{Line: int(p.at.Line), Col: int(p.at.Col), Text: p.name + ": never called"})
				out.note(int(p.at.Line), p.name+": never called")
			}
		case branch:
			out.branch(p, first, second)
		}
	}
	out.lines()
	slices.SortStableFunc(out.Missed, func(a, b Missed) int { return cmp.Or(a.Line-b.Line, a.Col-b.Col) })
	return out
}

func (f *File) statement(p point, ran uint64) {
	for n := int(p.at.Line); n <= int(p.end.Line) && n <= len(f.Source); n++ {
		line := &f.Source[n-1]
		switch {
		case line.State == Nothing && ran == 0:
			line.State = NotRun
		case line.State == Nothing:
			line.State, line.Ran = Ran, ran
		case (line.State == Ran) != (ran > 0): // of two statements in a line, one did not
			line.State, line.Ran = Partly, max(line.Ran, ran)
		}
	}
}

// lambda says of the lines that are a lambda's alone how often it was called: the statement that makes it has counted them
// as its own.
func (f *File) lambda(p point, ran uint64) {
	if p.body == 0 {
		return
	}
	state := NotRun
	if ran > 0 {
		state = Ran
	}
	for n := int(p.body); n <= int(p.end.Line) && n <= len(f.Source); n++ {
		f.Source[n-1].State, f.Source[n-1].Ran = state, ran
	}
}

func (f *File) branch(p point, first, second uint64) {
	f.Branches.count(first > 0)
	f.Branches.count(second > 0)
	text := ""
	switch {
	case first == 0 && second == 0:
		text = p.name + ": never reached"
	case first == 0:
		text = p.name + ": never " + p.ways[0]
	case second == 0:
		text = p.name + ": never " + p.ways[1]
	default:
		return
	}
	f.note(int(p.at.Line), text)
	if first+second > 0 { // else the line is missed as a whole, or what leads to it
		f.Missed = append(f.Missed, Missed{Line: int(p.at.Line), Col: int(p.at.Col), Text: text})
	}
}

// note puts a text beside a line that did not run in every way.
func (f *File) note(n int, text string) {
	if n <= len(f.Source) {
		line := &f.Source[n-1]
		line.Notes = append(line.Notes, text)
	}
}

// lines counts them, and puts those that did not run together.
func (f *File) lines() {
	for i := range f.Source {
		line := &f.Source[i]
		if line.State == Nothing {
			continue
		}
		f.Counts.Lines.count(line.State != NotRun)
		if line.State == NotRun {
			if n := len(f.Missed); n > 0 && f.Missed[n-1].Text == notRun && f.Missed[n-1].Last == line.Number-1 {
				f.Missed[n-1].Last = line.Number
			} else {
				f.Missed = append(f.Missed, Missed{Line: line.Number, Last: line.Number, Text: notRun})
			}
			continue
		}
		if line.State == Partly && len(line.Notes) == 0 {
			f.note(line.Number, partly)
			f.Missed = append(f.Missed, Missed{Line: line.Number, Text: partly})
		}
		if len(line.Notes) > 0 {
			line.State = Partly
		}
	}
}

const (
	notRun = "not run"
	partly = "not all of it run"
)

// In is the report with its files in a folder.
func (r Report) In(dir string) Report {
	r.Files = slices.Clone(r.Files)
	for i := range r.Files {
		r.Files[i].Path = path.Join(dir, r.Files[i].Path)
	}
	return r
}

// Together is one report of several.
func Together(all []Report) Report {
	var out Report
	for _, r := range all {
		out.Files = append(out.Files, r.Files...)
		out.Total.add(r.Total)
	}
	return out
}
