package reload

import (
	"context"
	"fmt"
)

// readEvery is after how many scans the content is read although stat shows
// nothing new: times can be set back, and memory maps write without telling.
const readEvery = 30

// Run looks at once, and then whenever something may have changed, until ctx
// ends, which is no error. It leaves no goroutine behind.
func (w *Watcher) Run(ctx context.Context) (err error) {
	if !w.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer w.running.Store(false)
	if w.acquire(ctx) != nil {
		return nil
	}
	w.connect()
	w.read(false)
	w.release()
	defer func() {
		w.busy <- struct{}{}
		defer w.release()
		if e := w.disconnect(); e != nil {
			err = fmt.Errorf("closing the watch on %s: %w", w.o.what(), e)
		}
	}()

	quiet := newAlarm(w.o.Clock)
	scan := newAlarm(w.o.Clock)
	defer quiet.cancel()
	defer scan.cancel()
	scan.set(w.o.Scan)
	p := pending{o: &w.o}
	for scans := 1; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-w.hints:
			p.hint("")
		case <-quiet.rings:
			quiet.rang()
			w.settle(ctx, &p)
		case <-scan.rings:
			scan.rang()
			w.scan(ctx, &p, scans%readEvery == 0)
			scans++
			scan.set(w.o.Scan)
		}
		if d, ok := p.wait(); ok {
			quiet.set(d)
		}
	}
}

// settle reads the folder once it has been quiet for long enough.
func (w *Watcher) settle(ctx context.Context, p *pending) {
	if !p.due() || w.acquire(ctx) != nil {
		return
	}
	defer w.release()
	// A scan sees that something changed, but not that it goes on changing: ask.
	if p.print != "" && !p.late() {
		if now := w.o.look().print; now != p.print {
			p.hint(now)
			return
		}
	}
	p.done()
	w.read(false)
}

// scan compares the folder with what was last read, and heals the watches.
func (w *Watcher) scan(ctx context.Context, p *pending, full bool) {
	if w.acquire(ctx) != nil {
		return
	}
	defer w.release()
	if full {
		w.connect()
	}
	t := w.o.look()
	w.watch(t)
	switch {
	case t.print != w.last.print:
		if !p.armed || p.print != t.print {
			p.hint(t.print)
		}
	case (full || w.unsure) && !p.armed:
		w.read(false)
	}
}
