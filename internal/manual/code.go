package manual

import (
	"strings"

	"gatefold/docs"
)

// codes makes the entries of the problems that gatefold check finds: the page about it has a section and an example for
// each. One that is called like something else is found in the brackets in which check prints it: [language].
func (m *Manual) codes() {
	p := readPage("checking", docs.Checking)
	p.Dir = "docs"
	for _, s := range p.Sections {
		if s.Title != "The codes" {
			continue
		}
		list := "| code | what |\n|---|---|\n"
		for _, below := range p.within(s) {
			e := &Entry{Name: below.Title, Kind: Code, Heading: below.Title + ": a problem that gatefold check finds", Summary: sentence(below.Body), Body: below.Body, Section: below}
			list += "| `" + below.Title + "` | " + e.Summary + " |\n"
			if m.entries[e.Name] != nil {
				e.Name = "[" + e.Name + "]"
			}
			m.add(e)
		}
		m.add(&Entry{Name: "codes", Kind: Chapter, Heading: "The codes of problems", Summary: "What `gatefold check` finds", Body: strings.TrimSpace(list), Section: s})
	}
}
