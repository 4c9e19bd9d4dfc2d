package main

// crew carries out what takes time, each in a goroutine of its own. Where a go
// statement would begin with a small stack, and copy it three times on the way
// through net/http, one of a crew has grown it the time before.
type crew struct {
	waiting chan struct{} // one for each that waits for work
	work    chan func()
}

// crewSize is how many wait for work at most. As many work as there is to do.
const crewSize = 64

func newCrew() *crew {
	return &crew{waiting: make(chan struct{}, crewSize), work: make(chan func())}
}

// begin does what it is given, and does not wait for its end.
func (c *crew) begin(work func()) {
	select {
	case c.work <- work:
	default:
		go c.serve(work)
	}
}

func (c *crew) serve(work func()) {
	for {
		work()
		select {
		case c.waiting <- struct{}{}:
		default:
			return
		}
		work = <-c.work
		<-c.waiting
	}
}
