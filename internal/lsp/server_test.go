package lsp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// refused asks for something, and wants it refused with a code.
func (c *client) refused(method, params string, code int) {
	c.t.Helper()
	m := c.answer(c.send(method, params))
	if m.Error == nil || m.Error.Code != code || m.Error.Message == "" {
		c.t.Errorf("%s: %+v, want %d", method, m.Error, code)
	}
}

// ended waits for the end of the conversation.
func (c *client) ended() error {
	c.t.Helper()
	select {
	case err := <-c.served:
		c.served <- err
		return err
	case <-time.After(10 * time.Second):
		c.t.Fatal("it goes on")
		return nil
	}
}

func TestLifecycle(t *testing.T) {
	c := start(t, nil)
	c.refused("textDocument/hover", `{}`, codeNotInitialized)
	c.refused("initialize", `[]`, -32602)
	var hello initializeResult
	c.ask("initialize", `{"processId":1,"capabilities":{}}`, &hello)
	if hello.ServerInfo["name"] != "gatefold" || hello.Capabilities["positionEncoding"] != "utf-16" {
		t.Errorf("%+v", hello)
	}
	c.refused("initialize", `{"processId":1,"capabilities":{}}`, -32600)
	c.tell("initialized", `{}`)
	c.tell("$/setTrace", `{"value":"off"}`)
	c.tell("workspace/didChangeConfiguration", `{"settings":{}}`)
	c.refused("textDocument/hover", c.where("nowhere.star", Position{}), -32602)
	c.refused("textDocument/hover", `"x"`, -32602)
	c.refused("workspace/wibble", `{}`, -32601)
	c.ask("shutdown", `null`, nil)
	c.refused("textDocument/hover", `{}`, -32600)
	c.tell("exit", `null`)
	if err := c.ended(); err != nil {
		t.Error(err)
	}
}

func TestAnEditorThatGoesAway(t *testing.T) {
	c := start(t, nil).begin(`{}`)
	c.conn.Close()
	if err := c.ended(); !errors.Is(err, ErrAbrupt) {
		t.Error(err)
	}
	c = start(t, nil).begin(`{}`)
	c.tell("exit", `null`)
	if err := c.ended(); !errors.Is(err, ErrAbrupt) {
		t.Error(err)
	}
}

