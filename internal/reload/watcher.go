package reload

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"gatefold/engine"
)

// Watcher keeps what is in force equal to the newest good content of a folder of
// rules, or of a single file. It is safe for concurrent use.
type Watcher struct {
	o       Options
	running atomic.Bool
	hints   chan struct{} // something may have changed

	// busy holds one token: whoever has it reads, judges and installs, and owns
	// the fields of this block.
	busy   chan struct{}
	notify *notifier // nil: no events
	last   *tree     // as it was when the folder was last read
	unsure bool      // stat may hide a change of what was last read
	folder string    // hash of what was last read; empty if that failed
	asked  bool      // the look under way is one that somebody asked for
	failed failure

	mu     sync.Mutex
	status Status
}

// failure is what was last found wrong with the folder.
type failure struct {
	key    string // a hash, or the text of the error without one; empty: all is well
	beside string // what lay beside the rules then: another one is a reason to try again
	err    error
}

// New makes a Watcher that has not looked yet. Reload looks once, before Run if
// need be; Run goes on looking.
func New(o Options) (*Watcher, error) {
	o, err := o.orDefaults()
	if err != nil {
		return nil, err
	}
	w := &Watcher{
		o:      o,
		hints:  make(chan struct{}, 1),
		busy:   make(chan struct{}, 1),
		status: Status{Hash: o.InForce, Watching: byScan, Why: "not watching yet"},
	}
	if o.InForce != "" {
		w.status.Since = o.Clock.Now()
	}
	if o.Aside.Hash != "" {
		w.failed = failure{key: o.Aside.Hash, beside: o.look().beside, err: o.Aside.Why}
		w.status.Err, w.status.ErrSince = o.Aside.Why, o.Clock.Now()
	}
	return w, nil
}

// Status says how things stand.
func (w *Watcher) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status
}

// Reload reads the folder now and returns what came of it; a ruleset that is
// remembered as failed is tried, and reported, again. The error is ctx's while
// waiting for a reload under way; that the rules are bad is in the Result.
func (w *Watcher) Reload(ctx context.Context) (Result, error) {
	if err := w.acquire(ctx); err != nil {
		return Result{}, err
	}
	defer w.release()
	return w.read(true), nil
}

// Look reads the folder now as an event would have it read: what failed before, or is barred, is not tried again.
func (w *Watcher) Look(ctx context.Context) (Result, error) {
	if err := w.acquire(ctx); err != nil {
		return Result{}, err
	}
	defer w.release()
	return w.read(false), nil
}

// Asked tells a Build whether somebody asked for this look (Reload), or files have changed.
func (w *Watcher) Asked() bool { return w.asked }

// Choice is what Put installs. The zero one changes nothing.
type Choice struct {
	Hash    string
	Install func()
}

// Put installs what somebody chose, whatever the folder holds. choose is called when no reload is under way, with the hash
// of what the folder holds ("": it cannot be read). What is to keep the folder from being in force again at the next look
// is Barred from then on.
func (w *Watcher) Put(ctx context.Context, choose func(folder string) (Choice, error)) error {
	if err := w.acquire(ctx); err != nil {
		return err
	}
	defer w.release()
	if w.last == nil {
		w.read(false) // what is chosen comes after what is there
	} else { // what has changed and was not looked at yet is no later edit either
		w.folder = ""
		if s, _, err := capture(w.o.look, w.o.Limits, func(*tree) {}); err == nil {
			w.folder = s.Hash()
		}
	}
	c, err := choose(w.folder)
	if err != nil || c.Install == nil {
		return err
	}
	c.Install()
	if w.folder == c.Hash {
		w.failed = failure{}
	} else if why := w.barred(w.folder); why != nil {
		w.failed = failure{key: w.folder, beside: w.last.beside, err: why}
	}
	w.update(func(st *Status) {
		now := w.o.Clock.Now()
		st.Hash, st.Since = c.Hash, now
		if st.Err != w.failed.err {
			st.Err, st.ErrSince = w.failed.err, now
		}
		if st.Err == nil {
			st.ErrSince = time.Time{}
		}
		st.Installed++
	})
	return nil
}

func (w *Watcher) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Watcher) release() { <-w.busy }

// racy is how long after its last change a file may change again without its
// times showing it, on the coarsest file systems (FAT: 2 s).
const racy = 2 * time.Second

// read looks at the content, whatever stat says, and acts on it.
func (w *Watcher) read(retry bool) Result {
	began := w.o.Clock.Now()
	snapshot, t, err := capture(w.o.look, w.o.Limits, w.watch)
	w.last = t
	w.unsure = err != nil || anyErr(snapshot) || began.UnixNano()-t.newest < int64(racy)
	w.asked = retry
	r := w.judge(snapshot, err, retry)
	r.InForce = w.Status().Hash
	r.Time = w.o.Clock.Now()
	r.Took = r.Time.Sub(began)
	if r.Outcome != Unchanged {
		w.o.Report(r)
	}
	return r
}

// anyErr: what could not be read may be readable later without looking different.
func anyErr(s engine.Snapshot) bool {
	for _, f := range s {
		if f.Err != nil {
			return true
		}
	}
	return false
}
