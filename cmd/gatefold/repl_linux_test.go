package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// repl starts the program in this terminal, on an invented listener and the rules of a folder.
func (p *pty) repl(dir, state string) *exec.Cmd {
	p.t.Helper()
	c := exec.Command(os.Args[0], "repl", "--example")
	c.Dir = dir
	c.Stdin, c.Stdout, c.Stderr = p.slave, p.slave, p.slave
	c.Env = append(os.Environ(), asGatefold+"=1", "TERM=xterm", "XDG_STATE_HOME="+state)
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

// types waits for a prompt, types, and waits for what is shown then.
func (p *pty) types(keys, shows string) {
	p.t.Helper()
	seen := len(p.text())
	if _, err := io.WriteString(p.master, keys); err != nil {
		p.t.Fatal(err)
	}
	p.waitAfter(seen, shows)
}

func (p *pty) waitAfter(seen int, what string) {
	p.t.Helper()
	p.until(what, func() bool { return strings.Contains(p.text()[seen:], what) })
}

func TestReplInATerminal(t *testing.T) {
	dir, state := exampleRules(t), t.TempDir()
	p := newPTY(t)
	before := p.lflag()
	c := p.repl(dir, state)
	p.waitFor("home example> ")
	p.types("now.device.name\r", "\r\n\"Bob's Laptop\"\r\nhome example> ")
	p.types("on_playback(now)\r", `would: slack.post(text="*Bob's Laptop* is playing", every="30m")`)
	p.waitFor("every=\"30m\")\r\nhome example> ")

	// Several lines; what they define stays. An empty line ends them.
	p.types("def twice(x):\r", "............. ")
	p.types("    return 2 * x\r", "............. ")
	p.types("\r", "home example> ")
	p.types("twice(21)\r", "\r\n42\r\nhome example> ")
	p.types("_ + 1\r", "\r\n43\r\nhome example> ")

	// A mistake shows where it is, and is no end.
	p.types("twise(1)\r", "did you mean twice?")
	p.waitFor("twice?\r\nhome example> ")

	// Tab completes members, and shows how a word can go on.
	p.types("now.dev\t.na\t.upper()\r", "\r\n\"BOB'S LAPTOP\"\r\nhome example> ")
	p.types("now.p\t", "now.pauses  now.pauses_in  now.playing  now.previous\r\n")

	// Ctrl-C gives up the line, and one of several.
	p.types(" rubbish(\x03", "\r\nhome example> ")
	p.types("def half(:\x03", "\r\nhome example> ")
	p.types("def three():\r", "............. ")
	p.types("    ret\x03", "\r\nhome example> ")
	p.types("1 + 1\r", "\r\n2\r\nhome example> ")

	// The line before the last, again.
	p.types("\x1b[A\x1b[A\r", "............. ")
	p.types("\x03", "\r\nhome example> ")

	p.types(":now\r", "Bob's Laptop (computer) plays Blue Train by John Coltrane")
	p.types(":nonsense\r", "there is no :nonsense: try :help\r\nhome example> ")
	p.types(" secret = 1\r", "\r\nhome example> ")
	// What is typed while something is evaluated comes after it: also the end.
	p.types("len(str([0] * 1000000))\r", "\r\n")
	p.until("the evaluation", func() bool { return p.lflag()&unix.ISIG != 0 })
	if _, err := io.WriteString(p.master, "\"and then\"\r\x04"); err != nil {
		t.Fatal(err)
	}
	if err := endOf(c); err != nil {
		t.Fatalf("%v: %s", err, p.text())
	}
	p.waitFor("\r\n\"and then\"\r\n")
	if now := p.lflag(); now != before {
		t.Errorf("modes %x, before it %x", now, before)
	}

	path := filepath.Join(state, "gatefold", "history")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the history has the mode %s", info.Mode())
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(kept), "now.device.name\non_playback(now)\ndef twice(x):\n") || strings.Contains(string(kept), "secret") {
		t.Errorf("the history:\n%s", kept)
	}

	// The next session begins with it.
	p = newPTY(t)
	c = p.repl(dir, state)
	p.waitFor("home example> ")
	p.types("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A", "def three():")
	_ = c.Process.Signal(syscall.SIGTERM)
	if err := endOf(c); err == nil {
		t.Error("a session that was ended ended well")
	}
	if now := p.lflag(); now != before {
		t.Errorf("modes %x after SIGTERM, before it %x", now, before)
	}
}
