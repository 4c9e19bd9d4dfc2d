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

// strikes is how many children a ruleset may end before it is set aside.
const strikes = 3

// Worker has rules loaded and turns decided by children. Its methods may be called by several goroutines.
type Worker struct {
	o       Options
	calls   *calls
	running *seat // the rulesets in force, and those before them
	trying  *seat // those that nobody has adopted
	beside  *seat // those that only look on

	mu      sync.Mutex
	records map[string]*record // by hash, of rulesets that were adopted
}

// record is what is held against a ruleset. One that nobody has adopted has its own: what it does in the shadow, or when it
// is tried on the past, is not held against the same rules in force.
type record struct {
	deaths int
	last   *Death
}

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
	usual := func(ctx context.Context) (*child, error) { return w.start(ctx, o.Limits.Memory) }
	w.running = newSeat(usual, o.Now, o.Replaced)
	w.trying = newSeat(usual, o.Now, o.Replaced)
	w.trying.idle, w.trying.restless = time.Minute, true
	w.beside = newSeat(usual, o.Now, o.Replaced)
	w.beside.idle, w.beside.restless = time.Hour, true
	return w
}

func (w *Worker) start(ctx context.Context, memory int64) (*child, error) {
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
	r.seat.Store(w.trying)
	if err := w.asideError(w.recordOf(r.hash), files); err != nil {
		return nil, err
	}
	r.record.Store(&record{})
	var d engine.Description
	err := retried(func() error {
		return w.trying.use(ctx, func(c *child) (err error) {
			if len(c.has) > 0 || c.seq > 1 { // what was tried before may have filled it
				w.trying.fresh(c)
				if err := w.trying.fill(ctx); err != nil {
					return err
				}
				c = w.trying.child
			}
			if d, err = w.loadInto(ctx, c, files, true); err == nil {
				c.has[r.hash] = true
			}
			return err
		})
	})
	var death *Death
	switch {
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
		r.record.Store(w.recordOf(r.hash))
		r.seat.Store(w.running)
	}
}

// Beside moves a ruleset that Load gave to a child of its own: it looks on, and holds up nobody.
func (w *Worker) Beside(rules *engine.Ruleset) {
	if r, ok := rules.By().(*ruleset); ok && r.w == w {
		r.seat.Store(w.beside)
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
	q := storiesOut(files, stories)
	var got *told
	err = retried(func() error {
		c, err := w.start(ctx, w.o.Limits.StoriesMemory)
		if err != nil {
			return err
		}
		r, err := c.call(ctx, w.o.Limits.Stories+3*time.Second, request{Story: &q})
		if err != nil {
			w.o.Replaced(c.why())
			return err
		}
		got = r.Stories
		c.end("")
		if r.Err != "" {
			return errors.New(r.Err)
		}
		return nil
	})
	var death *Death
	switch {
	case errors.As(err, &death) && death.Reason != DiedByKill:
		return nil, nil, &engine.LoadError{Problems: []engine.Problem{death.problem(files)}}
	case err != nil:
		return nil, nil, err
	case got == nil:
		return nil, nil, errors.New("the rule worker does not say what became of the timelines")
	}
	for _, p := range got.Failing {
		if !slices.Contains(q.Paths, p) {
			return nil, nil, errors.New("the rule worker speaks of a timeline that it was not given")
		}
	}
	return got.Failing, got.Problems, nil
}

// recordOf is the record of those rules in force.
func (w *Worker) recordOf(hash string) *record {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.records[hash]
	if r == nil {
		r = &record{}
		w.records[hash] = r
	}
	return r
}

// died counts a death.
func (w *Worker) died(r *ruleset, d *Death) {
	rec := r.record.Load()
	w.mu.Lock()
	rec.deaths++
	rec.last = d
	loss := Loss{
		Ruleset: r.hash, Adopted: rec == w.records[r.hash], Death: d, Deaths: rec.deaths, Aside: rec.deaths == strikes,
	}
	w.mu.Unlock()
	w.o.Died(loss)
}

// Pardon forgets the deaths of a ruleset in force: it decides again.
func (w *Worker) Pardon(hash string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.records[hash]; r != nil {
		r.deaths = 0
	}
}

// asideError is why a ruleset decides nothing any more; nil: it does.
func (w *Worker) asideError(r *record, files engine.Snapshot) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.deaths < strikes {
		return nil
	}
	p := r.last.problem(files)
	p.Text = fmt.Sprintf("this ruleset has ended the rule worker %d times and is set aside until it changes; the last time: %s", r.deaths, p.Text)
	return &engine.LoadError{Problems: []engine.Problem{p}}
}

// Aside lists the rulesets that were in force and are set aside, by hash.
func (w *Worker) Aside() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for hash, r := range w.records {
		if r.deaths >= strikes {
			out = append(out, hash)
		}
	}
	slices.Sort(out)
	return out
}

// Memory is the resident memory of the child of the rulesets in force, in bytes; 0: there is none, or it is not known.
func (w *Worker) Memory() int64 {
	pid, _, ok := w.Running()
	if !ok {
		return 0
	}
	return resident(pid)
}

// Running is the child of the rulesets in force as it is now; ok is false while there is none, or it is busy.
func (w *Worker) Running() (pid int, c Confinement, ok bool) {
	child, ok := w.running.status()
	if !ok {
		return 0, c, false
	}
	return child.cmd.Process.Pid, child.hello, true
}

// Try starts a child, and says what it could give up.
func (w *Worker) Try(ctx context.Context) (c Confinement, err error) {
	err = w.trying.use(ctx, func(child *child) error { c = child.hello; return nil })
	return c, err
}

// Close ends the children.
func (w *Worker) Close() error {
	w.running.close()
	w.trying.close()
	w.beside.close()
	return nil
}
