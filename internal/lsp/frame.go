package lsp

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/sourcegraph/jsonrpc2"
)

const (
	maxMessage = 8 << 20  // of a message that is read: no rule file is as large
	maxSkipped = 64 << 20 // of one that is skipped and answered with an error
	maxHeaders = 32
)

// stream is JSON-RPC on a stream, each message with a header that says its length.
type stream struct {
	in      *bufio.Reader
	closing io.Closer

	mu  sync.Mutex // of out
	out io.Writer
}

func newStream(rw io.ReadWriteCloser) *stream {
	return &stream{in: bufio.NewReaderSize(rw, 64<<10), out: rw, closing: rw}
}

// ReadObject reads the next message. One that is too large, or no JSON-RPC, is answered with an error, and the next is read.
func (s *stream) ReadObject(v any) error {
	for {
		body, err := s.body()
		var large *tooLarge
		if errors.As(err, &large) {
			if err := s.refuse(jsonrpc2.CodeInvalidRequest, err); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if !json.Valid(body) {
			err = s.refuse(jsonrpc2.CodeParseError, errors.New("this is no JSON"))
		} else if bad := json.Unmarshal(body, v); bad != nil {
			err = s.refuse(jsonrpc2.CodeInvalidRequest, bad)
		} else {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

type tooLarge struct{ bytes int }

func (e *tooLarge) Error() string {
	return fmt.Sprintf("a message of %d bytes: at most %d are read", e.bytes, maxMessage)
}

// body reads one message with its header.
func (s *stream) body() ([]byte, error) {
	length, err := s.header()
	if err != nil {
		return nil, err
	}
	if length > maxMessage {
		if _, err := io.CopyN(io.Discard, s.in, int64(length)); err != nil {
			return nil, err
		}
		return nil, &tooLarge{length}
	}
	body := make([]byte, length)
	_, err = io.ReadFull(s.in, body)
	return body, err
}

// header reads up to the empty line. Without a length nobody knows where the next message begins: that ends the
// conversation.
func (s *stream) header() (length int, err error) {
	length = -1
	for n := range maxHeaders {
		line, err := s.in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && n == 0 && len(line) == 0 {
			return 0, io.EOF
		}
		if err != nil {
			return 0, fmt.Errorf("reading a header: %w", err)
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" && length >= 0 {
			return length, nil
		}
		name, value, ok := strings.Cut(text, ":")
		if !ok {
			return 0, fmt.Errorf("%.40q is no header of a message", text)
		}
		if strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			length, err = strconv.Atoi(strings.TrimSpace(value))
			if err != nil || length < 0 || length > maxSkipped {
				return 0, fmt.Errorf("Content-Length %.40q: from 0 to %d", value, maxSkipped)
			}
		}
	}
	return 0, fmt.Errorf("more than %d lines of header", maxHeaders)
}

// refuse answers a message whose id is not known.
func (s *stream) refuse(code int64, why error) error {
	return s.WriteObject(map[string]any{
		"jsonrpc": "2.0", "id": nil, "error": map[string]any{"code": code, "message": why.Error()},
	})
}

// WriteObject writes a message.
func (s *stream) WriteObject(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err = fmt.Fprintf(s.out, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return err
}

// Close ends it.
func (s *stream) Close() error { return s.closing.Close() }

var _ jsonrpc2.ObjectStream = (*stream)(nil)
