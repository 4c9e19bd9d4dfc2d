package worker

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

// BoundedArgument is the first argument of a process that is a bounded command: one that runs rules by itself, as those that
// run timelines do. It is the program's own command, with files and network and everything, as a child of the same command:
// what has no more memory in Go ends with pages that tell nobody anything, and somebody has to be left to say what happened.
const BoundedArgument = "bounded-command"

// IsBounded says whether the arguments of a process are those of a bounded command.
func IsBounded(args []string) bool { return len(args) > 1 && args[1] == BoundedArgument }

const (
	boundedMemory = 1 << 30  // beside what the program has at the start ...
	boundedPerCPU = 16 << 20 // ... and for each processor
	boundedStack  = 64 << 20 // as in a child
)

// Bound bounds the data and the stack of this process. It is for nobody to set: no command that is in order comes near.
func Bound() error {
	most := int64(boundedMemory + runtime.NumCPU()*boundedPerCPU)
	yieldMemory()
	debug.SetMaxStack(boundedStack)
	debug.SetMemoryLimit(most * 3 / 4) // collecting more often comes before dying
	return limitMemory(most)
}

// BeBounded bounds a process that IsBounded. It gives the arguments that the command was given, and its standard error:
// where the runtime writes when it ends the process is its parent's.
func BeBounded(args []string) (command []string, stderr *os.File, err error) {
	const fd = 3
	syscall.CloseOnExec(fd)
	if err := Bound(); err != nil {
		return nil, nil, fmt.Errorf("limiting memory: %w", err)
	}
	return args[2:], os.NewFile(fd, "standard error"), nil
}

// Ending is how a bounded command came to its end.
type Ending struct {
	Code int    // to exit with
	Why  string // rules have ended it: what they did; "" for any other end
	Said string // on its way out, if not that: what the runtime says of a mistake in the program
}

// RunBounded runs a command of this program, bounded, with what this process was given: its arguments, files, environment
// and signals. An error says that it could not be started.
func RunBounded(args []string) (Ending, error) {
	self, err := Self()
	if err != nil {
		return Ending{}, err
	}
	said := &lastThings{}
	cmd := &exec.Cmd{
		Path: self, Args: append([]string{args[0], BoundedArgument}, args[1:]...),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: said, ExtraFiles: []*os.File{os.Stderr},
		SysProcAttr: bounded(), WaitDelay: time.Second,
	}
	// What is typed in a terminal reaches both; what is sent to this process is passed on. Twice does no harm.
	signals := make(chan os.Signal, 8)
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(sig) { // as under nohup: the child ignores it too
			signal.Notify(signals, sig)
		}
	}
	defer signal.Stop(signals)
	runtime.LockOSThread() // the kernel ends the child with the thread that made it
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return Ending{}, err
	}
	over := make(chan struct{})
	defer close(over)
	go func() {
		for {
			select {
			case sig := <-signals:
				_ = cmd.Process.Signal(sig)
			case <-over:
				return
			}
		}
	}()
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return Ending{}, err
	}
	return endingOf(cmd.ProcessState, said.text()), nil
}

// endingOf tells from how a process ended, and what it said, why it did.
func endingOf(state *os.ProcessState, said string) Ending {
	e := Ending{Code: state.ExitCode(), Said: said}
	ws, _ := state.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		e.Code = 128 + int(ws.Signal())
		if ws.Signal() == syscall.SIGKILL && said == "" {
			e.Said = "something outside of gatefold ended it (is memory short?)"
		}
	}
	if said == "" || !ws.Signaled() && e.Code != 2 && !raceBuild { // how the runtime ends a process; the race detector has its own way
		return e
	}
	d := Death{Reason: causeOf(state, said, false), Memory: boundedMemory}
	if d.Reason == DiedOfMemory || d.Reason == DiedOfStack {
		return Ending{Code: 1, Why: d.why()}
	}
	return e
}

// lastThings keeps the beginning of what a process says.
type lastThings struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const thingsKept = 64 << 10

func (l *lastThings) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Write(p[:min(len(p), thingsKept-l.b.Len())])
	return len(p), nil
}

func (l *lastThings) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
