package coverage

import (
	"bufio"
	_ "embed"
	"fmt"
	"html"
	"io"
	"strings"
)

//go:embed head.html
var head string

// HTML writes the report as one page that needs nothing else: no script, no font, no network. It is written by hand:
// html/template would make the program a quarter larger, because with it the linker keeps every method.
func (r Report) HTML(to io.Writer) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "%s<title>gatefold: %d%% of the rules covered</title>\n</head>\n<body>\n<h1>%[2]d%% of the rules covered</h1>\n", head, r.Total.Percent())
	fmt.Fprintln(w, `<p>What ran of each rule file in the timelines and tests. A branch has two ways, and each counts: an <code>if</code> that was never false is half a branch, with an <code>else</code> or without. ✓ ran, ◐ ran, but not every way, ✗ never ran. The percentage is that of lines and branches together.</p>`)
	fmt.Fprintln(w, `<div class="scroll"><table class="files">`)
	fmt.Fprintln(w, `<tr><th>File</th><th>Covered</th><th></th><th>Handlers</th><th>Functions</th><th>Lines</th><th>Branches</th></tr>`)
	for _, f := range r.Files {
		path := html.EscapeString(f.Path)
		htmlRow(w, "<tr>", `<a href="#`+path+`">`+path+`</a>`, f.Counts)
	}
	htmlRow(w, `<tr class="all">`, "all files", r.Total)
	fmt.Fprintln(w, "</table></div>")
	for _, f := range r.Files {
		f.html(w)
	}
	fmt.Fprintln(w, "</body>\n</html>")
	return w.Flush()
}

func htmlRow(w io.Writer, begin, name string, c Counts) {
	fmt.Fprintf(w, `%s<td>%s</td><td>%d%%</td><td><meter min="0" max="100" low="60" high="90" optimum="100" value="%[3]d">%[3]d%%</meter></td>`, begin, name, c.Percent())
	fmt.Fprintf(w, "<td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", c.Handlers, c.Functions, c.Lines, c.Branches)
}

func (f File) html(w io.Writer) {
	path := html.EscapeString(f.Path)
	fmt.Fprintf(w, "<h2 id=\"%s\">%[1]s<small>%d%%: %s lines, %s branches, %s handlers</small></h2>\n", path, f.Percent(), f.Counts.Lines, f.Branches, f.Handlers)
	fmt.Fprintln(w, `<div class="scroll"><table class="code">`)
	for _, line := range f.Source {
		times, note := "", ""
		if line.Ran > 0 {
			times = fmt.Sprintf("%d×", line.Ran)
		}
		if len(line.Notes) > 0 { // below the line: beside a long one nobody would see it
			note = `<div class="note">` + html.EscapeString(strings.Join(line.Notes, "; ")) + `</div>`
		}
		fmt.Fprintf(w, `<tr class="%s" id="%s:%d"><td class="n">%[3]d</td><td class="times">%[4]s</td><td class="mark">%[5]s</td><td class="text">%[6]s%[7]s</td></tr>`+"\n",
			line.State, path, line.Number, times, mark(line.State), html.EscapeString(line.Text), note)
	}
	fmt.Fprintln(w, "</table></div>")
}

// mark stands beside a line: colour alone is not for every eye.
func mark(s State) string {
	return [...]string{"", "✓", "◐", "✗"}[s]
}
