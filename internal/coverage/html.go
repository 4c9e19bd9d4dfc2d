package coverage

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed report.html
var page string

// HTML writes the report as one page that needs nothing else: no script, no font, no network.
func (r Report) HTML(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{"mark": mark}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}

// mark stands beside a line: colour alone is not for every eye.
func mark(s State) string {
	return [...]string{"", "✓", "◐", "✗"}[s]
}
