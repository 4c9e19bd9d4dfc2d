package hardware

import (
	"errors"
	"sync"
)

// owner is what a light has besides its device: the mailbox that Show fills, the status, and the end of the goroutine
// that owns the device. Everyone may call Show, Status and Close; the rest is for that goroutine.
type owner struct {
	clock   Clock
	changed func(Status)

	mu     sync.Mutex
	frame  Frame
	asked  bool // frame was set
	status Status

	wake chan struct{} // a frame is waiting; holds one
	quit chan struct{} // closed by Close
	once sync.Once
	done chan struct{} // closed when the goroutine has ended
	last error         // how darkening went; read after done
}

func newOwner(o Options, name string) *owner {
	return &owner{
		clock: o.Clock, changed: o.Changed, status: Status{State: StateAbsent, Name: name},
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
}

// Show leaves the frame for the goroutine; see Light.
func (o *owner) Show(f Frame) {
	if o.closing() {
		return
	}
	o.mu.Lock()
	same := o.asked && o.frame == f
	o.frame, o.asked = f, true
	o.mu.Unlock()
	if same {
		return
	}
	select {
	case o.wake <- struct{}{}:
	default: // it has not come for the frame before; it will find this one
	}
}

// wanted is the latest frame; false before the first Show.
func (o *owner) wanted() (Frame, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.frame, o.asked
}

// Status is how the light is now.
func (o *owner) Status() Status {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.status
}

// tell changes the status and tells the observer if that made a difference. Only the owning goroutine calls it, so
// the observer sees changes one at a time and in order.
func (o *owner) tell(change func(*Status)) {
	o.mu.Lock()
	before := o.status
	change(&o.status)
	now := o.status
	o.mu.Unlock()
	if now != before && o.changed != nil {
		o.changed(now)
	}
}

// errHangs is what Close returns when the goroutine does not come to an end in time. It will still darken and release
// the device when what it waits for returns.
var errHangs = errors.New("close the light: the device does not answer, it may not be dark")

// Close asks the goroutine to darken and release the light; see Light.
func (o *owner) Close() error {
	o.once.Do(func() { close(o.quit) })
	fired, stop := o.clock.NewTimer(CloseWait)
	defer stop()
	select {
	case <-o.done:
		return o.last
	case <-fired:
		return errHangs
	}
}

// closing says whether Close was called.
func (o *owner) closing() bool {
	select {
	case <-o.quit:
		return true
	default:
		return false
	}
}
