package main

import (
	"io"
	"strconv"
	"unicode/utf8"

	"gatefold/engine"
)

// wideWriter stands between a term.Terminal and its screen. The terminal takes every character for one column wide, and
// moves the cursor by characters; what it writes is followed here, row by row, and its moves are made as wide as what they
// pass. A row that characters of two columns make longer than the screen is not broken where the terminal believes.
type wideWriter struct {
	to   io.Writer
	rows [][]rune // what stands on them, from where the line begins
	x, y int      // where the terminal believes the cursor to be
	rest []byte   // an escape sequence or a character that is not complete
}

func (w *wideWriter) Write(p []byte) (int, error) {
	data := append(w.rest, p...)
	w.rest = nil
	var out []byte
	for len(data) > 0 {
		n := 1
		switch r, size := utf8.DecodeRune(data); {
		case r == '\x1b':
			if n = escapeLength(data); n == 0 {
				w.rest = append(w.rest, data...)
				data = nil
				continue
			}
			out = w.escape(out, data[:n])
		case r == '\r':
			w.x = 0
			out = append(out, '\r')
		case r == '\n':
			w.x, w.y = 0, w.y+1
			out = append(out, '\n')
		case !utf8.FullRune(data):
			w.rest = append(w.rest, data...)
			data = nil
			continue
		case r < ' ':
			out = append(out, data[0])
		default:
			n = size
			out = w.put(out, r)
		}
		data = data[n:]
	}
	_, err := w.to.Write(out)
	return len(p), err
}

// row is the one that the cursor is on.
func (w *wideWriter) row() []rune {
	for len(w.rows) <= w.y {
		w.rows = append(w.rows, nil)
	}
	return w.rows[w.y]
}

// put writes a character. What stood behind its place is taken away first: the terminal writes all of it again.
func (w *wideWriter) put(out []byte, r rune) []byte {
	row := w.row()
	for len(row) < w.x {
		row = append(row, ' ')
	}
	if w.x < len(row) {
		begin := w.x // what sits on the character before can only be taken away with it
		for begin > 0 && engine.RuneWidth(row[begin]) == 0 {
			begin--
		}
		out = append(moved(out, 'D', width(row[begin:w.x])), "\x1b[K"...)
		for _, again := range row[begin:w.x] {
			out = utf8.AppendRune(out, again)
		}
	}
	w.rows[w.y] = append(row[:w.x], r)
	w.x++
	return utf8.AppendRune(out, r)
}

// escape passes an escape sequence on, as wide as it has to be.
func (w *wideWriter) escape(out, seq []byte) []byte {
	count, err := strconv.Atoi(string(seq[min(2, len(seq)) : len(seq)-1]))
	if err != nil {
		count = 1
	}
	row := w.row()
	var to int
	switch seq[len(seq)-1] {
	case 'D':
		to = max(w.x-count, 0)
	case 'C':
		to = w.x + count
	case 'A', 'B': // the other row may be wider up to here
		if seq[len(seq)-1] == 'A' {
			count = -count
		}
		w.y = max(w.y+count, 0)
		out = append(append(out, seq...), '\r')
		return moved(out, 'C', columns(w.row(), 0, w.x))
	case 'K':
		w.rows[w.y] = row[:min(w.x, len(row))]
		return append(out, seq...)
	case 'H', 'J':
		w.rows, w.x, w.y = nil, 0, 0
		return append(out, seq...)
	default:
		return append(out, seq...)
	}
	w.x, to = to, w.x
	if to > w.x {
		return moved(out, 'D', columns(row, w.x, to))
	}
	return moved(out, 'C', columns(row, to, w.x))
}

// columns is how wide a piece of a row is; behind its end a character is one column.
func columns(row []rune, from, to int) int {
	inside := func(i int) int { return min(i, len(row)) }
	return width(row[inside(from):inside(to)]) + max(to, len(row)) - max(from, len(row))
}

func width(text []rune) int {
	n := 0
	for _, r := range text {
		n += engine.RuneWidth(r)
	}
	return n
}

func moved(out []byte, way byte, n int) []byte {
	if n == 0 {
		return out
	}
	out = append(out, "\x1b["...)
	if n > 1 {
		out = strconv.AppendInt(out, int64(n), 10)
	}
	return append(out, way)
}

// escapeLength is how long the escape sequence is that data begins with; 0: its end is missing.
func escapeLength(data []byte) int {
	if len(data) < 2 {
		return 0
	}
	if data[1] != '[' {
		return 2
	}
	for i := 2; i < len(data); i++ {
		if data[i] >= 0x40 && data[i] <= 0x7e {
			return i + 1
		}
	}
	return 0
}
