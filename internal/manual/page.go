package manual

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"unicode"

	"gatefold/builtins"
	"gatefold/internal/startest"
)

// Page is one file of builtins/*.md, or of internal/startest/*.md.
type Page struct {
	Name     string // "blink1"
	Title    string // "blink1: the light"
	Dir      string // where its file lies: "builtins"
	Tests    bool   // it is about what tests can call, and rules cannot
	Sections []*Section
}

// Section is a heading and what stands below it, up to the next one.
type Section struct {
	Page  *Page
	Level int
	Title string // as it is written: "`pause(every=\"10s\")`"
	Body  string
}

// Anchor is the fragment that GitHub gives the heading.
func (s *Section) Anchor() string { return slug(s.Title) }

// call is the signature that the heading is, or "".
func (s *Section) call() string {
	m := calling.FindStringSubmatch(s.Title)
	if m == nil {
		return ""
	}
	return m[1]
}

var calling = regexp.MustCompile("^`([a-z0-9_.<>]+\\(.*\\))`$")

// readPages reads the embedded pages, in the order of their names: those about rules, then those about tests.
func readPages() (pages []*Page, err error) {
	for _, from := range []struct {
		dir   string
		pages fs.FS
		tests bool
	}{{"builtins", builtins.Pages, false}, {"internal/startest", startest.Pages, true}} {
		files, err := fs.Glob(from.pages, "*.md")
		if err != nil {
			return nil, fmt.Errorf("reading the pages: %w", err)
		}
		for _, file := range files {
			data, err := fs.ReadFile(from.pages, file)
			if err != nil {
				return nil, fmt.Errorf("reading the pages: %w", err)
			}
			p := readPage(strings.TrimSuffix(file, ".md"), string(data))
			p.Dir, p.Tests = from.dir, from.tests
			pages = append(pages, p)
		}
	}
	return pages, nil
}

func readPage(name, text string) *Page {
	p := &Page{Name: name}
	var body strings.Builder
	section := &Section{Page: p, Level: 1}
	end := func() {
		section.Body = strings.Trim(strings.TrimRight(body.String(), " \n"), "\n")
		p.Sections = append(p.Sections, section)
		body.Reset()
	}
	code := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		marks := len(line) - len(strings.TrimLeft(line, "#"))
		if code || marks == 0 || marks > 6 || !strings.HasPrefix(line[marks:], " ") {
			body.WriteString(line)
			continue
		}
		title := strings.TrimSpace(line[marks:])
		if p.Title == "" {
			p.Title, section.Title = title, title
			continue
		}
		end()
		section = &Section{Page: p, Level: marks, Title: title}
	}
	end()
	return p
}

// within are the sections below one, of a higher level.
func (p *Page) within(s *Section) (below []*Section) {
	found := false
	for _, other := range p.Sections {
		switch {
		case other == s:
			found = true
		case found && other.Level <= s.Level:
			return below
		case found:
			below = append(below, other)
		}
	}
	return below
}

// slug is how GitHub makes an anchor of a heading.
func slug(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
