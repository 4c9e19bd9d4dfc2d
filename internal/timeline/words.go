package timeline

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gatefold/builtins"
)

// word is one word of a line that is not indented. In key="a value" the value may be quoted, with the escapes of
// Starlark.
type word struct {
	text  string // without the quotation marks; of key=value, all of it
	key   string // of key=value
	value string
	pair  bool
	col   int // in runes, from 1
}

// words are those of a line that are still to be read.
type words struct {
	rest []word
	end  int // the column behind the line
}

// splitWords splits a line. A # that begins a word begins a comment.
func splitWords(line string) (*words, error) {
	ws := &words{}
	i := 0
	for {
		for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
			i++
		}
		if i == len(line) || line[i] == '#' {
			ws.end = column(line, len(strings.TrimRight(line[:i], " \t")))
			return ws, nil
		}
		w, n, err := oneWord(line[i:])
		w.col = column(line, i)
		if err != nil {
			return nil, wrongAt(w.col, "%v", err)
		}
		ws.rest = append(ws.rest, w)
		i += n
	}
}

func column(line string, offset int) int { return utf8.RuneCountInString(line[:offset]) + 1 }

func oneWord(s string) (word, int, error) {
	n := strings.IndexAny(s, " \t\"=")
	if n < 0 {
		n = len(s)
	}
	if n < len(s) && s[n] == '"' {
		return word{}, 0, wrongAt(0, `a quotation mark begins a value: write key="a value"`)
	}
	if n == len(s) || s[n] != '=' {
		return word{text: s[:n]}, n, nil
	}
	w := word{key: s[:n], pair: true}
	rest := s[n+1:]
	if !strings.HasPrefix(rest, `"`) {
		end := strings.IndexAny(rest, " \t")
		if end < 0 {
			end = len(rest)
		}
		w.value, w.text = rest[:end], s[:n+1+end]
		return w, n + 1 + end, nil
	}
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return word{}, 0, wrongAt(0, `%s: the quoted value is not closed, or has an escape that does not exist`, w.key)
	}
	if w.value, err = strconv.Unquote(quoted); err != nil || !utf8.ValidString(w.value) {
		return word{}, 0, wrongAt(0, "%s: the value is not valid text", w.key)
	}
	end := n + 1 + len(quoted)
	if end < len(s) && s[end] != ' ' && s[end] != '\t' {
		return word{}, 0, wrongAt(0, "%s: a space is missing behind the quoted value", w.key)
	}
	w.text = s[:end]
	return w, end, nil
}

// next takes the next word; with none left it is empty and its column is the line's end.
func (ws *words) next() (word, bool) {
	if len(ws.rest) == 0 {
		return word{col: ws.end}, false
	}
	w := ws.rest[0]
	ws.rest = ws.rest[1:]
	return w, true
}

// done is an error if anything is left.
func (ws *words) done() error {
	if len(ws.rest) == 0 {
		return nil
	}
	return wrongAt(ws.rest[0].col, "%s is too much here", ws.rest[0].text)
}

// take removes the pair with this key from anywhere in the rest.
func (ws *words) take(key string) (word, bool) {
	for i, w := range ws.rest {
		if w.pair && w.key == key {
			ws.rest = append(append([]word{}, ws.rest[:i]...), ws.rest[i+1:]...)
			return w, true
		}
	}
	return word{}, false
}

// longest bounds a story, far from where time arithmetic overflows.
const longest = 1000 * time.Hour

func parseDuration(text string) (time.Duration, error) {
	d, err := builtins.ParseDuration(text)
	switch {
	case err != nil:
		return 0, wrongAt(0, "%q is no duration: write one like 10s, 1m30s, 2h or 7d", cutText(text))
	case d < 0 || d > longest:
		return 0, wrongAt(0, "%q is out of range: from 0s to %s", cutText(text), longest)
	}
	return d, nil
}

func (w word) duration() (time.Duration, error) {
	text := w.text
	if w.pair {
		text = w.value
	}
	d, err := parseDuration(text)
	if err != nil {
		return 0, wrongAt(w.col, "%v", err)
	}
	return d, nil
}

func cutText(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
