package main

import (
	"io"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/term"

	"gatefold/engine"
)

// glass is a row of a terminal that knows how wide characters are.
type glass struct {
	cells []string // "" is the second column of a wide one
	x     int
}

func (g *glass) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		if strings.HasPrefix(text, "\x1b[") {
			n := escapeLength([]byte(text))
			count, err := strconv.Atoi(text[2 : n-1])
			if err != nil {
				count = 1
			}
			switch text[n-1] {
			case 'C':
				g.x += count
			case 'D':
				g.x = max(g.x-count, 0)
			case 'K':
				g.cells = g.cells[:min(g.x, len(g.cells))]
			}
			text = text[n:]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch width := engine.RuneWidth(r); {
		case r == '\r':
			g.x = 0
		case r == '\n':
			g.cells = nil
		case width == 0:
			for i := min(g.x, len(g.cells)) - 1; i >= 0; i-- {
				if g.cells[i] != "" {
					g.cells[i] += string(r)
					break
				}
			}
		default:
			for len(g.cells) < g.x+width {
				g.cells = append(g.cells, " ")
			}
			g.cells[g.x] = string(r)
			if width == 2 {
				g.cells[g.x+1] = ""
			}
			g.x += width
		}
	}
	return len(p), nil
}

func (g *glass) text() string { return strings.TrimRight(strings.Join(g.cells, ""), " ") }

// What is typed and taken back shows as it is, however wide.
func TestWideLines(t *testing.T) {
	const left, end, home, back = "\x1b[D", "\x05", "\x01", "\x7f"
	for keys, want := range map[string]string{
		"a😀" + back + "b":                              "ab|",
		"日本" + left + "x":                              "日x|本",
		"日本" + left + back + "x":                       "x|本",
		"日本語" + home + "x" + end + "y":                 "x日本語y|",
		"e\u0301" + back + "o":                         "eo|",
		"e\u0301x" + left + back:                       "e|x",
		"日本語" + left + left + back + end + back + "ab": "本ab|",
		"plain text" + left + left + back:              "plain t|xt",
	} {
		g := &glass{}
		in, typed := io.Pipe()
		terminal := term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{in, &wideWriter{to: g}}, "> ")
		go func() {
			_, _ = io.WriteString(typed, keys)
			typed.Close()
		}()
		_, _ = terminal.ReadLine() // to the end of what is typed
		before, after, _ := strings.Cut(want, "|")
		if g.text() != "> "+before+after || g.x != 2+width([]rune(before)) {
			t.Errorf("%q shows %q and the cursor at %d, want %q", keys, g.text(), g.x, want)
		}
	}
}
