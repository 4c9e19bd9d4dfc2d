package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// put writes a file of the folder as another program does.
func (c *client) put(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.root, name), []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// What another program changes is seen with the next question or letter, though the editor does not tell of it.
func TestFilesOfOthers(t *testing.T) {
	clock := &hand{}
	c := startWith(t, map[string]string{
		"home.star": "", "lib/a.star": "A = 1\n",
	}, func(o *Options) { o.Clock = clock }).begin(`{}`)
	const text = "load(\"lib/a.star\", \"A\")\n\ndef on_playback(now):\n    deny(str(A))\n"
	c.open("home.star", text)
	c.settled()
	clock.advance(lookAfter)
	if list := c.problems("home.star", 1); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	c.put("lib/a.star", "B = 1 # and no A\n")
	c.settled()
	clock.advance(lookAfter)
	c.with(1, "lib/a.star")

	c.put("lib/a.star", "A = 1\nB = 2\n")
	c.put("lib/b.star", "# New.\nC = 1\n")
	var got completionList
	c.ask("textDocument/completion", c.where("home.star", Position{0, 6}), &got)
	if have := strings.Join(labels(got.Items), " "); have != "lib/a.star lib/b.star" {
		t.Errorf("%s", have)
	}
	clock.advance(lookAfter)
	if list := c.problems("home.star", 1); len(list) != 0 {
		t.Errorf("%+v", list)
	}

	// Of a file that keeps its size the time tells.
	c.put("lib/a.star", "Z = 1\nB = 2\n")
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(c.root, "lib", "a.star"), later, later); err != nil {
		t.Fatal(err)
	}
	c.change("home.star", 2, text+"\n")
	c.settled()
	clock.advance(lookAfter)
	c.with(2, "lib/a.star")

	if err := os.Remove(filepath.Join(c.root, "lib", "a.star")); err != nil {
		t.Fatal(err)
	}
	c.change("home.star", 3, text)
	c.settled()
	clock.advance(lookAfter)
	c.with(3, "lib/a.star")
}

// A byte order mark is a letter for the editor, and nothing for the rules.
func TestByteOrderMark(t *testing.T) {
	for capabilities, width := range map[string]int{`{}`: 1, `{"general":{"positionEncodings":["utf-8"]}}`: 3} {
		c := start(t, map[string]string{"home.star": ""}).begin(capabilities)
		c.open("home.star", byteOrderMark+"X = [len, wrong]\nY=wrong\n")
		list := c.problems("home.star", 1)
		if len(list) != 2 || list[0].Range.Start != (Position{0, 10 + width}) || list[1].Range.Start != (Position{1, 2}) {
			t.Errorf("%+v", list)
		}
		var h *hover
		c.ask("textDocument/hover", c.where("home.star", Position{0, 5 + width}), &h)
		if h == nil || h.Range.Start != (Position{0, 5 + width}) {
			t.Errorf("%+v", h)
		}
		var symbols []documentSymbol
		c.ask("textDocument/documentSymbol", c.where("home.star", Position{}), &symbols)
		if len(symbols) != 2 || symbols[0].Name != "X" {
			t.Errorf("%+v", symbols)
		}
		c.change("home.star", 2, byteOrderMark+"X=1\n")
		if list := c.problems("home.star", 2); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		c.change("home.star", 3, byteOrderMark+"def on_blind(problem):\n    pass\n")
		if list := c.problems("home.star", 3); len(list) != 0 {
			t.Errorf("%+v", list)
		}
	}
}
