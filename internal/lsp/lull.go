package lsp

import (
	"sync"
	"time"
)

// Clock is what pauses of somebody's typing are measured with.
type Clock interface {
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

const (
	lookAfter = 100 * time.Millisecond // a pause: the letter and its answer come first
	lookMost  = 500 * time.Millisecond // though the typing goes on
	tryAfter  = 300 * time.Millisecond // a pause after which the rules are run
)

// lulls says of folders that change when it is time to look for their problems.
type lulls struct {
	clock Clock
	wake  chan struct{}

	mu      sync.Mutex
	waiting map[string]*waiting
	due     []due
}

// waiting is a folder that has changed.
type waiting struct {
	changes           int
	soon, most, quiet func() bool // stop the alarms; nil: not set
}

// due is a folder whose time has come.
type due struct {
	root    string
	overdue bool // the typing goes on
	try     bool
}

func newLulls(c Clock) *lulls {
	return &lulls{clock: c, wake: make(chan struct{}, 1), waiting: map[string]*waiting{}}
}

// changed begins the wait anew.
func (l *lulls) changed(root string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.waiting[root]
	if w == nil {
		w = &waiting{}
		l.waiting[root] = w
	}
	w.changes++
	n := w.changes
	stop(w.soon, w.quiet)
	w.soon = l.alarm(lookAfter, w, func() bool { return w.changes == n }, due{root: root})
	w.quiet = l.alarm(tryAfter, w, func() bool { return w.changes == n }, due{root: root, try: true})
	if w.most == nil {
		w.most = l.alarm(lookMost, w, func() bool { return w.most != nil }, due{root: root, overdue: true})
	}
}

// alarm says that it is time, unless that is past.
func (l *lulls) alarm(d time.Duration, w *waiting, counts func() bool, is due) (stop func() bool) {
	return l.clock.AfterFunc(d, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.waiting[is.root] != w || !counts() {
			return
		}
		if !is.try {
			stopped := w.most
			w.most = nil
			if stopped != nil {
				stopped()
			}
		}
		l.due = append(l.due, is)
		select {
		case l.wake <- struct{}{}:
		default:
		}
	})
}

// take gives the folders whose time has come.
func (l *lulls) take() []due {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.due
	l.due = nil
	return out
}

// forget ends the waits of a folder; of all with "".
func (l *lulls) forget(root string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, w := range l.waiting {
		if root == "" || name == root {
			stop(w.soon, w.most, w.quiet)
			delete(l.waiting, name)
		}
	}
}

func stop(alarms ...func() bool) {
	for _, stop := range alarms {
		if stop != nil {
			stop()
		}
	}
}
