package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"gatefold/internal/journal"
)

// disk counts what ours writes to disk a day: two days of the first story with the real journal in a temporary folder,
// by the bytes that this process hands to write calls (Linux). It runs alone, so nothing else writes.
func (l *laboratory) disk(ctx context.Context, to *Report) error {
	for _, o := range l.o.Ours {
		m := to.policy(o.name())
		if m == nil || ctx.Err() != nil {
			continue
		}
		p := l.o.Params[0]
		p.Days = min(p.Days, 2)
		n, err := written(NewStory(p), o)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // no Linux: the table says "-"
		}
		if err != nil {
			return err
		}
		m.BytesPerDay = n / int64(p.Days)
	}
	return context.Cause(ctx)
}

func written(s *Story, o Ours) (int64, error) {
	dir, err := os.MkdirTemp("", "gatefold-lab-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	var kept *journal.Journal
	o.Journal = func(now func() time.Time) (*journal.Journal, error) {
		j, err := journal.Open(dir, journal.Options{Key: bytes.Repeat([]byte{7}, journal.KeySize), Now: now})
		kept = j
		return j, err
	}
	before, err := handedToWrite()
	if err != nil {
		return 0, err
	}
	_, err = live(s, false, &daemon{o: o})
	if kept != nil {
		err = errors.Join(err, kept.Close())
	}
	if err != nil {
		return 0, fmt.Errorf("counting what is written: %w", err)
	}
	after, err := handedToWrite()
	return after - before, err
}

// handedToWrite is how many bytes this process has handed to write calls so far.
func handedToWrite() (int64, error) {
	raw, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(raw) {
		if v, ok := bytes.CutPrefix(line, []byte("wchar: ")); ok {
			return strconv.ParseInt(string(bytes.TrimSpace(v)), 10, 64)
		}
	}
	return 0, fmt.Errorf("/proc/self/io has no wchar: %w", fs.ErrNotExist)
}
