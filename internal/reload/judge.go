package reload

import (
	"errors"
	"fmt"
	"time"

	"gatefold/engine"
)

// judge decides what a snapshot means, and installs it if it is new and good.
func (w *Watcher) judge(s engine.Snapshot, err error, retry bool) Result {
	if err != nil {
		w.folder = ""
		return w.fail("", err, retry)
	}
	hash := s.Hash()
	w.folder = hash
	if hash == w.Status().Hash {
		return w.same(hash)
	}
	if why := w.barred(hash); why != nil && !retry {
		return w.leave(hash, why)
	}
	if hash == w.failed.key && w.last.beside == w.failed.beside && !retry {
		return Result{Outcome: Unchanged, Hash: hash, Err: w.failed.err}
	}
	if w.o.File == "" && !anyRule(s) {
		return w.fail(hash, fmt.Errorf("%w in %s", ErrNoRules, w.o.Dir), retry)
	}
	install, err := w.o.Build(s)
	if err != nil {
		return w.fail(hash, err, retry)
	}
	install()
	w.failed = failure{}
	w.update(func(st *Status) {
		st.Hash, st.Since = hash, w.o.Clock.Now()
		st.Err, st.ErrSince = nil, time.Time{}
		st.Installed++
	})
	return Result{Outcome: Installed, Hash: hash}
}

// barred is why a content is not to be tried without a word.
func (w *Watcher) barred(hash string) error {
	if hash == "" || w.o.Barred == nil {
		return nil
	}
	return w.o.Barred(hash)
}

// leave: the folder holds what must not be in force without a word, however it came there and whatever it held in between.
func (w *Watcher) leave(hash string, why error) Result {
	r := Result{Outcome: Unchanged, Hash: hash, Err: why}
	if w.failed.key == hash && w.failed.err.Error() == why.Error() {
		return r
	}
	if r.Outcome = LeftAside; errors.Is(why, ErrWaits) {
		r.Outcome = Waiting
	}
	w.failed = failure{key: hash, beside: w.last.beside, err: why}
	w.update(func(st *Status) { st.Err, st.ErrSince = why, w.o.Clock.Now() })
	return r
}

// same: the folder holds what is in force.
func (w *Watcher) same(hash string) Result {
	r := Result{Outcome: Unchanged, Hash: hash}
	if w.failed.key != "" {
		r.Outcome = Restored
		w.failed = failure{}
		w.update(func(st *Status) { st.Err, st.ErrSince = nil, time.Time{} })
	}
	return r
}

// fail keeps what is in force, and remembers the failure so that it is told once.
func (w *Watcher) fail(hash string, err error, retry bool) Result {
	key := hash
	if key == "" {
		key = "error: " + err.Error()
	}
	if key == w.failed.key && w.last.beside == w.failed.beside && !retry {
		return Result{Outcome: Unchanged, Hash: hash, Err: err}
	}
	w.failed = failure{key: key, beside: w.last.beside, err: err}
	r := Result{Outcome: Failed, Hash: hash, Err: err}
	if errors.Is(err, ErrWaits) {
		r.Outcome = Waiting
	}
	w.update(func(st *Status) {
		st.Err, st.ErrSince = err, w.o.Clock.Now()
		if r.Outcome == Failed {
			st.Failed++
		}
	})
	return r
}

func (w *Watcher) update(f func(*Status)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.status)
}

func anyRule(s engine.Snapshot) bool {
	for _, f := range s {
		if engine.IsRule(f.Path) {
			return true
		}
	}
	return false
}
