package sim

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
)

// body is the body of a response in memory. As a real one it fails once the request's context has
// ended or it was closed, and ends with io.ErrUnexpectedEOF if less came than was announced.
type body struct {
	ctx     context.Context
	missing bool // less came than was announced
	stalled bool // the rest never comes

	mu     sync.Mutex
	rest   *bytes.Reader
	once   sync.Once
	closed chan struct{}
}

func (b *body) Read(p []byte) (int, error) {
	select {
	case <-b.closed:
		return 0, http.ErrBodyReadAfterClose
	default:
	}
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	b.mu.Lock()
	n, err := b.rest.Read(p)
	b.mu.Unlock()
	if err == nil || len(p) == 0 {
		return n, nil
	}
	if b.stalled {
		return 0, b.wait()
	}
	if b.missing {
		return 0, io.ErrUnexpectedEOF
	}
	return 0, io.EOF
}

// wait is the silence after the last byte that came.
func (b *body) wait() error {
	select {
	case <-b.closed:
		return http.ErrBodyReadAfterClose
	case <-b.ctx.Done():
		return b.ctx.Err()
	}
}

func (b *body) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}