// What makes no sense is answered, and what comes after it too.
func TestMessagesThatMakeNoSense(t *testing.T) {
	c := start(t, map[string]string{"home.star": ""})
	for body, code := range map[string]int{
		`{"jsonrpc":`: -32700, `wibble`: -32700, ``: -32700, `{}`: -32600, `[]`: -32600, `null`: -32600, `{"id":1}`: -32600,
		`{"jsonrpc":"2.0","id":{},"method":"initialize"}`: -32600,
	} {
		c.write(body)
		if m := c.read(); m.Error == nil || m.Error.Code != code || string(m.ID) != "null" {
			t.Errorf("%q: %+v %s", body, m.Error, m.ID)
		}
	}
	go fmt.Fprintf(c.conn, "content-type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length: %d\r\n\r\n%s", maxMessage+1, strings.Repeat("x", maxMessage+1))
	if m := c.read(); m.Error == nil || m.Error.Code != -32600 {
		t.Errorf("too large: %+v", m.Error)
	}
	c.begin(`{}`)
	c.tell("textDocument/didChange", `{"textDocument":{"uri":"file:///nowhere.star"},"contentChanges":[]}`)
	c.tell("textDocument/didOpen", `7`)
	c.open("home.star", "def on_blind(problem):\n    pass\n")
	if list := c.problems("home.star", 1); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestHeaders(t *testing.T) {
	for _, head := range []string{"wibble\r\n\r\n", "Content-Length: many\r\n\r\n", "Content-Length: -1\r\n\r\n", "Content-Length: 99999999999\r\n\r\n",
		strings.Repeat("X: y\r\n", maxHeaders+1), strings.Repeat("x", 100_000), "Content-Length: 5\r\n\r\nab"} {
		s := newStream(both{strings.NewReader(head), io.Discard})
		var v any
		if err := s.ReadObject(&v); err == nil || errors.Is(err, io.EOF) && err.Error() == "EOF" {
			t.Errorf("%.40q: %v", head, err)
		}
	}
}

type both struct {
	io.Reader
	io.Writer
}

func (both) Close() error { return nil }

// A request that is taken back before its turn is not done. The first answer is not read before that: the server waits
// with it.
func TestTakenBack(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("home.star", "x = len([])\n")
	c.problems("home.star", 1)
	first := c.send("textDocument/hover", c.where("home.star", Position{0, 5}))
	second := c.send("textDocument/hover", c.where("home.star", Position{0, 5}))
	third := c.send("textDocument/hover", c.where("home.star", Position{0, 5}))
	c.tell("$/cancelRequest", `{"id":`+second+`}`)
	c.tell("$/cancelRequest", `{"id":"nobody"}`)
	if m := c.answer(first); m.Error != nil {
		t.Errorf("%+v", m.Error)
	}
	if m := c.answer(second); m.Error == nil || m.Error.Code != codeCancelled {
		t.Errorf("%s %+v", m.Result, m.Error)
	}
	if m := c.answer(third); m.Error != nil || string(m.Result) == "null" {
		t.Errorf("%+v", m.Error)
	}
}

// A panic is an error, and no more.
func TestPanics(t *testing.T) {
	c := start(t, household).begin(`{}`)
	c.open("home.star", "x = len([])\n")
	c.tell("textDocument/didChange", `{"textDocument":{"uri":"`+c.uri("home.star")+`","version":2},"contentChanges":[{"range":{"start":{"line":-3,"character":9},"end":{"line":99,"character":-1}},"text":"x = len("}]}`)
	c.ask("textDocument/hover", c.where("home.star", Position{0, 5}), nil)
	s := server{session: newSession(Options{Log: discard(t)}, pages(t))}
	if a := s.safely(func() (any, error) { panic("boo") }); a.err == nil || !strings.Contains(a.err.Error(), "boo") {
		t.Errorf("%+v", a)
	}
}

// Positions are units of what was agreed on, and edits go where they are meant.
func TestEncodings(t *testing.T) {
	for _, x := range []struct {
		capabilities string
		end          int // of "# Küche 🎶" in units
		wrong        int // where "wrong" begins
	}{
		{`{"general":{"positionEncodings":["utf-8","utf-32"]}}`, 13, 15},
		{`{"general":{"positionEncodings":["utf-16"]}}`, 10, 12},
		{`{}`, 10, 12},
	} {
		c := start(t, map[string]string{"home.star": ""}).begin(x.capabilities)
		c.open("home.star", "# Küche 🎶\nX = [\"ä🎶\", wrong]\n")
		list := c.problems("home.star", 1)
		if len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		if r := list[0].Range; r.Start.Line != 1 || r.Start.Character != x.wrong {
			t.Errorf("%s: %+v", x.capabilities, r)
		}
		c.tell("textDocument/didChange", js(map[string]any{
			"textDocument": map[string]any{"uri": c.uri("home.star"), "version": 2},
			"contentChanges": []any{
				map[string]any{"range": Range{Position{0, x.end}, Position{0, x.end}}, "text": "!"},
				map[string]any{"range": list[0].Range, "text": "len"},
				map[string]any{"range": Range{Position{0, 0}, Position{1, 0}}, "text": "# gone\n\n"},
			},
		}))
		if list := c.problems("home.star", 2); len(list) != 0 {
			t.Errorf("%s: %+v", x.capabilities, list)
		}
		var h *hover
		c.ask("textDocument/hover", c.where("home.star", Position{2, list[0].Range.Start.Character + 1}), &h)
		if h == nil || h.Range.Start != (Position{2, list[0].Range.Start.Character}) {
			t.Errorf("%s: %+v", x.capabilities, h)
		}
	}
}

func TestProblems(t *testing.T) {
	c := start(t, map[string]string{
		"home.star":       "load(\"lib/a.star\", \"A\")\n\ndef on_playback(now):\n    log(A)\n",
		"lib/a.star":      "A = wrong\n",
		"_set_aside.star": "x = wibble\n",
		"a_test.star":     "assert.eq(1, wobble)\n",
	}).begin(`{"workspace":{"didChangeWatchedFiles":{"dynamicRegistration":true}}}`)
	c.hear("client/registerCapability", func(raw json.RawMessage) bool { return bytes.Contains(raw, []byte("**/*.star")) })
	c.write(`{"jsonrpc":"2.0","id":"0","result":null}`)

	// Problems of a file that is not open are told too, and go when it is saved without them.
	c.open("home.star", "load(\"lib/a.star\", \"A\")\n\ndef on_blind(problem):\n    log(A)\n")
	if list := c.problems("lib/a.star", 0); len(list) != 1 || !strings.Contains(list[0].Message, "wrong") {
		t.Errorf("%+v", list)
	}
	c.change("home.star", 2, "load(\"lib/a.star\", \"A\")\n\ndef on_blind(problem):\n    log(A, B)\n")
	list := c.problems("home.star", 2)
	if len(list) != 1 || list[0].Severity != 1 || list[0].Source != "gatefold" || list[0].Range != (Range{Position{3, 11}, Position{3, 12}}) {
		t.Errorf("%+v", list)
	}
	c.change("home.star", 3, "load(\"lib/a.star\", \"A\")\n\ndef on_blind(problem):\n    log(A)\n")
	if list := c.problems("home.star", 3); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if err := os.WriteFile(filepath.Join(c.root, "lib", "a.star"), []byte("A = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c.tell("workspace/didChangeWatchedFiles", js(map[string]any{"changes": []any{map[string]any{"uri": c.uri("lib/a.star"), "type": 2}}}))
	c.hear("textDocument/publishDiagnostics", func(raw json.RawMessage) bool { // what was told of it before may still be on its way
		var p publishDiagnosticsParams
		return json.Unmarshal(raw, &p) == nil && p.URI == c.uri("lib/a.star") && len(p.Diagnostics) == 0
	})

	// What the editor has open counts, and not what lies on the disk.
	c.open("lib/a.star", "A = other\n")
	if list := c.problems("lib/a.star", 1); len(list) != 1 || !strings.Contains(list[0].Message, "other") {
		t.Errorf("%+v", list)
	}
	c.change("lib/a.star", 2, "A = 1\nB = 2\n")
	if list := c.problems("lib/a.star", 2); len(list) != 0 {
		t.Errorf("%+v", list)
	}

	// Files that are no rules are looked through by themselves.
	c.open("_set_aside.star", "x = wibble\n")
	if list := c.problems("_set_aside.star", 1); len(list) != 1 {
		t.Errorf("%+v", list)
	}
	c.open("a_test.star", "assert.eq(1, wobble)\n")
	if list := c.problems("a_test.star", 1); len(list) != 1 || !strings.Contains(list[0].Message, "wobble") {
		t.Errorf("%+v", list)
	}
	// A file that does not parse.
	c.change("home.star", 4, "def on_playback(now:\n    log(\n")
	if list := c.problems("home.star", 4); len(list) != 1 {
		t.Errorf("%+v", list)
	}
	// One that is larger than rules can be.
	c.change("home.star", 5, strings.Repeat("x = 1\n", maxFile/6+10))
	if list := c.problems("home.star", 5); len(list) != 1 || !strings.Contains(list[0].Message, "256 KiB") {
		t.Errorf("%+v", list)
	}
	c.ask("textDocument/hover", c.where("home.star", Position{4, 1}), nil)
	// By itself.
	c.tell("textDocument/didOpen", `{"textDocument":{"uri":"untitled:Untitled-1","version":1,"text":"x = wibble\n"}}`)
	c.hear("textDocument/publishDiagnostics", func(raw json.RawMessage) bool {
		var p publishDiagnosticsParams
		return json.Unmarshal(raw, &p) == nil && p.URI == "untitled:Untitled-1" && len(p.Diagnostics) == 1
	})
	// What is closed has none.
	for _, name := range []string{"home.star", "lib/a.star", "_set_aside.star", "a_test.star"} {
		c.tell("textDocument/didClose", `{"textDocument":{"uri":"`+c.uri(name)+`"}}`)
	}
	c.told = nil
	c.hear("textDocument/publishDiagnostics", func(raw json.RawMessage) bool {
		var p publishDiagnosticsParams
		return json.Unmarshal(raw, &p) == nil && p.URI == c.uri("a_test.star") && len(p.Diagnostics) == 0
	})
}

// Whatever comes in, what goes out are whole messages, and it comes to an end.
func FuzzStream(f *testing.F) {
	f.Add([]byte("Content-Length: 2\r\n\r\n{}"))
	f.Add([]byte("content-length:15\nX: y\n\n{\"method\":\"x\"}\nContent-Length: 3\r\n\r\nabc"))
	f.Add([]byte("Content-Length: 52\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"exit\",\"params\":{}}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		s := newStream(both{bytes.NewReader(in), &out})
		for {
			var v map[string]any
			if s.ReadObject(&v) != nil {
				break
			}
		}
		c := client{t: t, in: bufio.NewReader(&out)}
		for {
			m, err := c.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || m.Error == nil {
				t.Fatalf("%v %+v", err, m)
			}
		}
	})
}
