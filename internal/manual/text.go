package manual

import (
	"fmt"
	"strings"
)

// Text is an entry for a terminal.
func (e *Entry) Text(s Style) string {
	var b strings.Builder
	b.WriteString(s.strong(e.Heading) + "\n\n")
	if intro := e.Section.Page.Sections[0].Body; e.Kind == Call && e.Name == e.Page() && intro != "" {
		b.WriteString(s.blocks(intro) + "\n") // the page is about this one
	}
	if e.Body == "" {
		b.WriteString(s.blocks(upper(strings.TrimSuffix(e.Summary, ".")) + "."))
	} else {
		b.WriteString(s.blocks(e.Body))
	}
	if rows := e.shared(); len(rows) > 0 {
		b.WriteString("\n" + s.table(argumentTable(rows)))
	}
	return b.String()
}

// Text is one argument of a call for a terminal.
func (r Row) Text(s Style, e *Entry) string {
	text := s.strong(r.Name) + " of " + e.Heading + "\n\n" + s.blocks(upper(r.What)+".")
	if r.Default != "" {
		text += "\n" + s.blocks("Default: "+r.Default)
	}
	return text
}

// shared are the arguments that the entry's own text has no table of.
func (e *Entry) shared() (rows []Row) {
	own := rowsOf(e.Body, "argument")
	for _, r := range e.Args {
		found := false
		for _, o := range own {
			found = found || o.Name == r.Name
		}
		if !found {
			rows = append(rows, r)
		}
	}
	return rows
}

func argumentTable(rows []Row) table {
	t := table{head: []string{"argument", "what", "default"}}
	for _, r := range rows {
		t.rows = append(t.rows, []string{"`" + r.Name + "`", r.What, r.Default})
	}
	return t
}

// blocks writes Markdown: paragraphs, tables, examples, headings and lists.
func (s Style) blocks(text string) string {
	var b strings.Builder
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := 0; i < len(lines); {
		line := lines[i]
		switch {
		case strings.TrimSpace(line) == "":
			i++
			continue
		case b.Len() > 0:
			b.WriteString("\n")
		}
		n := 1
		switch {
		case strings.HasPrefix(line, "```"):
			for i+n < len(lines) && !strings.HasPrefix(lines[i+n], "```") {
				b.WriteString(strings.TrimRight("    "+lines[i+n], " ") + "\n")
				n++
			}
			n++
		case strings.HasPrefix(line, "    "):
			n = while(lines[i:], func(l string) bool { return strings.HasPrefix(l, "    ") })
			b.WriteString(strings.Join(lines[i:i+n], "\n") + "\n")
		case strings.HasPrefix(line, "#"):
			b.WriteString(s.strong(strings.Trim(line, "# `")) + "\n")
		case strings.HasPrefix(line, "|"):
			n = while(lines[i:], func(l string) bool { return strings.HasPrefix(l, "|") })
			b.WriteString(s.table(tables(strings.Join(lines[i:i+n], "\n"))[0]))
		case item(line) > 0:
			n = while(lines[i:], func(l string) bool { return l != "" && (item(l) > 0 || strings.HasPrefix(l, " ")) })
			b.WriteString(s.list(lines[i : i+n]))
		default:
			n = while(lines[i:], func(l string) bool { return l != "" && !strings.HasPrefix(l, "|") && !strings.HasPrefix(l, "```") })
			b.WriteString(s.paragraph(strings.Join(lines[i:i+n], " "), ""))
		}
		i += n
	}
	return b.String()
}

// while counts the first lines that are of a kind; at least one.
func while(lines []string, of func(string) bool) int {
	n := 1
	for n < len(lines) && of(lines[n]) {
		n++
	}
	return n
}

func (s Style) paragraph(text, indent string) string {
	var b strings.Builder
	for _, line := range fold(text, s.width()-len(indent)) {
		b.WriteString(indent + s.inline(line) + "\n")
	}
	return b.String()
}

// item says how long the mark of a list is: "- " or "1. ".
func item(line string) int {
	if strings.HasPrefix(line, "- ") {
		return 2
	}
	if i := strings.Index(line, ". "); i > 0 && i < 3 && strings.Trim(line[:i], "0123456789") == "" {
		return i + 2
	}
	return 0
}

func (s Style) list(lines []string) string {
	var b strings.Builder
	for i := 0; i < len(lines); {
		mark := item(lines[i])
		n := while(lines[i:], func(l string) bool { return item(l) == 0 })
		text := lines[i][mark:]
		for _, more := range lines[i+1 : i+n] {
			text += " " + strings.TrimSpace(more)
		}
		pad := strings.Repeat(" ", mark)
		b.WriteString(lines[i][:mark] + strings.TrimPrefix(s.paragraph(text, pad), pad))
		i += n
	}
	return b.String()
}

// table writes columns, the last but the default folded into what is left of the width.
func (s Style) table(t table) string {
	first := 0
	for _, row := range t.rows {
		first = max(first, len([]rune(strings.ReplaceAll(row[0], "`", ""))))
	}
	first = min(first, 34)
	var b strings.Builder
	for _, row := range t.rows {
		what := strings.Join(row[1:min(2, len(row))], "")
		if len(row) > 2 && row[2] != "" {
			if what == "" {
				what = row[2]
			} else {
				what += " (" + t.head[2] + ": " + row[2] + ")"
			}
		}
		name := strings.ReplaceAll(row[0], "`", "")
		lead := fmt.Sprintf("  %s%s  ", s.code(name), strings.Repeat(" ", max(0, first-len([]rune(name)))))
		if len([]rune(name)) > first {
			b.WriteString("  " + s.code(name) + "\n")
			lead = strings.Repeat(" ", first+4)
		}
		for i, line := range fold(what, s.width()-first-4) {
			if i > 0 {
				lead = strings.Repeat(" ", first+4)
			}
			b.WriteString(strings.TrimRight(lead+s.inline(line), " ") + "\n")
		}
	}
	return b.String()
}

// Index lists what there is, by page.
func (m *Manual) Index(s Style) string {
	var b strings.Builder
	for _, p := range m.Pages {
		fmt.Fprintf(&b, "%s\n", s.strong(p.Title))
		t := table{head: []string{"name", "what"}}
		for _, section := range p.Sections[1:] {
			call := section.call()
			if name, _, _ := strings.Cut(call, "("); call != "" && m.entries[name] != nil {
				t.rows = append(t.rows, []string{name, m.entries[name].Summary})
			} else if call == "" && section.Level == 2 {
				t.rows = append(t.rows, []string{strings.ToLower(section.Title), sentence(section.Body)})
			}
		}
		b.WriteString(s.table(t) + "\n")
	}
	return b.String()
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
