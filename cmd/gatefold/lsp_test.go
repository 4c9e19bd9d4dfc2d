package main

import (
	"bufio"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What editors really send is answered by the program itself. In the files of testdata/lsp a line that begins with ">" is
// sent, and one that begins with "<" waits for a message that holds each of its parts.
func TestEditors(t *testing.T) {
	files, err := filepath.Glob("testdata/lsp/*.txt")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d conversations: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			root := t.TempDir()
			for name, text := range map[string]string{"gatefold.yaml": "rules: rules\naccounts:\n  - name: home\n", "rules/home.star": "def on_playback(now):\n    pass\n"} {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			converse(t, strings.NewReplacer("$ROOTURI", "file://"+root, "$ROOT", root).Replace(string(script)))
		})
	}
}

func converse(t *testing.T, script string) {
	t.Helper()
	server := exec.CommandContext(t.Context(), os.Args[0], "lsp", "--stdio")
	server.Env = append(os.Environ(), asGatefold+"=1")
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	messages := make(chan string, 100)
	go framed(out, messages)
	var heard []string
	waited := 0
	for n, line := range strings.Split(script, "\n") {
		body, sends := strings.CutPrefix(line, "> ")
		parts, waits := strings.CutPrefix(line, "< ")
		switch {
		case sends:
			if _, err := fmt.Fprintf(in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
		case waits:
			waited++
			if heard, err = wait(messages, heard, strings.Split(parts, " & ")); err != nil {
				t.Fatalf("line %d: %v: no message with %s", n+1, err, parts)
			}
		}
	}
	in.Close()
	if err := endOf(server); err != nil {
		t.Errorf("%v", err)
	}
	if waited < 5 {
		t.Errorf("only %d answers were waited for", waited)
	}
}

// wait gives what was heard and not waited for.
func wait(messages <-chan string, heard, parts []string) ([]string, error) {
	holds := func(m string) bool {
		for _, p := range parts {
			if !strings.Contains(m, p) {
				return false
			}
		}
		return true
	}
	for i, m := range heard {
		if holds(m) {
			return append(heard[:i:i], heard[i+1:]...), nil
		}
	}
	for {
		select {
		case m, ok := <-messages:
			if !ok {
				return heard, fmt.Errorf("the server has ended: heard %s", strings.Join(heard, "\n"))
			}
			if holds(m) {
				return heard, nil
			}
			heard = append(heard, m)
		case <-time.After(20 * time.Second):
			return heard, fmt.Errorf("nothing more: heard %s", strings.Join(heard, "\n"))
		}
	}
}

func framed(r io.Reader, messages chan<- string) {
	defer close(messages)
	in := bufio.NewReader(r)
	for {
		head, err := textproto.NewReader(in).ReadMIMEHeader()
		if err != nil {
			return
		}
		n, err := strconv.Atoi(head.Get("Content-Length"))
		if err != nil {
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		messages <- string(body)
	}
}
