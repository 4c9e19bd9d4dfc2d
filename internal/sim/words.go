package sim

import (
	"fmt"
	"time"
)

// words are the tokens of a line that are still to be read.
type words struct {
	rest []token
	read token // the last one read, for errors
}

func (w *words) next() (token, bool) {
	if len(w.rest) == 0 {
		return token{}, false
	}
	w.read, w.rest = w.rest[0], w.rest[1:]
	return w.read, true
}

// take reads the next word if it is this one.
func (w *words) take(text string) bool {
	if len(w.rest) == 0 || w.rest[0].kind != word || w.rest[0].text != text {
		return false
	}
	w.next()
	return true
}

// takeKind reads the next token if it is of this kind.
func (w *words) takeKind(kind tokenKind) (token, bool) {
	if len(w.rest) == 0 || w.rest[0].kind != kind {
		return token{}, false
	}
	return w.next()
}

// quoted reads text in quotation marks that must follow.
func (w *words) quoted(after, like string) (string, error) {
	if t, ok := w.takeKind(quoted); ok {
		return t.text, nil
	}
	return "", fmt.Errorf("after %q comes a text in straight quotation marks%s; like: %s", after, w.instead(), like)
}

// duration reads a duration that must follow and be at least this long.
func (w *words) duration(after string, least time.Duration) (time.Duration, error) {
	t, ok := w.takeKind(word)
	if !ok {
		return 0, fmt.Errorf("after %q comes a duration such as 7s, 2m or 1m30s%s", after, w.instead())
	}
	d, err := parseLength(t.text)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", after, t.text, err)
	}
	if d < least {
		return 0, fmt.Errorf("%s %s: at least %s", after, t.text, least)
	}
	return d, nil
}

// instead names what stands where something else was wanted.
func (w *words) instead() string {
	if len(w.rest) == 0 {
		return ", but the line ends"
	}
	return fmt.Sprintf(", not %s", w.rest[0])
}

// end is an error if anything is left over.
func (w *words) end() error {
	if len(w.rest) == 0 {
		return nil
	}
	return fmt.Errorf("%s is too much here", w.rest[0])
}
