package reload

import (
	"cmp"
	"errors"
	"time"

	"gatefold/engine"
)

// Clock is the time a Watcher lives in.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once, in a goroutine of its own, after d. stop keeps it
	// from being called if it has not been.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// Options of a Watcher. Clock, Build and one of Dir and File are required.
type Options struct {
	Dir    string // a folder of rules
	File   string // or a single file of whatever kind: a snapshot of it alone, under its last name
	Limits Limits
	Clock  Clock

	// Build loads and vets a snapshot; it is pure. install is the one atomic swap,
	// and is called at once if err is nil. A Build that takes long delays the end
	// of Run by as much.
	Build func(engine.Snapshot) (install func(), err error)

	// Report hears of every outcome but Unchanged, one at a time and in order.
	// It may call Status, and must not call Reload. Optional.
	Report func(Result)

	// InForce is the hash of the snapshot that was installed before, as by a start
	// that fell back to an older one; empty if the first one is still to come.
	InForce string

	// Aside is a content that was tried before New, as by a start, and is not to be
	// in force: it is remembered as one that failed. Optional.
	Aside Aside

	// Barred says why a content must not be in force without a word: it is not tried
	// when the folder holds it, however often and whatever it held in between, but by
	// Reload. nil: it may be. An error that is ErrWaits is told as Waiting. Optional.
	Barred func(hash string) error

	NoInotify bool          // scan only
	Debounce  time.Duration // how long it must be quiet before the folder is read; 150 ms
	MaxDelay  time.Duration // the longest that a reload waits for quiet; 2 s
	Scan      time.Duration // how often the folder is looked at without being told; 5 s

	// open starts listening for events: fsnotify unless a test says otherwise.
	open func() (source, error)
}

// Aside is the hash of what the folder holds and why it is not in force.
type Aside struct {
	Hash string
	Why  error
}

func (o Options) orDefaults() (Options, error) {
	if (o.Dir == "") == (o.File == "") || o.Clock == nil || o.Build == nil {
		return o, errors.New("watching files: Clock, Build and one of Dir and File are required")
	}
	o.Limits = o.Limits.orDefaults()
	o.Debounce = cmp.Or(o.Debounce, 150*time.Millisecond)
	o.MaxDelay = cmp.Or(o.MaxDelay, 2*time.Second)
	o.Scan = cmp.Or(o.Scan, 5*time.Second)
	if o.Report == nil {
		o.Report = func(Result) {}
	}
	if o.open == nil {
		o.open = openInotify
	}
	return o, nil
}

// what names what is watched.
func (o Options) what() string {
	if o.File != "" {
		return o.File
	}
	return "the rules folder"
}

// look is one walk over what is watched.
func (o Options) look() *tree {
	if o.File != "" {
		return walkFile(o.File)
	}
	return walk(o.Dir, o.Limits)
}
