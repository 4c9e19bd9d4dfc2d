package manual

import "strings"

// Hover is an entry in Markdown for an editor: what it is called, what it does, its arguments, its examples. "": there is
// no entry.
func (m *Manual) Hover(e *Entry) string {
	if e == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("```python\n" + e.Heading + "\n```\n\n")
	switch {
	case e.Body == "":
		b.WriteString(absolute(upper(e.Summary)))
	default:
		b.WriteString(absolute(e.Body))
	}
	if rows := e.shared(); len(rows) > 0 {
		b.WriteString("\n\n| argument | what | default |\n|---|---|---|\n")
		for _, r := range rows {
			b.WriteString("| `" + r.Name + "` | " + strings.ReplaceAll(absolute(r.What), "|", `\|`) + " | " + r.Default + " |\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// HoverArgument is one argument of a call, in Markdown.
func (m *Manual) HoverArgument(e *Entry, r Row) string {
	text := "`" + r.Name + "` of `" + e.Heading + "`\n\n" + absolute(upper(r.What)) + "."
	if r.Default != "" {
		text += "\n\nDefault: " + r.Default
	}
	return text
}

// absolute leaves of links within the manual their text: an editor has nowhere to go with them.
func absolute(text string) string {
	return link.ReplaceAllStringFunc(text, func(l string) string {
		m := link.FindStringSubmatch(l)
		if strings.HasPrefix(m[2], "http") {
			return l
		}
		return m[1]
	})
}
