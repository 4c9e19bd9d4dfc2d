package config

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxTokens = 100_000 // in a config file: about 14,000 accounts
	maxLine   = 2000    // tokens in one line
	maxFlow   = 16      // [ and { inside each other; the parser's time grows with the square of it
)

// parseYAML returns the document's body, nil for an empty file. What is wrong goes to r.
func parseYAML(data []byte, r *report) (body ast.Node) {
	if p, ok := notUTF8(data); ok {
		r.at(p, "", "not UTF-8: save the file as UTF-8")
		return nil
	}
	defer func() {
		// The parser is not ours, and a config file must never end the daemon.
		if v := recover(); v != nil {
			r.at(wholeFile(), "", "not YAML that can be read (the parser gave up)")
			body = nil
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if tk, why := tooMuch(tokens); tk != nil {
		r.at(tokenPlace(tk), "", "%s", why)
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // binder tells where the first one was
	if err != nil {
		syntaxProblem(err, r)
		return nil
	}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.DirectiveType:
		case body != nil:
			r.at(tokenPlace(doc.Body.GetToken()), "", "found a second document; a config file is one")
		default:
			body = doc.Body
		}
	}
	if _, ok := mapping(body); !ok && describe(body) != kindNothing {
		r.at(nodePlace(body), "", "found %s; a config file has keys, such as rules: rules", describe(body))
	}
	return body
}

// tooMuch finds the token at which a file is beyond what the parser reads in reasonable time.
func tooMuch(tokens token.Tokens) (*token.Token, string) {
	line, inLine, depth := 0, 0, 0
	for i, tk := range tokens {
		if tk.Position.Line != line {
			line, inLine = tk.Position.Line, 0
		}
		inLine++
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		}
		switch {
		case i >= maxTokens:
			return tk, "found more than a config file needs"
		case inLine > maxLine:
			return tk, "found too much in one line"
		case depth > maxFlow:
			return tk, "found brackets nested too deeply"
		}
	}
	return nil, ""
}

func syntaxProblem(err error, r *report) {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil {
		r.at(wholeFile(), "", "not YAML: %s", shown(err.Error()))
		return
	}
	at := tokenPlace(e.GetToken())
	if at.line <= len(r.lines) && strings.HasPrefix(strings.TrimLeft(r.lines[at.line-1], " "), "\t") {
		r.at(at, "", "not YAML: found a tab; indent with spaces")
		return
	}
	r.at(at, "", "not YAML: %s", shown(e.GetMessage()))
}

func tokenPlace(tk *token.Token) place {
	return place{line: max(tk.Position.Line, 1), col: max(tk.Position.Column, 1), text: tk.Value}
}

// notUTF8 finds the first byte that is not UTF-8.
func notUTF8(data []byte) (place, bool) {
	p := place{line: 1, col: 1}
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			return p, true
		case r == '\n':
			p.line, p.col = p.line+1, 1
		default:
			p.col++
		}
		data = data[size:]
	}
	return p, false
}
