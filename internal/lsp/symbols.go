package lsp

// The kinds of documentSymbol.
const (
	symbolFunction = 12
	symbolVariable = 13
	symbolEvent    = 24
)

// symbols lists what a file defines.
func (s *server) symbols(_ *folder, _ string, c cursor) (any, error) {
	out := []documentSymbol{}
	add := func(at, begin, end, k int, detail string) {
		t := c.tokens[at]
		out = append(out, documentSymbol{
			Name: c.word(at), Detail: detail, Kind: k,
			Range:          c.text.span(c.tokens[begin].start, c.tokens[end-1].end, s.enc),
			SelectionRange: c.text.span(t.start, t.end, s.enc),
		})
	}
	for _, d := range c.defs {
		if !d.top() {
			continue
		}
		k := symbolFunction
		if len(d.name) > 3 && d.name[:3] == "on_" {
			k = symbolEvent
		}
		add(d.at, d.begin, d.end, k, d.signature())
	}
	for _, v := range c.vars {
		add(v.at, v.at, v.at+1, symbolVariable, "")
	}
	return out, nil
}
