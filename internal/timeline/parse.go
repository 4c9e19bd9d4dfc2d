package timeline

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gatefold/builtins"
	"gatefold/engine"
)

// Bounds of a file.
const (
	maxBytes   = 1 << 20
	maxLine    = 64 << 10
	maxMoments = 200_000 // of all lines, counting every moment of a line with every
)

// Parse reads a timeline. name is for messages. What is wrong comes as Errors.
func Parse(name string, data []byte) (*Timeline, error) {
	p := &parser{t: &Timeline{Name: name, Enforce: true}, modules: builtins.All(builtins.Deps{})}
	if len(data) > maxBytes {
		p.fail(1, wrongAt(0, "larger than 1 MiB"))
		return nil, p.errs
	}
	p.t.lines = splitLines(data)
	for i, line := range p.t.lines {
		if err := p.line(i+1, strings.TrimRight(line, "\r\n")); err != nil {
			p.fail(i+1, err)
		}
	}
	p.finish()
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	return p.t, nil
}

// splitLines keeps the ends, so that what is joined again is what was split.
func splitLines(data []byte) []string {
	var out []string
	for line := range bytes.Lines(data) {
		out = append(out, string(line))
	}
	return out
}

type parser struct {
	t       *Timeline
	modules []engine.Module
	errs    Errors

	zone     *time.Location
	start    string // as written
	startAt  [2]int // its line and column
	header   map[string]bool
	declared bool // the accounts were
	moments  int  // of the indented lines so far
}

func (p *parser) fail(line int, err error) {
	e := &Error{File: p.t.Name, Line: line, Text: err.Error()}
	if w := (*wrong)(nil); errors.As(err, &w) {
		e.Col = w.col
	}
	p.errs = append(p.errs, e)
}

func (p *parser) line(n int, line string) error {
	if len(line) > maxLine {
		return wrongAt(0, "longer than %d bytes", maxLine)
	}
	if !utf8.ValidString(line) {
		return wrongAt(0, "not valid UTF-8")
	}
	text := strings.TrimLeft(line, " \t")
	switch {
	case text == "" || text[0] == '#':
		return nil
	case len(text) < len(line) && len(p.t.blocks) == 0:
		return wrongAt(0, "an indented line says what happens after an at: begin the line further left, or put it below one")
	case len(text) < len(line):
		b := p.t.blocks[len(p.t.blocks)-1]
		b.expected = append(b.expected, p.expect(n, text))
		return nil
	}
	ws, err := splitWords(line)
	if err != nil {
		return err
	}
	if first := ws.rest[0]; first.text != "at" {
		return p.headerLine(n, ws)
	}
	ws.next()
	return p.at(n, line, ws)
}

func (p *parser) at(n int, line string, ws *words) error {
	b := &block{line: n, text: line}
	w, ok := ws.next()
	if !ok {
		return wrongAt(w.col, "when? Write a duration from the beginning, like at 10s")
	}
	var err error
	if b.at, err = w.duration(); err != nil {
		return err
	}
	switch blocks := p.t.blocks; {
	case len(blocks) == 0 && b.at != 0:
		err = wrongAt(w.col, "a story begins with at 0s")
	case len(blocks) > 0 && b.at < blocks[len(blocks)-1].at:
		err = wrongAt(w.col, "comes after at %s: the lines have to be in the order of time", blocks[len(blocks)-1].at)
	}
	p.t.blocks = append(p.t.blocks, b)
	if err != nil {
		return err
	}
	b.deed, err = p.deed(n, ws)
	return err
}

// account gives the account that a line names, or the usual one.
func (p *parser) account(w word, named bool) (string, error) {
	name := w.value
	if !named {
		if p.declared {
			return p.t.Accounts[0], nil
		}
		name = usualAccount
	}
	switch {
	case slices.Contains(p.t.Accounts, name):
		return name, nil
	case !isAccount(name):
		return "", wrongAt(w.col, "%q is no account: a name has lower-case letters, digits and hyphens", cutText(name))
	case p.declared:
		return "", wrongAt(w.col, "%s", p.noAccount(name))
	case len(p.t.Accounts) >= maxAccounts:
		return "", wrongAt(w.col, "more than %d accounts", maxAccounts)
	}
	p.t.Accounts = append(p.t.Accounts, name)
	return name, nil
}

func (p *parser) noAccount(name string) string {
	return fmt.Sprintf("there is no account %s%s: the accounts are %s", cutText(name), didYouMean(name, p.t.Accounts), strings.Join(p.t.Accounts, ", "))
}

const (
	maxAccounts  = 100
	usualAccount = "home"
)

func isAccount(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" &&
		name != markFailed && name != markRefused
}

// finish checks what only the whole file can tell.
func (p *parser) finish() {
	t := p.t
	if len(t.blocks) == 0 {
		if len(p.errs) == 0 {
			p.fail(1, wrongAt(0, `nothing happens: a story begins with a line like: at 0s  playback device.name="Kitchen"`))
		}
		return
	}
	if len(t.Accounts) == 0 {
		t.Accounts = []string{usualAccount}
	}
	p.finishStart()
	for i, b := range t.blocks {
		for _, e := range b.expected {
			if note := p.placed(i, e); note != "" && e.note == "" {
				e.note = note
			}
		}
	}
}

// placed says whether something can happen at that moment on that account below that line.
func (p *parser) placed(i int, e *expected) (note string) {
	t := p.t
	at, until, last := t.blocks[i].at, t.end(), i+1 == len(t.blocks)
	if !last {
		until = t.blocks[i+1].at
	}
	switch {
	case last && e.last > 0:
		return fmt.Sprintf("the story ends with its last at: add a line at %s", at+e.last)
	case !last && until == at:
		return fmt.Sprintf("what happens at %s is listed below the last line of that moment", at)
	case !last && at+e.last >= until:
		return fmt.Sprintf("that is at %s: it belongs below the line of %s", at+e.last, until)
	case strings.HasPrefix(e.call, markRefused+":"):
		return ""
	case e.account == "" && t.shared():
		return fmt.Sprintf("whose? There are several accounts: write %s: before the call", t.Accounts[0])
	case e.account == "":
		e.account = t.Accounts[0]
	case !slices.Contains(t.Accounts, e.account):
		return p.noAccount(e.account)
	}
	return ""
}
