package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// logQueue writes log lines in a goroutine of its own: a terminal that was
// stopped, a pager or a collector that hangs must not hold up the daemon. What
// does not fit is dropped and counted.
type logQueue struct {
	out   io.Writer
	lines chan []byte
	done  chan struct{}

	mu      sync.Mutex
	dropped int
	closed  bool
}

const (
	queuedLines = 1000
	flushWithin = 500 * time.Millisecond
)

func newLogQueue(out io.Writer) *logQueue {
	q := &logQueue{out: out, lines: make(chan []byte, queuedLines), done: make(chan struct{})}
	go q.write()
	return q
}

// Write implements io.Writer. It never blocks and never fails.
func (q *logQueue) Write(line []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return len(line), nil
	}
	if q.dropped > 0 {
		select {
		case q.lines <- fmt.Appendf(nil, "gatefold: %d log lines were dropped: nobody reads them fast enough\n", q.dropped):
			q.dropped = 0
		default:
		}
	}
	select {
	case q.lines <- append([]byte(nil), line...):
	default:
		q.dropped++
	}
	return len(line), nil
}

func (q *logQueue) write() {
	defer close(q.done)
	for line := range q.lines {
		_, _ = q.out.Write(line)
	}
}

// Close writes what waits, but not for ever.
func (q *logQueue) Close() error {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.lines)
	}
	q.mu.Unlock()
	select {
	case <-q.done:
	case <-time.After(flushWithin):
	}
	return nil
}
