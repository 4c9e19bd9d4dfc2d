package worker

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"io"
)

// frameMost is the longest message. What may be longer is sent in parts.
const frameMost = 32 << 20

// pipe carries messages as frames: four bytes of length, then a piece of one gob stream each way.
type pipe struct {
	in  io.Reader
	out io.Writer

	sent bytes.Buffer
	enc  *gob.Encoder
	got  bytes.Reader
	buf  []byte
	dec  *gob.Decoder
}

func newPipe(in io.Reader, out io.Writer) *pipe {
	p := &pipe{in: in, out: out}
	p.enc = gob.NewEncoder(&p.sent)
	p.dec = gob.NewDecoder(&p.got)
	return p
}

// unsent is that a message could not be made. Nothing of it was sent, and nothing can be after it.
type unsent struct{ error }

func (e *unsent) Unwrap() error { return e.error }

const keepBuffer = 1 << 20 // a buffer that grew beyond is not kept

func (p *pipe) send(v any) error {
	p.sent.Reset()
	p.sent.Write([]byte{0, 0, 0, 0})
	if err := p.enc.Encode(v); err != nil {
		return &unsent{fmt.Errorf("writing a message: %w", err)}
	}
	frame := p.sent.Bytes()
	if len(frame)-4 > frameMost {
		p.sent = bytes.Buffer{}
		return &unsent{fmt.Errorf("what has to be said takes %d MiB: at most %d", len(frame)>>20, frameMost>>20)}
	}
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	_, err := p.out.Write(frame)
	if cap(frame) > keepBuffer {
		p.sent = bytes.Buffer{}
	}
	return err
}

func (p *pipe) receive(v any) error {
	var head [4]byte
	if _, err := io.ReadFull(p.in, head[:]); err != nil {
		return err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n > frameMost {
		return fmt.Errorf("a message of %d bytes: at most %d", n, frameMost)
	}
	if err := p.fill(n); err != nil {
		return err
	}
	p.got.Reset(p.buf)
	if err := p.dec.Decode(v); err != nil {
		return fmt.Errorf("reading a message: %w", err)
	}
	if p.got.Len() > 0 {
		return fmt.Errorf("%d bytes behind a message", p.got.Len())
	}
	if cap(p.buf) > keepBuffer {
		p.buf = nil
	}
	return nil
}

// fill reads as much as was announced, and makes room only for what comes.
func (p *pipe) fill(n int64) error {
	if int64(cap(p.buf)) >= n {
		p.buf = p.buf[:n]
		_, err := io.ReadFull(p.in, p.buf)
		return err
	}
	var b bytes.Buffer
	got, err := io.CopyN(&b, p.in, n)
	if err == nil && got < n || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	p.buf = b.Bytes()
	return err
}
