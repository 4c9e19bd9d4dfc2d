package main

import (
	"io"
	"strings"
	"testing"
)

// A reader that has stopped must not stop whoever logs.
func TestLogQueueNeverBlocks(t *testing.T) {
	r, w := io.Pipe() // nobody reads yet
	q := newLogQueue(w)
	const lines = 3 * queuedLines
	for range lines {
		if n, err := q.Write([]byte("line\n")); n != 5 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	var b strings.Builder
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&b, r)
	}()
	for q.lost() > 0 { // as soon as there is room the loss is said
		_, _ = q.Write([]byte("later\n"))
	}
	q.Close()
	w.Close()
	<-read
	if got := b.String(); !strings.Contains(got, "log lines were dropped") || !strings.Contains(got, "later\n") {
		t.Errorf("the loss is not said: %q", got[max(len(got)-200, 0):])
	}
	_, _ = q.Write([]byte("after Close\n"))
}

func (q *logQueue) lost() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}
