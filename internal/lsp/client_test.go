package lsp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/timeline"
)

// client is an editor that a test plays.
type client struct {
	t      testing.TB
	conn   net.Conn
	in     *bufio.Reader
	root   string
	id     int
	told   []message // notifications and requests of the server, that nobody has waited for
	served chan error
	logged *bytes.Buffer
}

type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// wall is the machine's clock.
type wall struct{}

func (wall) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// start begins a conversation over a folder with these files.
func start(t testing.TB, files map[string]string) *client {
	t.Helper()
	return startWith(t, files, func(*Options) {})
}

func startWith(t testing.TB, files map[string]string, change func(*Options)) *client {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ours, theirs := net.Pipe()
	c := &client{t: t, conn: ours, in: bufio.NewReader(ours), root: root, served: make(chan error, 1), logged: &bytes.Buffer{}}
	o := Options{
		Version: "test", Clock: wall{}, Root: func(string) string { return root },
		Read:    func(root string) (engine.Snapshot, error) { return timeline.Files(os.DirFS(root)) },
		Modules: func(string) []engine.Module { return builtins.All(builtins.Deps{}) },
		Log:     slog.New(slog.NewTextHandler(c.logged, nil)),
	}
	change(&o)
	go func() { c.served <- Serve(context.Background(), theirs, o) }()
	t.Cleanup(func() {
		ours.Close()
		select {
		case <-c.served:
		case <-time.After(10 * time.Second):
			t.Error("the server goes on although its editor is gone")
		}
	})
	return c
}

// readAhead reads all that comes, as an editor does: a server that waited until a test listens would stand still in the
// meantime.
func readAhead(from io.Reader) io.Reader {
	p := &ahead{}
	p.more = sync.NewCond(&p.mu)
	go func() {
		chunk := make([]byte, 32<<10)
		for {
			n, err := from.Read(chunk)
			p.mu.Lock()
			p.got.Write(chunk[:n])
			p.err = err
			p.mu.Unlock()
			p.more.Broadcast()
			if err != nil {
				return
			}
		}
	}()
	return p
}

type ahead struct {
	mu   sync.Mutex
	more *sync.Cond
	got  bytes.Buffer
	err  error
}

func (p *ahead) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.got.Len() == 0 && p.err == nil {
		p.more.Wait()
	}
	if p.got.Len() > 0 {
		return p.got.Read(b)
	}
	return 0, p.err
}

// begin is the handshake.
func (c *client) begin(capabilities string) *client {
	c.t.Helper()
	c.ask("initialize", `{"processId": 1, "rootUri": null, "capabilities": `+capabilities+`}`, nil)
	c.tell("initialized", `{}`)
	return c
}

func (c *client) write(body string) {
	c.t.Helper()
	if err := c.conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		c.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c.conn, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) read() message {
	c.t.Helper()
	m, err := c.next()
	if err != nil {
		c.t.Fatalf("reading an answer: %v", err)
	}
	return m
}

func (c *client) next() (m message, err error) {
	head, err := textproto.NewReader(c.in).ReadMIMEHeader()
	if err != nil {
		return m, err
	}
	n, err := strconv.Atoi(head.Get("Content-Length"))
	if err != nil {
		return m, err
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(c.in, body); err != nil {
		return m, err
	}
	return m, json.Unmarshal(body, &m)
}

func (c *client) tell(method, params string) {
	c.t.Helper()
	c.write(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params))
}

// send sends a request and gives its id.
func (c *client) send(method, params string) string {
	c.t.Helper()
	c.id++
	c.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, c.id, method, params))
	return strconv.Itoa(c.id)
}

// answer waits for the answer to a request.
func (c *client) answer(id string) message {
	c.t.Helper()
	for {
		m := c.read()
		if m.Method == "" && string(m.ID) == id {
			return m
		}
		c.told = append(c.told, m)
	}
}

// ask sends a request, and reads its answer into result.
func (c *client) ask(method, params string, result any) {
	c.t.Helper()
	m := c.answer(c.send(method, params))
	if m.Error != nil {
		c.t.Fatalf("%s: %d %s", method, m.Error.Code, m.Error.Message)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(m.Result, result); err != nil {
		c.t.Fatalf("%s: %v: %s", method, err, m.Result)
	}
}

// hear waits for a notification.
func (c *client) hear(method string, is func(json.RawMessage) bool) {
	c.t.Helper()
	for i, m := range c.told {
		if m.Method == method && is(m.Params) {
			c.told = append(c.told[:i:i], c.told[i+1:]...)
			return
		}
	}
	for {
		m := c.read()
		if m.Method == method && is(m.Params) {
			return
		}
		c.told = append(c.told, m)
	}
}

func (c *client) uri(name string) string { return fileURI(c.root, name) }

func (c *client) open(name, text string) {
	c.t.Helper()
	c.tell("textDocument/didOpen", js(map[string]any{"textDocument": map[string]any{"uri": c.uri(name), "languageId": "starlark", "version": 1, "text": text}}))
}

func (c *client) change(name string, version int, text string) {
	c.t.Helper()
	c.tell("textDocument/didChange", js(map[string]any{
		"textDocument": map[string]any{"uri": c.uri(name), "version": version}, "contentChanges": []any{map[string]any{"text": text}},
	}))
}

// problems waits for what is said of a version of a file.
func (c *client) problems(name string, version int) (list []Diagnostic) {
	c.t.Helper()
	c.hear("textDocument/publishDiagnostics", func(raw json.RawMessage) bool {
		var p publishDiagnosticsParams
		if json.Unmarshal(raw, &p) != nil || p.URI != c.uri(name) || version > 0 && (p.Version == nil || *p.Version != version) {
			return false
		}
		list = p.Diagnostics
		return true
	})
	return list
}

const mark = "‸" // where the cursor is

// marked takes the mark out of a text, and gives its place in units of UTF-16.
func marked(t testing.TB, text string) (string, Position) {
	t.Helper()
	before, after, ok := strings.Cut(text, mark)
	if !ok {
		t.Fatalf("no %s in %q", mark, text)
	}
	return before + after, newText(before+after).position(len(before), utf16Units)
}

// where is a place of a file as params.
func (c *client) where(name string, p Position) string {
	return js(map[string]any{"textDocument": map[string]any{"uri": c.uri(name)}, "position": p, "context": map[string]any{"includeDeclaration": true}})
}

func js(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
