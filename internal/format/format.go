// Package format turns a rule file into the same program, laid out as buildifier lays out Starlark.
//
// Promises: what comes out parses to the same program with the same comments, and formatting it again changes nothing;
// where either cannot be kept the file is refused, and nothing is lost. It touches no disk.
package format

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/bazelbuild/buildtools/build"
	"go.starlark.net/syntax"
)

// Error is why a file was not formatted, and where.
type Error struct {
	File      string
	Line, Col int // from 1; 0: the file as a whole
	Text      string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Text)
}

// rewrites are those of buildifier that move nothing: it also sorts loads and arguments, and edits docstrings, which
// are values.
var rewrites = []string{"collapseEmpty", "editfloat"}

// maxBytes is what a rule file may hold: the formatter recurses with what it reads.
const maxBytes = 256 << 10

// maxDepth is how deep expressions and blocks are nested that are laid out, a sum as deep as it has terms: what the parser takes
// for its comments, and the formatter, grows with its square, and would hold up an editor for minutes.
const maxDepth = 1000

func depth(f *syntax.File) int {
	now, most := 0, 0
	syntax.Walk(f, func(n syntax.Node) bool {
		if n == nil {
			now--
			return true
		}
		now++
		most = max(most, now)
		return true
	})
	return most
}

// byteOrderMark is what some editors on Windows begin a file with. The rules may have it; laid out they do not.
var byteOrderMark = []byte("\xef\xbb\xbf")

// Source formats one file. Lines end as the first line of it ends, "\n" or "\r\n".
func Source(name string, src []byte) ([]byte, error) {
	switch {
	case len(src) > maxBytes:
		return nil, &Error{File: name, Text: "larger than 256 KiB: no rule file can be"}
	case !utf8.Valid(src):
		return nil, &Error{File: name, Text: "not UTF-8"}
	case bytes.IndexByte(src, 0) >= 0: // to the language's scanner it is the end
		return nil, &Error{File: name, Text: "a zero byte: is the file damaged?"}
	}
	unix := bytes.ReplaceAll(bytes.TrimPrefix(src, byteOrderMark), []byte("\r\n"), []byte("\n"))
	if i := bytes.IndexByte(unix, '\r'); i >= 0 {
		return nil, &Error{File: name, Line: 1 + bytes.Count(unix[:i], []byte("\n")), Col: i - bytes.LastIndexByte(unix[:i], '\n'),
			Text: "a carriage return inside a line"}
	}
	before, err := parse(name, unix)
	if err != nil {
		return nil, err
	}
	out, err := laidOut(name, spaced(unix, before))
	if err != nil {
		return nil, err
	}
	if bytes.Equal(out, src) {
		return src, nil
	}
	if out, err = settled(name, out); err != nil {
		return nil, err
	}
	after, err := parse(name, out)
	if err != nil || !same(before, after) {
		return nil, &Error{File: name, Text: "formatting would change what it means: please report this file; nothing was changed"}
	}
	if first, _, ok := bytes.Cut(src, []byte("\n")); ok && bytes.HasSuffix(first, []byte("\r")) {
		out = bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n"))
	}
	return out, nil
}

// settled lays out until nothing changes any more, which is now and then not at once.
func settled(name string, out []byte) ([]byte, error) {
	for range 4 {
		again, err := laidOut(name, out)
		if err != nil || bytes.Equal(again, out) {
			return out, err
		}
		out = again
	}
	return nil, &Error{File: name, Text: "its layout does not settle: please report this file; nothing was changed"}
}

// parse is the language's own parser: what it refuses, no rule can be.
func parse(name string, src []byte) (*syntax.File, error) {
	options := &syntax.FileOptions{Set: true}
	f, err := options.Parse(name, src, 0)
	if err == nil {
		if depth(f) > maxDepth {
			return nil, &Error{File: name, Text: "nested too deep to be laid out: is there a sum of thousands of terms?"}
		}
		f, err = options.Parse(name, src, syntax.RetainComments)
	}
	var bad syntax.Error
	if errors.As(err, &bad) {
		return nil, &Error{File: name, Line: int(bad.Pos.Line), Col: int(bad.Pos.Col), Text: bad.Msg}
	}
	return f, err
}

// laidOut is the formatter; what it panics over is an error.
func laidOut(name string, src []byte) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{File: name, Text: fmt.Sprintf("the formatter failed: %v", p)}
		}
	}()
	f, err := build.ParseDefault(name, src)
	var bad build.ParseError
	if errors.As(err, &bad) {
		return nil, &Error{File: name, Line: bad.Pos.Line, Col: bad.Pos.LineRune, Text: bad.Message}
	}
	if err != nil {
		return nil, &Error{File: name, Text: err.Error()}
	}
	build.WalkOnce(f, respell)
	return build.FormatWithRewriter(&build.Rewriter{RewriteSet: rewrites}, f), nil
}
