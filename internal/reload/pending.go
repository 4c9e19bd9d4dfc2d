package reload

import "time"

// pending is a reload that waits for quiet.
type pending struct {
	o     *Options
	armed bool
	first time.Time // the first hint
	at    time.Time // when to read
	print string    // the newest fingerprint, if a scan gave the hint
}

// hint puts the reload off until Debounce from now, or MaxDelay from the first.
func (p *pending) hint(print string) {
	now := p.o.Clock.Now()
	if !p.armed {
		*p = pending{o: p.o, armed: true, first: now}
	}
	p.at = now.Add(p.o.Debounce)
	if end := p.first.Add(p.o.MaxDelay); p.at.After(end) {
		p.at = end
	}
	if print != "" {
		p.print = print
	}
}

// due says that it is time. A clock that was set back must not make it wait for hours.
func (p *pending) due() bool {
	now := p.o.Clock.Now()
	return p.armed && (!now.Before(p.at) || now.Before(p.first))
}

func (p *pending) late() bool { return p.o.Clock.Now().Sub(p.first) >= p.o.MaxDelay }
func (p *pending) done()      { *p = pending{o: p.o} }

// wait is how long from now the reload is due, if there is one.
func (p *pending) wait() (time.Duration, bool) {
	if !p.armed {
		return 0, false
	}
	return min(max(0, p.at.Sub(p.o.Clock.Now())), p.o.MaxDelay), true
}

// alarm rings once after it was set. One that is set stays as it is, so that a
// storm of hints costs no timers; who hears it calls rang.
type alarm struct {
	clock Clock
	rings chan struct{}
	stop  func() bool // nil: not set
}

func newAlarm(c Clock) *alarm { return &alarm{clock: c, rings: make(chan struct{}, 1)} }

func (a *alarm) set(d time.Duration) {
	if a.stop == nil {
		a.stop = a.clock.AfterFunc(d, func() { a.rings <- struct{}{} }) // has room: one at a time
	}
}

func (a *alarm) rang() { a.stop = nil }

func (a *alarm) cancel() {
	if a.stop != nil {
		a.stop()
	}
}
