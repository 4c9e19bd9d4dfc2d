package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty is a terminal of which the test holds the other end.
type pty struct {
	t      *testing.T
	master *os.File
	slave  *os.File

	mu      sync.Mutex
	written strings.Builder
	more    chan struct{}
}

func newPTY(t *testing.T) *pty {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	size := &unix.Winsize{Row: 30, Col: 120}
	if err := unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	p := &pty{t: t, master: master, slave: slave, more: make(chan struct{}, 1)}
	go p.read()
	return p
}

func (p *pty) read() {
	buf := make([]byte, 4096)
	for {
		n, err := p.master.Read(buf)
		p.mu.Lock()
		p.written.Write(buf[:n])
		p.mu.Unlock()
		select {
		case p.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (p *pty) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.String()
}

// waitFor waits until something was written on the terminal.
func (p *pty) waitFor(what string) {
	p.t.Helper()
	p.until(what, func() bool { return strings.Contains(p.text(), what) })
}

func (p *pty) until(what string, shown func() bool) {
	p.t.Helper()
	late := time.After(60 * time.Second)
	for !shown() {
		select {
		case <-p.more:
		case <-time.After(10 * time.Millisecond):
		case <-late:
			p.t.Fatalf("%q was never shown, but %q", what, p.text())
		}
	}
}

// lflag are the terminal's local modes.
func (p *pty) lflag() uint32 {
	p.t.Helper()
	modes, err := unix.IoctlGetTermios(int(p.slave.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return modes.Lflag
}

// demo starts the program in this terminal.
func (p *pty) demo(args ...string) *exec.Cmd {
	p.t.Helper()
	c := exec.Command(os.Args[0], append([]string{"demo"}, args...)...)
	c.Stdin, c.Stdout, c.Stderr = p.slave, p.slave, p.slave
	c.Env = append(os.Environ(), asGatefold+"=1", "TERM=xterm", "TMPDIR="+p.t.TempDir())
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

// However a demo ends, its terminal is as it was: keys show, Enter ends a line, the screen is the one from before.
func TestDemoGivesTheTerminalBack(t *testing.T) {
	for name, end := range map[string]func(*pty, *exec.Cmd){
		"q":       func(p *pty, _ *exec.Cmd) { _, _ = io.WriteString(p.master, "q") },
		"ctrl-C":  func(p *pty, _ *exec.Cmd) { _, _ = io.WriteString(p.master, "\x03") },
		"SIGTERM": func(_ *pty, c *exec.Cmd) { _ = c.Process.Signal(syscall.SIGTERM) },
		"SIGHUP":  func(_ *pty, c *exec.Cmd) { _ = c.Process.Signal(syscall.SIGHUP) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPTY(t)
			before := p.lflag()
			if before&unix.ICANON == 0 || before&unix.ECHO == 0 {
				t.Fatalf("a new terminal has the modes %x", before)
			}
			c := p.demo()
			p.waitFor("no message shows a button now")
			if now := p.lflag(); now&(unix.ICANON|unix.ECHO) != 0 || now&unix.ISIG == 0 {
				t.Errorf("modes %x while it runs", now)
			}
			_, _ = io.WriteString(p.master, "7")
			p.waitFor("there is no button 7")
			end(p, c)
			if err := endOf(c); err != nil {
				t.Errorf("%v: %s", err, p.text())
			}
			if now := p.lflag(); now != before {
				t.Errorf("modes %x, before it %x", now, before)
			}
			p.waitFor("\x1b[?1049l")
		})
	}
}

// Plain lines leave the terminal alone: a number and Enter press a button.
func TestPlainDemoReadsLines(t *testing.T) {
	p := newPTY(t)
	before := p.lflag()
	c := p.demo("--plain")
	p.waitFor("pace:")
	if now := p.lflag(); now != before {
		t.Errorf("modes %x, before it %x", now, before)
	}
	_, _ = io.WriteString(p.master, "7\n")
	p.waitFor("there is no button 7")
	_, _ = io.WriteString(p.master, "q\n")
	if err := endOf(c); err != nil {
		t.Errorf("%v: %s", err, p.text())
	}
}
