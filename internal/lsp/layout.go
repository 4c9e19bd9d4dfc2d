package lsp

import (
	"strings"

	"gatefold/internal/format"
)

// formatting lays a document out as gatefold fmt does. One that does not parse stays as it is: its problems say why.
func (s *server) formatting(_ *folder, rel string, c cursor) (any, error) {
	before := c.text.s
	out, err := format.Source(rel, []byte(before))
	after := string(out)
	if err != nil || after == before {
		return []TextEdit{}, nil
	}
	// Only the lines that differ: an editor keeps its place and its folds in the others.
	start := 0
	for i := range min(len(before), len(after)) {
		if before[i] != after[i] {
			break
		}
		if before[i] == '\n' {
			start = i + 1
		}
	}
	b, a := before[start:], after[start:]
	same := 0
	for same < min(len(b), len(a)) && b[len(b)-1-same] == a[len(a)-1-same] {
		same++
	}
	if i := strings.IndexByte(b[len(b)-same:], '\n'); i >= 0 {
		same -= i + 1
	} else {
		same = 0
	}
	return []TextEdit{{c.text.span(start, len(before)-same, s.enc), a[:len(a)-same]}}, nil
}
