package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Argument is the first argument of a process that is a child. Whoever starts children by themselves (os.Executable) asks
// IsChild at the beginning of main, and calls Main.
const Argument = "rule-worker"

// IsChild says whether the arguments of a process are those of a child.
func IsChild(args []string) bool { return len(args) == 2 && args[1] == Argument }

// child is a process that runs rules, as its parent sees it. One request at a time.
type child struct {
	cmd     *exec.Cmd
	pipe    *pipe
	note    *os.File
	said    *firstWords
	in, out *os.File // of the pipe, to be closed
	memory  int64
	ours    int64 // the most memory that this process had before
	hello   Confinement

	seq     uint64
	has     map[string]bool    // rulesets, by hash
	mirrors map[string]*mirror // accounts
	size    int                // of the mirrors
	gone    []string           // accounts whose mirrors are only there any more
	turns   uint64

	mu     sync.Mutex
	reason string // why we killed it; "": we did not
	idle   bool   // it was killed because it got no time to compute
	let    bool   // it was ended because it is not needed any more
	waited uint64 // number of the request that is waited for; 0: none is
	done   chan struct{}
}

// start makes a child and waits until it takes rules.
func start(ctx context.Context, program string, args []string, within time.Duration, b begin) (*child, error) {
	c := &child{
		said: &firstWords{}, memory: b.Memory, done: make(chan struct{}),
		has: map[string]bool{}, mirrors: map[string]*mirror{},
	}
	if err := c.spawn(program, args); err != nil {
		return nil, fmt.Errorf("starting the rule worker: %w (isolation: none in the configuration, or GATEFOLD_ISOLATION=none, runs rules without one)", err)
	}
	r, err := c.call(ctx, allowance{whole: within, spare: b.Limits.Spare}, request{Begin: &b})
	if err == nil && r.Err != "" {
		err = errors.New(r.Err)
	}
	if err == nil && r.Hello == nil {
		err = errors.New("it does not say who it is")
	}
	if err != nil {
		c.end(DiedOfProtocol)
		var death *Death
		if errors.As(err, &death) { // no rule was there to be blamed
			text := "starting the rule worker: " + death.why()
			if death.Reason == DiedByKill {
				return nil, &killed{text, death.Idle}
			}
			return nil, errors.New(text)
		}
		return nil, fmt.Errorf("starting the rule worker: %w", err)
	}
	c.hello = *r.Hello
	return c, nil
}

// spawn starts the process: no environment, and no file but its three pipes and the note.
func (c *child) spawn(program string, args []string) (err error) {
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
		if err != nil {
			c.close()
		}
	}()
	var words *os.File
	for _, end := range []struct {
		ours **os.File
		read bool
	}{{&c.in, false}, {&c.out, true}, {&words, true}} {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		if end.read {
			*end.ours, theirs = r, append(theirs, w)
		} else {
			*end.ours, theirs = w, append(theirs, r)
		}
	}
	if c.note, err = newNote(); err != nil {
		words.Close()
		return err
	}
	c.ours = ownPeak()
	c.cmd = &exec.Cmd{
		Path: program, Args: args, Env: []string{}, Dir: "/",
		Stdin: theirs[0], Stdout: theirs[1], Stderr: theirs[2], ExtraFiles: []*os.File{c.note}, SysProcAttr: apart(),
	}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the kernel ends the child with the thread that made it
		defer runtime.UnlockOSThread()
		err := c.cmd.Start()
		started <- err
		if err != nil {
			words.Close()
			return
		}
		c.said.take(words)
		_ = c.cmd.Wait() // its state says it
		close(c.done)
	}()
	if err := <-started; err != nil {
		return err
	}
	c.pipe = newPipe(bufio.NewReader(c.out), c.in)
	return nil
}

func (c *child) close() {
	for _, f := range []*os.File{c.in, c.out, c.note} {
		if f != nil {
			f.Close()
		}
	}
}

// call sends a request and waits for its answer. An error is a *Death, and the child is gone: or the request could not be
// written at all.
func (c *child) call(ctx context.Context, within allowance, q request) (reply, error) {
	var r reply
	if err := c.ask(ctx, within, q, func(in reply) { r = in }); err != nil {
		return reply{}, err
	}
	return r, nil
}

// patience is how long what was begun is let run when nobody waits for it any more.
const patience = 200 * time.Millisecond

