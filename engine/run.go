package engine

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// Clock is where time comes from: the real one, a fast one, or a test's.
type Clock interface {
	Now() time.Time
	// After gives a channel that receives once, when d has passed, and a
	// function that gives it up.
	After(d time.Duration) (<-chan time.Time, func())
}

// Source carries out what a loop asks of the outside.
type Source interface {
	// Look gives Looked or LookFailed.
	Look(ctx context.Context, verify bool) Input
	// Pause gives PauseDone. It refuses when the look behind it is too old.
	Pause(ctx context.Context, p PauseNow) PauseDone
}

// Observer hears what happens. It must not block.
type Observer interface {
	Observe(account string, r Report)
}

// Runner drives one loop with a clock. All fields but Observer and Looks are required.
type Runner struct {
	Loop     *Loop
	Account  string
	Clock    Clock
	Source   Source
	Journal  Journal
	Modules  []Module
	Observer Observer
	Looks    func(look func()) // has a look made without waiting for it, perhaps after others'; nil: at once

	once   sync.Once
	inputs chan Input
}

// How long a Runner waits, when it ends, for what it has begun.
const (
	grace    = 500 * time.Millisecond // requests to the outside
	stopping = 3 * time.Second        // the journal
)

// Send hands news to the loop: a ruleset, a wait of the gate. It blocks only
// while the loop is busy, and gives up with ctx.
func (r *Runner) Send(ctx context.Context, in Input) error {
	r.once.Do(r.init)
	select {
	case r.inputs <- in:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Runner) init() { r.inputs = make(chan Input, 16) }

// Run drives the loop until ctx ends. Then it commits what is not kept yet and
// waits a moment for what is on its way.
func (r *Runner) Run(ctx context.Context) error {
	r.once.Do(r.init)
	w := &work{Runner: r, results: make(chan result), ended: make(chan struct{})}
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	w.outside, w.cancelOutside = context.WithCancel(context.WithoutCancel(ctx)) // no child of the other: that costs a map
	defer w.cancelOutside()
	defer close(w.ended)
	input := Input(Wake{})
	for {
		actions, wake := r.Loop.Step(r.Clock.Now(), input)
		w.all(actions)
		var alarm <-chan time.Time
		giveUp := func() {}
		if !wake.IsZero() {
			alarm, giveUp = r.Clock.After(wake.Sub(r.Clock.Now()))
		}
		select {
		case <-ctx.Done():
			giveUp()
			return w.stop()
		case input = <-r.inputs:
		case done := <-w.results:
			w.begun--
			if input = done.input; input == nil { // written: nothing to be told
				input = Wake{}
			}
		case <-alarm:
			input = Wake{}
		}
		giveUp()
	}
}

// work is what a run has begun.
type work struct {
	*Runner
	ctx           context.Context // of the journal
	outside       context.Context // of requests
	cancelOutside context.CancelFunc
	results       chan result
	ended         chan struct{}
	begun         int // results to come; only Run's goroutine counts
	mu            sync.Mutex
	queue         []Action // commits and what follows them, in order
	committing    bool
}

// result ends something that was begun. The input may be nil.
type result struct{ input Input }

// all does first what an intruder should feel, and last what observers are told:
// neither the journal nor a log line must hold up a pause.
func (w *work) all(actions []Action) {
	for urgency := range 3 {
		for _, a := range actions {
			if urgencyOf(a) == urgency {
				w.do(a)
			}
		}
	}
}

func urgencyOf(a Action) int {
	switch a.(type) {
	case PauseNow, ShowNow:
		return 0
	case Tell:
		return 2
	}
	return 1
}

func (w *work) do(a Action) {
	switch a := a.(type) {
	case LookNow:
		w.look(a)
	case PauseNow:
		w.begin(func() Input { return w.Source.Pause(w.outside, a) })
		runtime.Gosched() // let it begin here and now: another core would have to be woken first
	case ApplyNow:
		w.begin(func() Input { return Apply(w.outside, w.Clock.Now, w.Modules, a.Effect) })
	case AskNow:
		w.begin(func() Input {
			return Answered{N: a.N, Answers: AnswerNow(w.outside, w.Clock.Now, w.Modules, a.Asks)}
		})
	case CommitNow, DoneNow:
		w.enqueue(a)
	case ShowNow:
		for _, m := range w.Modules {
			if m.Stand != nil {
				m.Stand(w.Account, a.Stands)
			}
		}
	case Tell:
		if w.Observer != nil {
			w.Observer.Observe(w.Account, a.Report)
		}
	}
}

// look begins a look.
func (w *work) look(a LookNow) {
	do := func() Input { return w.Source.Look(w.outside, a.Verify) }
	if w.Looks == nil {
		w.begin(do)
		return
	}
	w.begun++
	w.Looks(func() { w.deliver(do()) })
}

// begin does something that takes time, and hands its outcome to the loop.
func (w *work) begin(do func() Input) {
	w.begun++
	go func() { w.deliver(do()) }()
}

func (w *work) deliver(in Input) {
	select {
	case w.results <- result{in}:
	case <-w.ended:
	}
}

// enqueue writes to the journal in order, without keeping a goroutine for each
// of ten thousand quiet accounts.
func (w *work) enqueue(a Action) {
	w.begun++
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, a)
	if !w.committing {
		w.committing = true
		go w.write()
	}
}

func (w *work) write() {
	for {
		w.mu.Lock()
		if len(w.queue) == 0 {
			w.committing = false
			w.mu.Unlock()
			return
		}
		next := w.queue[0]
		w.queue[0] = nil // the array keeps what it holds until the next commit
		w.queue = w.queue[1:]
		w.mu.Unlock()
		switch a := next.(type) {
		case CommitNow:
			receipt, err := w.Journal.Commit(w.ctx, a.Record)
			w.deliver(CommitDone{N: a.N, Receipt: receipt, Err: err})
		case DoneNow:
			var in Input
			if err := w.Journal.Done(w.ctx, w.Account, a.ID, a.Outcome); err != nil {
				in = MarkFailed{ID: a.ID, Outcome: a.Outcome, Err: err}
			}
			w.deliver(in)
		}
	}
}

// stop cancels what is on its way to the outside after a moment of grace, and
// lets the journal finish.
func (w *work) stop() error {
	last := func(in Input) {
		actions, _ := w.Loop.Step(w.Clock.Now(), in)
		for _, a := range actions {
			w.do(a)
		}
	}
	last(Stop{})
	defer time.AfterFunc(grace, w.cancelOutside).Stop()
	late := make(chan struct{})
	defer time.AfterFunc(stopping, func() { close(late) }).Stop()
	for w.begun > 0 {
		select {
		case done := <-w.results:
			w.begun--
			if a, ok := done.input.(Applied); ok {
				last(a)
			}
		case <-late:
			return errors.New("stopped before everything was written")
		}
	}
	return nil
}
