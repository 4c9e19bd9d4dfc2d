package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gatefold/engine"
)

// hand is a clock that goes on when a test says so.
type hand struct {
	mu  sync.Mutex
	now time.Duration
	set []*alarm
}

type alarm struct {
	at time.Duration
	do func()
}

func (h *hand) AfterFunc(d time.Duration, f func()) func() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &alarm{h.now + d, f}
	h.set = append(h.set, a)
	return func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		stopped := a.do != nil
		a.do = nil
		return stopped
	}
}

// advance lets time pass.
func (h *hand) advance(d time.Duration) {
	h.mu.Lock()
	h.now += d
	var due []func()
	for _, a := range h.set {
		if a.at <= h.now && a.do != nil {
			due = append(due, a.do)
			a.do = nil
		}
	}
	h.mu.Unlock()
	for _, do := range due {
		do()
	}
}

// settled waits until the server has done what it was told.
func (c *client) settled() {
	c.t.Helper()
	m := c.answer(c.send("textDocument/hover", c.where("home.star", Position{})))
	if m.Error != nil {
		c.t.Fatal(m.Error)
	}
}

// with waits for diagnostics of a version of home.star that have a text among them.
func (c *client) with(version int, text string) (list []Diagnostic) {
	c.t.Helper()
	c.hear("textDocument/publishDiagnostics", func(raw json.RawMessage) bool {
		var p publishDiagnosticsParams
		if json.Unmarshal(raw, &p) != nil || p.URI != c.uri("home.star") || p.Version == nil || *p.Version != version || !strings.Contains(string(raw), text) {
			return false
		}
		list = p.Diagnostics
		return true
	})
	return list
}

// trials are the tries of a test: each is told on asked, and ends with what comes on answer, or with its context.
type trials struct {
	asked  chan string
	answer chan tryAnswer
}

type tryAnswer struct {
	found []engine.Problem
	err   error
}

func startTrying(t *testing.T) (*client, *hand, trials) {
	t.Helper()
	clock, try := &hand{}, trials{make(chan string, 10), make(chan tryAnswer)}
	c := startWith(t, map[string]string{"home.star": ""}, func(o *Options) {
		o.Clock = clock
		o.Try = func(ctx context.Context, _ string, files engine.Snapshot) ([]engine.Problem, error) {
			try.asked <- string(files[0].Data)
			select {
			case a := <-try.answer:
				return a.found, a.err
			case <-ctx.Done():
				try.asked <- "not waited for"
				return nil, ctx.Err()
			}
		}
	})
	c.in = bufio.NewReader(readAhead(c.conn))
	return c.begin(`{}`), clock, try
}

func (try trials) hears(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-try.asked:
		if got != want {
			t.Fatalf("tried is %q, want %q", got, want)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("nothing is tried, want %q", want)
	}
}

func (try trials) idle(t *testing.T) {
	t.Helper()
	if len(try.asked) > 0 {
		t.Fatalf("tried: %q", <-try.asked)
	}
}

const unguarded = "def on_playback(now):\n    deny(now.device.name)\n"

func fails(line int) engine.Problem {
	return engine.Problem{Severity: engine.Warning, Code: engine.CodeFails, File: "home.star", Line: line, Col: 20, Text: "on_playback fails"}
}