// ask is call for an answer in several parts.
func (c *child) ask(ctx context.Context, within allowance, q request, part func(reply)) error {
	c.seq++
	q.Seq, q.Forget = c.seq, c.gone
	seq := c.seq
	c.waitFor(seq)
	stop := c.watch(seq, newWatch(within))
	defer stop()
	unhook := context.AfterFunc(ctx, func() { time.AfterFunc(patience, func() { c.overdue(seq, overdue) }) })
	defer unhook()
	err := c.pipe.send(&q)
	if errors.As(err, new(*unsent)) { // it is the request that is wrong
		c.end("")
		return err
	}
	if err == nil {
		c.gone = nil
	}
	for more := true; err == nil && more; {
		var r reply
		if err = c.pipe.receive(&r); err == nil && r.Seq != c.seq {
			err = fmt.Errorf("an answer to request %d, not %d", r.Seq, c.seq)
		}
		if err == nil {
			more = r.More
			part(r)
		}
	}
	if err == nil {
		if killed := c.waitFor(0); killed { // too late to matter: but the next request would find it dying
			<-c.done
		}
		return nil
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.EPIPE) {
		c.kill(DiedOfProtocol)
	}
	err = c.dead(ctx, within, err)
	c.waitFor(0)
	return err
}

// waitFor says which request is waited for; 0: none is. It tells whether the child was killed before that.
func (c *child) waitFor(seq uint64) (killed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waited = seq
	return c.reason != ""
}

// watch looks at the child while it has not answered a request, and ends it when it is to be.
func (c *child) watch(seq uint64, w *watch) (stop func()) {
	var mu sync.Mutex
	var t *time.Timer
	stopped := false
	mu.Lock()
	defer mu.Unlock()
	t = time.AfterFunc(w.tick, func() {
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return
		}
		if verdict := w.look(c.sample()); verdict != waitOn {
			c.overdue(seq, verdict)
			return
		}
		t.Reset(w.tick)
	})
	return func() {
		t.Stop()
		mu.Lock()
		stopped = true
		mu.Unlock()
	}
}

// sample is how far the child has come.
func (c *child) sample() (s sample) {
	pid := c.cmd.Process.Pid
	s.mark = readMark(c.note)
	s.worked, s.known = computed(pid)
	s.large = resident(pid) > c.memory/2
	return s
}

// overdue kills it if it still has not answered a request. Whether it has and what is done about it is one step: a kill that
// comes late must not meet the next request.
func (c *child) overdue(seq uint64, why waiting) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waited != seq {
		return
	}
	reason := DiedOfTime
	if c.idle = why == starved; c.idle {
		reason = DiedByKill
	}
	c.killed(reason)
}

// kill ends it and says why. The first reason counts.
func (c *child) kill(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.killed(reason)
}

func (c *child) killed(reason string) {
	select {
	case <-c.done:
		return
	default:
	}
	if c.reason == "" {
		c.reason = reason
	}
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) // its group: what is no child of ours may have made others
	past := time.Unix(1, 0)                               // and whoever still holds the other end is not waited for
	_ = c.out.SetReadDeadline(past)
	_ = c.in.SetWriteDeadline(past)
}

// dead says of a child that answers no more why that is, and clears it away.
func (c *child) dead(ctx context.Context, within allowance, err error) error {
	grace := time.AfterFunc(time.Second, func() { c.kill(DiedOfProtocol) }) // it has closed the pipe and goes on
	<-c.done
	grace.Stop()
	said := c.said.text()
	d := &Death{Reason: c.why(), Rule: readNote(c.note), Said: lastWords(said), After: within.part, Memory: c.memory, Idle: c.idle}
	if d.After == 0 {
		d.After = within.whole
	}
	c.close()
	switch {
	case d.Reason == DiedOfTime && ctx.Err() != nil:
		return fmt.Errorf("the rule worker was not waited for: %w", context.Cause(ctx))
	case d.Reason == DiedOfProtocol:
		d.Said = lastWords(err.Error())
	}
	return d
}

func (c *child) why() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != "" {
		return c.reason
	}
	most := peak(c.cmd.ProcessState)
	return causeOf(c.cmd.ProcessState, c.said.text(), most > c.memory/2 && most > c.ours)
}

// end kills a child that nobody asks anything; without a reason it has done nothing wrong.
func (c *child) end(reason string) {
	c.let = c.let || reason == ""
	c.kill(reason)
	<-c.done
	c.close()
}

// ended says whether the process is gone.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// firstWords keeps the beginning of what a process says.
type firstWords struct {
	mu   sync.Mutex
	b    []byte
	from *os.File
	read chan struct{}
}

const wordsKept = 4096

// take reads until the other side is closed, and closes this one.
func (w *firstWords) take(f *os.File) {
	w.from, w.read = f, make(chan struct{})
	go func() {
		defer close(w.read)
		defer f.Close()
		buf := make([]byte, 1024)
		for {
			n, err := f.Read(buf)
			w.mu.Lock()
			w.b = append(w.b, buf[:min(n, wordsKept-len(w.b))]...)
			w.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
}

// text is what was said, once the process has ended.
func (w *firstWords) text() string {
	select {
	case <-w.read:
	case <-time.After(time.Second): // somebody else holds the other end
		_ = w.from.SetReadDeadline(time.Unix(1, 0))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.b)
}
