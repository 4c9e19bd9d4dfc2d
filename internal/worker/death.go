package worker

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"time"
	"unicode"

	"gatefold/engine"
)

// The reasons of a death: a closed set.
const (
	DiedOfMemory   = "memory"   // it wanted more than it may have
	DiedOfStack    = "stack"    // it was nested deeper than a stack goes
	DiedOfTime     = "deadline" // it did not answer in time, and was killed
	DiedOfProtocol = "protocol" // it answered what cannot be, and was killed
	DiedByKill     = "killed"   // somebody else killed it
	DiedOtherwise  = "crash"
)

// Reasons is the closed set of them.
func Reasons() []string {
	return []string{DiedOfMemory, DiedOfStack, DiedOfTime, DiedOfProtocol, DiedByKill, DiedOtherwise}
}

// Death is that a child ended, or had to be killed, before it had answered.
type Death struct {
	Reason string
	Rule   Place         // what it was running; zero: no rule
	Said   string        // what it said last, one line
	After  time.Duration // of DiedOfTime: how long it was waited for
	Memory int64         // of DiedOfMemory: how much it may have
	Idle   bool          // of DiedByKill: we killed it, because it got no time to compute
}

// Place is what a child was running.
type Place struct {
	Handler string // "on_playback"; "" the file itself
	Story   string // a timeline that was run; "" none
	File    string
	Line    int
	Col     int
}

// String is "on_playback (home.star:3:1)".
func (p Place) String() string {
	out := p.File
	switch {
	case p == (Place{}):
		return "no rule"
	case p.Handler != "" && p.File == "":
		out = p.Handler
	case p.Handler != "":
		out = fmt.Sprintf("%s (%s:%d:%d)", p.Handler, p.File, p.Line, p.Col)
	case p.File != "":
		out = "the top level of " + p.File
	}
	if p.Story != "" {
		out = strings.TrimPrefix(out+" in "+p.Story, " in ")
	}
	return out
}

// Error names the handler and what it did.
func (d *Death) Error() string { return d.Rule.String() + " killed the rule worker: " + d.why() }

// Unwrap gives engine.ErrKilled.
func (d *Death) Unwrap() error { return engine.ErrKilled }

func (d *Death) why() string {
	switch d.Reason {
	case DiedOfMemory:
		return fmt.Sprintf("it wanted more memory than rules may have (%d MiB)", d.Memory>>20)
	case DiedOfStack:
		return "it is nested deeper than the stack goes"
	case DiedOfTime:
		return "it did not come to an end within " + engine.FormatDuration(d.After)
	case DiedOfProtocol:
		return "it made the worker answer what cannot be (" + d.Said + ")"
	case DiedByKill:
		if d.Idle {
			return "it was stopped, or got no time to compute"
		}
		return "something outside of gatefold ended the process"
	}
	return "it ended (" + d.Said + ")"
}

func (d *Death) hint() string {
	switch d.Reason {
	case DiedOfMemory:
		return "does a text or a list grow without end?"
	case DiedOfStack:
		return "is a value nested without end?"
	case DiedOfTime:
		return "does a value contain itself many times over? Steps alone do not stop printing, comparing or hashing one"
	}
	return ""
}

// problem is a death as what is wrong with the rules.
func (d *Death) problem(files engine.Snapshot) engine.Problem {
	p := engine.Problem{File: d.Rule.File, Line: d.Rule.Line, Col: d.Rule.Col, Text: d.Error(), Hint: d.hint()}
	for _, f := range files {
		if lines := bytes.SplitN(f.Data, []byte("\n"), p.Line+1); f.Path == p.File && p.Line > 0 && p.Line <= len(lines) && len(lines[p.Line-1]) <= 300 {
			p.Source = string(bytes.TrimRight(lines[p.Line-1], "\r"))
		}
	}
	return p
}

// ruleError is it as the error of a turn.
func (d *Death) ruleError(files engine.Snapshot) error {
	return &engine.RuleError{Problem: d.problem(files), Handler: d.Rule.Handler, Cause: d}
}

// causeOf tells from how a process ended, what it said, and whether it had got most of the memory that it may have, why it
// did. Where memory is short an allocation may fail in many ways: the kernel may kill too.
func causeOf(state *os.ProcessState, said string, large bool) string {
	cause := causeSaid(state, said)
	if large && (cause == DiedByKill || cause == DiedOtherwise) {
		return DiedOfMemory
	}
	return cause
}

func causeSaid(state *os.ProcessState, said string) string {
	switch {
	case strings.Contains(said, "stack exceeds") || strings.Contains(said, "stack overflow"):
		return DiedOfStack
	case strings.Contains(said, "out of memory") || strings.Contains(said, "cannot allocate memory") ||
		strings.Contains(said, "Sanitizer failed to allocate") || strings.Contains(said, "too many address space collisions") || strings.Contains(said, "pthread_create failed") || strings.Contains(said, "failed to create new OS thread"):
		return DiedOfMemory
	case memoryFault(said):
		return DiedOfMemory
	case state == nil:
		return DiedOtherwise
	case state.ExitCode() == exitHung:
		return DiedOfTime
	}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() && (ws.Signal() == syscall.SIGKILL || ws.Signal() == syscall.SIGTERM) {
		return DiedByKill
	}
	return DiedOtherwise
}

// memoryFault says whether the Go runtime itself ran into nil, outside of any goroutine: it takes the queues of its collector
// from the system and does not ask whether it got them (newSpanSPMC in Go 1.26's runtime/mgcmark_greenteagc.go). Nothing else
// makes it do so: nil in our code or in a library panics, and a panic says so.
func memoryFault(said string) bool {
	return faultOfRuntime.MatchString(said) && !strings.Contains(said, "panic: ")
}

var faultOfRuntime = regexp.MustCompile(`SIGSEGV: segmentation violation[^\]]{0,60}\baddr=0x0\b[^\n]*\n+goroutine [^\n]*:\nruntime\.`)

// lastWords is the first line of what a child said, fit for a log.
func lastWords(said string) string {
	for _, line := range strings.Split(said, "\n") {
		line = strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return -1
			}
			return r
		}, line)
		if line = strings.TrimSpace(line); line != "" {
			return line[:min(len(line), 200)]
		}
	}
	return "without a word"
}
