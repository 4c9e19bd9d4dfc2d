package worker

import (
	"bytes"
	"encoding/binary"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"go.starlark.net/syntax"
)

// note is a page of memory on which a child writes what it is about to run, for whoever finds it dead. It costs no system
// call.
type note struct {
	page  []byte
	story string
	mark  uint64
}

const (
	noteSize = 4096
	markAt   = noteSize - 8 // where another number is written whenever something begins
)

// openNote is the child's side.
func openNote(f *os.File) (*note, error) {
	page, err := syscall.Mmap(int(f.Fd()), 0, noteSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return &note{page: page}, nil
}

// begins is an engine.Limits.Begins.
func (n *note) begins(handler string, at syntax.Position) {
	b := n.page[2:2]
	for i, text := range [...]string{handler, at.Filename(), n.story} {
		if i > 0 {
			b = append(b, 0)
		}
		b = append(b, text[:min(len(text), 1000)]...)
	}
	b = append(b, 0)
	b = strconv.AppendInt(b, int64(at.Line), 10)
	b = append(b, 0)
	b = strconv.AppendInt(b, int64(at.Col), 10)
	binary.BigEndian.PutUint16(n.page, uint16(len(b)))
	n.mark++
	binary.BigEndian.PutUint64(n.page[markAt:], n.mark)
}

// nothing says that no rule runs.
func (n *note) nothing() { binary.BigEndian.PutUint16(n.page, 0) }

// readMark is the parent's side while the child lives: what is read while it is written is another number too.
func readMark(f *os.File) uint64 {
	var b [8]byte
	if _, err := f.ReadAt(b[:], markAt); err != nil {
		return 0
	}
	return binary.BigEndian.Uint64(b[:])
}

// readNote is the parent's side, when the child is dead: it reads the file and maps nothing, so that a child that shortens
// it cannot hurt.
func readNote(f *os.File) (p Place) {
	page := make([]byte, noteSize)
	if _, err := f.ReadAt(page, 0); err != nil {
		return p
	}
	n := int(binary.BigEndian.Uint16(page))
	if n > markAt-2 {
		return p
	}
	parts := bytes.Split(page[2:2+n], []byte{0})
	if len(parts) != 5 {
		return p
	}
	p.Handler, p.File, p.Story = noted(parts[0]), noted(parts[1]), noted(parts[2])
	p.Line, _ = strconv.Atoi(string(parts[3]))
	p.Col, _ = strconv.Atoi(string(parts[4]))
	p.Line, p.Col = max(p.Line, 0), max(p.Col, 0)
	return p
}

func noted(b []byte) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, string(b))
}
