package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"gatefold/engine"
	"gatefold/internal/timeline"
)

// Options of a Worker. Program and Now are required.
type Options struct {
	Program    string          // that is a child when its arguments are Args; Self, but for tests
	Args       []string        // nil: {"gatefold", Argument}
	Modules    []engine.Module // to read effects back
	Vocabulary Vocabulary      // which the children get
	Zone       *time.Location  // that rules take for local time; nil: UTC
	TZ         string          // of the environment, for a Zone that is time.Local
	Limits     Limits
	Now        func() time.Time

	Died     func(Loss)          // a rule has ended a child; it must not block
	Replaced func(reason string) // a child has ended, whoever was to blame; it must not block
	Started  func(Confinement)   // a child takes rules; it must not block
}

// Loss is that a ruleset has ended a child.
type Loss struct {
	Ruleset string // hash
	Adopted bool   // it is in force, or was: not one that is only tried, or a shadow
	Death   *Death
	Deaths  int  // of this ruleset so far
	Aside   bool // now it decides nothing any more
}

// Worker has rules loaded and turns decided by children. Its methods may be called by several goroutines.
type Worker struct {
	o       Options
	calls   *calls
	running *pool // the rulesets in force, and those before them
	trying  *pool // those that nobody has adopted
	beside  *pool // those that only look on

	open   context.Context // until Close
	shut   context.CancelCauseFunc
	others sync.WaitGroup // children in no seat

	mu      sync.Mutex
	closed  bool
	records map[string]*record // by hash, of rulesets that were adopted and have ended a child
}

// together is how many children may decide turns at the same time. As a rule it is one.
const together = 4

// New makes a Worker. It starts nothing.
func New(o Options) *Worker {
	o.Limits = o.Limits.orDefault()
	if o.Args == nil {
		o.Args = []string{"gatefold", Argument}
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Died == nil {
		o.Died = func(Loss) {}
	}
	if o.Replaced == nil {
		o.Replaced = func(string) {}
	}
	if o.Started == nil {
		o.Started = func(Confinement) {}
	}
	w := &Worker{o: o, calls: newCalls(o.Modules), records: map[string]*record{}}
	w.open, w.shut = context.WithCancelCause(context.Background())
	usual := &seat{
		start: func(ctx context.Context) (*child, error) { return w.start(ctx, o.Limits.Memory) }, now: o.Now, lost: o.Replaced,
	}
	w.running = newPool(together, usual)
	usual.idle, usual.restless = time.Minute, true
	w.trying = newPool(1, usual)
	usual.idle = time.Hour
	w.beside = newPool(1, usual)
	return w
}

func (w *Worker) start(ctx context.Context, memory int64) (*child, error) {
	if w.open.Err() != nil {
		return nil, errClosed
	}
	c, err := start(ctx, w.o.Program, w.o.Args, w.o.Limits.Start, begin{
		Memory: memory, Limits: w.o.Limits, Vocabulary: w.o.Vocabulary, Zone: w.o.Zone.String(), TZ: w.o.TZ,
	})
	if err == nil {
		w.o.Started(c.hello)
	}
	return c, err
}

// Load has a child of its own load a ruleset and run each handler once. It gives a ruleset that decides in such a child,
// or an *engine.LoadError that says what is wrong, also when it has ended the child.
func (w *Worker) Load(ctx context.Context, files engine.Snapshot) (*engine.Ruleset, error) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b engine.File) int { return strings.Compare(a.Path, b.Path) })
	r := &ruleset{w: w, hash: files.Hash(), files: files}
	r.at.Store(w.trying)
	if err := w.asideError(r, true); err != nil {
		return nil, err
	}
	var d engine.Description
	err := retried(func() error {
		return w.trying.use(ctx, func(s *seat, c *child) (err error) {
			if len(c.has) > 0 || c.seq > 1 { // what was tried before may have filled it
				s.fresh()
				if err := s.fill(ctx); err != nil {
					return err
				}
				c = s.child.Load()
			}
			if d, err = w.loadInto(ctx, c, files, true); err == nil {
				c.has[r.hash] = true
			}
			return err
		})
	})
	var death *Death
	switch {
	case killedOutside(err):
		return nil, &outside{fmt.Errorf("no rule worker could try the rules: %s", reasonOf(err))}
	case errors.As(err, &death):
		return nil, &engine.LoadError{Problems: []engine.Problem{death.problem(files)}}
	case err != nil:
		return nil, err
	}
	return engine.Elsewhere(files, d, r), nil
}

