package sim

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The actors that are not people.
const (
	spotifyActor = "spotify"
	slackActor   = "slack"
)

// maxScript bounds the size of a story in bytes; maxLines its length.
const (
	maxScript = 1 << 20
	maxLines  = 10_000
)

// ScriptError says which line of a story is wrong and what would be right.
type ScriptError struct {
	File string
	Line int
	Msg  string
}

// Error is "file:line: what is wrong".
func (e *ScriptError) Error() string {
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// parser reads a story line by line.
type parser struct {
	script *Script
	types  map[string]string // of devices by name: a type need be written only once
}

// ParseScript reads a story. name is for error messages, which are of type *ScriptError unless reading failed.
func ParseScript(name string, r io.Reader) (*Script, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxScript+1))
	if err != nil {
		return nil, fmt.Errorf("read story %s: %w", name, err)
	}
	p := &parser{script: &Script{Name: name}, types: map[string]string{}}
	if len(raw) > maxScript {
		return nil, &ScriptError{name, 1, "a story may have 1 MiB at most"}
	}
	n := 0
	for text := range strings.SplitSeq(string(raw), "\n") {
		n++
		if err := p.line(n, text); err != nil {
			return nil, &ScriptError{name, n, err.Error()}
		}
	}
	if err := p.script.fits(); err != nil {
		return nil, err
	}
	return p.script, nil
}

// line reads `at TIME ...`, `every TIME ...` or `repeat TIME`.
func (p *parser) line(n int, text string) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("not valid UTF-8")
	}
	tokens, err := scan(text)
	if err != nil || len(tokens) == 0 {
		return err
	}
	if p.script.Repeat > 0 {
		return fmt.Errorf("repeat must be the last line of a story")
	}
	if len(p.script.lines) == maxLines {
		return fmt.Errorf("a story may have %d lines at most", maxLines)
	}
	w := &words{rest: tokens[1:]}
	l := Line{Number: n}
	switch start := tokens[0]; start.String() {
	case "at":
		l.At, err = w.duration("at", 0)
	case "every":
		l.Every, err = w.duration("every", time.Second)
	case "repeat":
		if p.script.Repeat, err = w.duration("repeat", time.Second); err == nil {
			err = w.end()
		}
		return err
	default:
		return fmt.Errorf("a line begins with at, every or repeat, not %s%s; like: at 7s home stops",
			start, didYouMean(start.text, []string{"at", "every", "repeat"}))
	}
	if err != nil {
		return err
	}
	if len(w.rest) > 1 {
		l.Text = written(text, tokens[3:])
	}
	if err := p.actor(&l, w); err != nil {
		return err
	}
	p.script.lines = append(p.script.lines, l)
	return nil
}

// written is the part of the line that these tokens make up, without a comment behind them.
func written(text string, tokens []token) string {
	if len(tokens) == 0 {
		return ""
	}
	rest := text[tokens[len(tokens)-1].start:]
	_, n, _ := scanOne(rest) // it was scanned before
	return text[tokens[0].start : len(text)-len(rest)+n]
}

func (p *parser) actor(l *Line, w *words) (err error) {
	t, ok := w.next()
	if !ok {
		return fmt.Errorf("who? like: at 7s home stops")
	}
	l.Who = t.String()
	switch {
	case l.Who == spotifyActor:
		l.fault, err = spotifyFaults().parse(w)
	case l.Who == slackActor:
		err = l.slack(w)
	case t.kind != word || !isAccountName(l.Who):
		return fmt.Errorf("%s is no account: a name has lower-case letters, digits and hyphens; or write spotify or slack", l.Who)
	default:
		l.deed, err = p.deed(w)
	}
	if err != nil {
		return err
	}
	return w.end()
}

func isAccountName(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// fits checks the lines against the length of the story, which stands at its end.
func (s *Script) fits() error {
	if len(s.lines) == 0 {
		return &ScriptError{s.Name, 1, `nothing happens in this story; a line is like: at 0s home plays "So What" on "Kitchen" (speaker)`}
	}
	late := slices.IndexFunc(s.lines, func(l Line) bool { return s.Repeat > 0 && max(l.At, l.Every) >= s.Repeat })
	if late < 0 {
		return nil
	}
	return &ScriptError{s.Name, s.lines[late].Number, fmt.Sprintf("never happens: the story begins anew after %s; write a time before that, or a longer repeat", s.Repeat)}
}
