package timeline

import (
	"fmt"
	"strings"
	"time"
)

// Marks of lines that are no calls: a handler that failed, an edit that was refused.
const (
	markFailed  = "failed"
	markRefused = "refused"
)

func isMark(call string) bool {
	return strings.HasPrefix(call, markFailed+":") || strings.HasPrefix(call, markRefused+":")
}

// expect reads an indented line:
//
//	[+10s | +10s to +50s every 10s] [account:] call
//
// What cannot be read is kept with a note: Update can still put right what happened in its place.
func (p *parser) expect(line int, text string) *expected {
	e := &expected{line: line, text: strings.TrimRight(text, " \t")}
	rest, err := e.moment(e.text)
	if err != nil {
		e.note = err.Error()
		return e
	}
	if name, call, ok := strings.Cut(rest, ":"); ok && isAccount(name) {
		e.account, rest = name, strings.TrimLeft(call, " \t")
	}
	if p.moments += len(e.moments()); p.moments > maxMoments {
		e.note = fmt.Sprintf("with this line the file expects more than %d things", maxMoments)
		return e
	}
	if isMark(rest) {
		e.call = rest
		return e
	}
	rest = strings.TrimRight(withoutComment(rest), " \t")
	if e.call, err = normal(rest, p.modules); err != nil {
		e.call, e.note = rest, err.Error()
	}
	return e
}

// moment reads what stands before the call.
func (e *expected) moment(text string) (rest string, err error) {
	if !strings.HasPrefix(text, "+") {
		return text, nil
	}
	if e.first, text, err = offset(text); err != nil {
		return "", err
	}
	e.last = e.first
	words := strings.Fields(text)
	if len(words) < 5 || words[0] != "to" || words[2] != "every" {
		return text, nil
	}
	if e.last, _, err = offset(words[1]); err != nil {
		return "", err
	}
	if e.every, err = parseDuration(words[3]); err != nil {
		return "", err
	}
	if e.every <= 0 || e.last <= e.first || (e.last-e.first)%e.every != 0 || (e.last-e.first)/e.every > maxMoments {
		return "", fmt.Errorf("from %s one does not come to %s in steps of %s", e.first, e.last, e.every)
	}
	for _, w := range words[:4] {
		text = strings.TrimPrefix(strings.TrimLeft(text, " \t"), w)
	}
	return strings.TrimLeft(text, " \t"), nil
}

// offset reads the "+10s" that text begins with.
func offset(text string) (time.Duration, string, error) {
	first, rest := text, ""
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		first, rest = text[:i], strings.TrimLeft(text[i:], " \t")
	}
	if !strings.HasPrefix(first, "+") {
		return 0, "", fmt.Errorf("%q is no time: write one like +10s", cutText(first))
	}
	d, err := parseDuration(first[1:])
	return d, rest, err
}

// withoutComment cuts off what follows a # that stands outside quotation marks.
func withoutComment(line string) string {
	var quote byte
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#':
			return line[:i]
		}
	}
	return line
}