// Adopt moves a ruleset that Load gave to the child of those in force.
func (w *Worker) Adopt(rules *engine.Ruleset) {
	if r, ok := rules.By().(*ruleset); ok && r.w == w {
		r.adopted.Store(true)
		r.at.Store(w.running)
	}
}

// Beside moves a ruleset that Load gave to a child of its own: it looks on, and holds up nobody.
func (w *Worker) Beside(rules *engine.Ruleset) {
	if r, ok := rules.By().(*ruleset); ok && r.w == w {
		r.at.Store(w.beside)
	}
}

// Timelines has the timelines of a folder run, in a child of their own, and gives the paths of those that fail. An
// *engine.LoadError says that one of them has ended it.
func (w *Worker) Timelines(ctx context.Context, files engine.Snapshot, stories []timeline.Story) (failing []string, err error) {
	failing, _, err = w.TimelineProblems(ctx, files, stories)
	return failing, err
}

// TimelineProblems is Timelines that also says where each of them fails.
func (w *Worker) TimelineProblems(ctx context.Context, files engine.Snapshot, stories []timeline.Story) (failing []string, problems []engine.Problem, err error) {
	parts, err := storiesOut(files, stories)
	if err != nil {
		return nil, nil, err
	}
	ctx, done, err := w.enter(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	var got *told
	err = retried(func() error {
		c, err := w.start(ctx, w.o.Limits.StoriesMemory)
		if err != nil {
			return err
		}
		var r reply
		for _, q := range parts {
			if r, err = c.call(ctx, w.o.Limits.stories(), request{Story: &q}); err != nil {
				break
			}
		}
		switch {
		case err == nil:
			c.end("")
		case !c.let:
			w.o.Replaced(c.why())
		}
		if err == nil && r.Err != "" {
			err = errors.New(r.Err)
		}
		got = r.Stories
		return err
	})
	var death *Death
	switch {
	case killedOutside(err):
		return nil, nil, &outside{fmt.Errorf("no rule worker could run the timelines: %s", reasonOf(err))}
	case errors.As(err, &death):
		return nil, nil, &engine.LoadError{Problems: []engine.Problem{death.problem(files)}}
	case err != nil:
		return nil, nil, err
	case got == nil:
		return nil, nil, errors.New("the rule worker does not say what became of the timelines")
	}
	for _, p := range got.Failing {
		if !slices.ContainsFunc(stories, func(s timeline.Story) bool { return s.Path == p }) {
			return nil, nil, errors.New("the rule worker speaks of a timeline that it was not given")
		}
	}
	return got.Failing, got.Problems, nil
}

// enter is for what has a child in no seat: the context ends with the Worker too, and Close waits for done.
func (w *Worker) enter(ctx context.Context) (_ context.Context, done func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, nil, errClosed
	}
	w.others.Add(1)
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(w.open, func() { cancel(errClosed) })
	return ctx, func() {
		unhook()
		cancel(nil)
		w.others.Done()
	}, nil
}

// Memory is the resident memory of the children of the rulesets in force, in bytes; 0: there is none, or it is not known.
func (w *Worker) Memory() int64 { return w.running.resident() }

// Running is the child of the rulesets in force as it is now, or the first of several; ok is false while there is none.
func (w *Worker) Running() (pid int, c Confinement, ok bool) {
	child := w.running.sits()
	if child == nil {
		return 0, c, false
	}
	return child.cmd.Process.Pid, child.hello, true
}

// Try starts a child, and says what it could give up.
func (w *Worker) Try(ctx context.Context) (c Confinement, err error) {
	err = w.trying.use(ctx, func(_ *seat, child *child) error { c = child.hello; return nil })
	return c, err
}

// Close ends the children. None is started any more.
func (w *Worker) Close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.shut(errClosed)
	for _, p := range []*pool{w.running, w.trying, w.beside} {
		p.close()
	}
	w.others.Wait()
	return nil
}