// What can only be found by running rules is shown beside the rest, when the typing has paused.
func TestTryOut(t *testing.T) {
	c, clock, try := startTrying(t)
	c.open("home.star", unguarded)
	c.settled()
	clock.advance(lookAfter)
	if list := c.problems("home.star", 1); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	try.idle(t)
	clock.advance(tryAfter - lookAfter)
	try.hears(t, unguarded)
	c.settled() // nobody waits for it
	try.answer <- tryAnswer{found: []engine.Problem{fails(2)}}
	list := c.with(1, "on_playback fails")
	if len(list) != 1 || list[0].Severity != 2 || list[0].Range != (Range{Position{1, 19}, Position{1, 24}}) {
		t.Errorf("%+v", list)
	}

	// A line that stays keeps what was found in it, wherever it moves, until it is tried again.
	c.change("home.star", 2, "# a comment\n"+unguarded)
	c.settled()
	clock.advance(lookAfter)
	if list := c.problems("home.star", 2); len(list) != 1 || list[0].Range.Start != (Position{2, 19}) {
		t.Errorf("%+v", list)
	}
	c.change("home.star", 3, strings.Replace(unguarded, "now.device.name", "\"no\"", 1))
	c.settled()
	clock.advance(lookAfter)
	if list := c.problems("home.star", 3); len(list) != 0 {
		t.Errorf("the line is another: %+v", list)
	}
	try.idle(t)
}

// A change ends the try of what was there before, and a try that hangs holds up nothing.
func TestTryOutIsNotWaitedFor(t *testing.T) {
	c, clock, try := startTrying(t)
	c.open("home.star", unguarded)
	c.settled()
	clock.advance(tryAfter)
	try.hears(t, unguarded)
	c.change("home.star", 2, unguarded+"x = wrong\n")
	try.hears(t, "not waited for")
	c.settled()
	clock.advance(tryAfter)
	c.with(2, "wrong")
	c.settled()
	try.idle(t) // what does not load cannot be run

	c.change("home.star", 3, unguarded+"# right\n")
	c.settled()
	clock.advance(tryAfter)
	try.hears(t, unguarded+"# right\n")
	try.answer <- tryAnswer{err: &engine.LoadError{Problems: []engine.Problem{{File: "home.star", Line: 1, Col: 1, Text: "on_playback killed the rule worker"}}}}
	list := c.with(3, "killed")
	if len(list) != 1 || list[0].Severity != 1 || list[0].Range != (Range{Position{0, 0}, Position{0, 15}}) {
		t.Errorf("%+v", list)
	}

	// The same text is not tried again.
	c.tell("textDocument/didSave", `{"textDocument":{"uri":"`+c.uri("home.star")+`"}}`)
	c.settled()
	clock.advance(tryAfter)
	c.with(3, "killed")
	try.idle(t)
	c.conn.Close()
}

// That nothing can be tried is said once, and everything else goes on.
func TestTryOutThatCannotBe(t *testing.T) {
	c, clock, try := startTrying(t)
	c.open("home.star", unguarded)
	for i := range 3 {
		text := unguarded + strings.Repeat("#", i) + "\n"
		c.change("home.star", i+2, text)
		c.settled()
		clock.advance(tryAfter)
		try.hears(t, text)
		try.answer <- tryAnswer{err: errors.New("no process can be started")}
		if i == 0 {
			c.hear("window/logMessage", func(raw json.RawMessage) bool { return strings.Contains(string(raw), "no process can be started") })
		}
	}
	c.change("home.star", 9, "x = wrong\n")
	c.settled()
	clock.advance(lookAfter)
	c.with(9, "wrong")
	for _, m := range c.told {
		if m.Method == "window/logMessage" {
			t.Errorf("again: %s", m.Params)
		}
	}
}

// While somebody types, problems are looked for when the typing pauses, but not never.
func TestProblemsWaitForAPause(t *testing.T) {
	c, clock, _ := startTrying(t)
	c.open("home.star", "")
	c.settled()
	const step = lookAfter - time.Millisecond // faster than a pause is long
	version := 1
	for passed := time.Duration(0); passed < lookMost; passed += step {
		version++
		c.change("home.star", version, "x = wrong\n"+strings.Repeat("#", version))
		c.settled()
		for _, m := range c.told {
			t.Errorf("after %s: %s", passed, m.Params)
		}
		clock.advance(step)
	}
	c.with(version, "wrong")
	c.change("home.star", version+1, "x = wrong\n")
	c.settled()
	clock.advance(lookAfter)
	c.with(version+1, "wrong")
}
