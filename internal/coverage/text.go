package coverage

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Text is the report as a table, and below it everything that never ran, each with its place.
func (r Report) Text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "covered\tfile\thandlers\tlines\tbranches\t")
	for _, f := range r.Files {
		row(w, f.Path, f.Counts)
	}
	if len(r.Files) != 1 {
		row(w, "all files", r.Total)
	}
	w.Flush()
	for _, f := range r.Files {
		for _, m := range f.Missed {
			fmt.Fprintf(&b, "%s: %s\n", m.place(f.Path), m.Text)
		}
	}
	return b.String()
}

func row(w *tabwriter.Writer, name string, c Counts) {
	fmt.Fprintf(w, "%d%%\t%s\t%s\t%s\t%s\t\n", c.Percent(), name, c.Handlers, c.Lines, c.Branches)
}

// String is "5/6", or a dash where there is nothing.
func (s Share) String() string {
	if s.Of == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", s.Ran, s.Of)
}

// place is "home.star:12:9", "home.star:12" or "home.star:12-15".
func (m Missed) place(path string) string {
	switch {
	case m.Col > 0:
		return fmt.Sprintf("%s:%d:%d", path, m.Line, m.Col)
	case m.Last > m.Line:
		return fmt.Sprintf("%s:%d-%d", path, m.Line, m.Last)
	}
	return fmt.Sprintf("%s:%d", path, m.Line)
}
