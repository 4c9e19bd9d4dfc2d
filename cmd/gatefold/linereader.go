package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/term"
)

// lineReader reads lines from a terminal, with history and completion. While no line is read the terminal is as it was
// before, so that ctrl-C reaches what is running: a terminal of singleKeys, that nothing is lost which is typed ahead.
type lineReader struct {
	in       *os.File
	out      io.Writer
	terminal *term.Terminal
	keys     *keyReader
	complete func(word string) []string
}

// errCtrlC is what ctrl-C in a line comes to.
var errCtrlC = errors.New("ctrl-C")

func newLineReader(in *os.File, out io.Writer, history term.History, complete func(string) []string) *lineReader {
	r := &lineReader{in: in, out: out, keys: &keyReader{from: in}, complete: complete}
	r.terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{r.keys, &wideWriter{to: out}}, "")
	r.terminal.History = history
	r.terminal.AutoCompleteCallback = r.tab
	return r
}

// read gives the next line, errCtrlC, or io.EOF after ctrl-D. When ctx ends the terminal is given back, and what waits for
// a key is left waiting: it cannot be called back.
func (r *lineReader) read(ctx context.Context, prompt string) (string, error) {
	before, err := term.MakeRaw(int(r.in.Fd()))
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(int(r.in.Fd()), before) }()
	if width, height, err := term.GetSize(int(r.in.Fd())); err == nil && width > 0 {
		_ = r.terminal.SetSize(width, height)
	}
	r.terminal.SetPrompt(prompt)
	type line struct {
		text string
		err  error
	}
	lines := make(chan line, 1)
	go func() {
		text, err := r.terminal.ReadLine()
		lines <- line{text, err}
	}()
	select {
	case l := <-lines:
		if r.keys.cancelled.Swap(false) {
			return "", errCtrlC
		}
		return l.text, l.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// tab completes the word before the cursor; where it can go on in several ways they are shown.
func (r *lineReader) tab(line string, pos int, key rune) (string, int, bool) {
	if key != '\t' {
		return "", 0, false
	}
	begin := strings.LastIndexFunc(line[:pos], func(c rune) bool {
		return c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}) + 1
	word := line[begin:pos]
	if word == "" {
		return line[:pos] + "    " + line[pos:], pos + 4, true
	}
	ways := r.complete(word)
	if len(ways) == 0 {
		return line, pos, true
	}
	common := ways[0]
	for _, w := range ways[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	if common == word && len(ways) > 1 {
		shown := strings.Join(ways[:min(len(ways), 40)], "  ")
		_, _ = r.terminal.Write([]byte(shown + "\n"))
	}
	return line[:begin] + common + line[pos:], begin + len(common), true
}

// keyReader turns ctrl-C, at which a term.Terminal gives up for good, into keys that empty the line and end it.
type keyReader struct {
	from      io.Reader
	rest      []byte
	cancelled atomic.Bool
}

// The keys: to the end of the line, delete to its beginning, return.
var emptyLine = []byte{5, 21, '\r'}

func (k *keyReader) Read(p []byte) (int, error) {
	if len(k.rest) == 0 {
		some := make([]byte, 256)
		n, err := k.from.Read(some)
		if n == 0 {
			return 0, err
		}
		if bytes.IndexByte(some[:n], 3) >= 0 {
			k.cancelled.Store(true)
		}
		k.rest = bytes.ReplaceAll(some[:n], []byte{3}, emptyLine)
	}
	n := copy(p, k.rest)
	k.rest = k.rest[n:]
	return n, nil
}
