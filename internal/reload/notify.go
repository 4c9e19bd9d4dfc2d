package reload

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// source is something that tells what happens in folders.
type source struct {
	folders interface {
		Add(folder string) error // again: no harm, and heals a folder that was replaced
		Remove(folder string) error
		Close() error // closes both channels
	}
	events <-chan fsnotify.Event
	errors <-chan error
}

func openInotify() (source, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return source{}, err
	}
	return source{folders: w, events: w.Events, errors: w.Errors}, nil
}

// notifier makes hints out of events. Its goroutine takes whatever comes without
// ever waiting: fsnotify may hold its lock while it sends, and a long build must
// not fill the kernel's queue.
type notifier struct {
	source source
	hint   func()
	ended  chan struct{}

	mu      sync.Mutex
	tree    *tree
	watched map[string]bool // folders added and not removed
}

func newNotifier(s source, hint func()) *notifier {
	n := &notifier{source: s, hint: hint, ended: make(chan struct{}), watched: map[string]bool{}}
	go n.pump()
	return n
}

func (n *notifier) close() error {
	err := n.source.folders.Close()
	<-n.ended
	return err
}

func (n *notifier) pump() {
	defer close(n.ended)
	events, errs := n.source.events, n.source.errors
	for events != nil || errs != nil {
		select {
		case e, ok := <-events:
			if !ok {
				events = nil
			} else if n.matters(e.Name, e.Op) {
				n.hint()
			}
		case _, ok := <-errs:
			if !ok {
				errs = nil
			} else {
				n.hint() // events were lost: anything may have changed
			}
		}
	}
}

// matters spares reads; it decides nothing. In a folder of the tree every .star
// file and every timeline matters, and every name that comes or goes, because it may be a folder or
// a link. Elsewhere only the names on which the tree depends do.
func (n *notifier) matters(name string, op fsnotify.Op) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.tree == nil || n.watched[name] || n.tree.names[name] {
		return true
	}
	base := filepath.Base(name)
	if !n.tree.inside[filepath.Dir(name)] || ignored(base) {
		return false
	}
	return isStar(base) || isBeside(base) || op.Has(fsnotify.Create|fsnotify.Remove|fsnotify.Rename)
}

// follow watches the folders of a tree and no others. all is false if a folder
// is not watched without which an edit is missed; err is the first reason, or
// why one around them is not.
func (n *notifier) follow(t *tree) (all bool, err error) {
	n.mu.Lock()
	n.tree = t
	for f := range t.folders {
		n.watched[f] = true
	}
	var old []string
	for f := range n.watched {
		if !t.folders[f] {
			old = append(old, f)
			delete(n.watched, f)
		}
	}
	n.mu.Unlock() // fsnotify may be waiting for pump, which waits for mu

	for _, f := range old {
		_ = n.source.folders.Remove(f) // an error: it is not watched any more
	}
	all = true
	add := func(f string) {
		e := n.source.folders.Add(f)
		if e == nil || errors.Is(e, fs.ErrNotExist) || errors.Is(e, syscall.ENOTDIR) {
			return // gone: the next look finds out
		}
		all = all && !t.vital[f]
		if err == nil {
			err = fmt.Errorf("watching %s: %w", f, e)
		}
	}
	for f := range t.vital { // first: they are what matters if there is a limit
		add(f)
	}
	for f := range t.folders {
		if !t.vital[f] {
			add(f)
		}
	}
	return all, err
}

// explain says which limit it was that the system's error means.
func explain(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "no inotify watches left (sysctl fs.inotify.max_user_watches): " + err.Error()
	case errors.Is(err, syscall.EMFILE):
		return "no inotify instances or files left (sysctl fs.inotify.max_user_instances, ulimit -n): " + err.Error()
	}
	return err.Error()
}
