package lsp

import (
	"regexp"
	"strings"

	"gatefold/engine"
)

var (
	meant   = regexp.MustCompile(`did you mean ("?)([^"?]+)"?\?`)
	written = regexp.MustCompile(`write "([^"]+)"`)
	handler = regexp.MustCompile(`write def (on_[a-z0-9_]+)\(event\)`)
)

// fixes are the repairs that problems suggest: "did you mean", "write", and a handler that is missing.
func (s *server) fixes(p codeActionParams) (any, error) {
	out := []codeAction{}
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return out, nil
	}
	d.folder.sketch()
	o := d.folder.outlines[d.path]
	for _, problem := range p.Context.Diagnostics {
		if problem.Source != "gatefold" {
			continue
		}
		edit, title, ok := s.fix(o, problem)
		if !ok {
			continue
		}
		out = append(out, codeAction{Title: title, Kind: "quickfix", Diagnostics: []Diagnostic{problem}, IsPreferred: true,
			Edit: workspaceEdit{map[string][]TextEdit{p.TextDocument.URI: {edit}}}})
	}
	return out, nil
}

func (s *server) fix(o *outline, p Diagnostic) (edit TextEdit, title string, ok bool) {
	if m := handler.FindStringSubmatch(p.Message); m != nil {
		end := len(o.text.s)
		text := "\ndef " + m[1] + "(event):\n    pass\n"
		if !strings.HasSuffix(o.text.s, "\n") {
			text = "\n" + text
		}
		return TextEdit{o.text.span(end, end, s.enc), text}, "add " + m[1], true
	}
	start := o.text.offset(p.Range.Start, s.enc)
	last := p.Range.End.Line + 2 // the call may go on
	for _, t := range o.tokens {
		if t.end <= start || t.line > last {
			continue
		}
		if right, ok := repaired(o, t, p.Message); ok {
			return TextEdit{o.text.span(t.start, t.end, s.enc), right}, "change it to " + right, true
		}
	}
	return TextEdit{}, "", false
}

// repaired is what a word should be by the text of a problem, if it is the one that the text is about.
func repaired(o *outline, t token, message string) (string, bool) {
	is := o.text.s[t.start:t.end]
	content := is
	if t.kind == literal {
		content, _ = t.inside(o.text.s)
	}
	if content == "" || t.kind == sign || t.kind == comment || !strings.Contains(message, content) {
		return "", false
	}
	if m := meant.FindStringSubmatch(message); m != nil {
		right := m[2]
		if i := strings.LastIndexByte(right, '.'); i >= 0 && m[1] == "" && t.kind == name {
			right = right[i+1:] // blink1.set, of which one part is wrong
		}
		if content == right || engine.Nearest(strings.ToLower(content), []string{strings.ToLower(right)}) == "" {
			return "", false
		}
		if t.kind == literal {
			return `"` + right + `"`, true
		}
		return right, t.kind == name
	}
	if m := written.FindStringSubmatch(message); m != nil && m[1] != content && strings.Contains(m[1], content) && len(m[1]) <= len(content)+2 {
		return `"` + m[1] + `"`, t.kind != name
	}
	return "", false
}
