package reload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"
)

var errChanging = errors.New("it changes while it is being read")

// readTries is how often what changes under our eyes is read. A file that never
// keeps still has that as its error; a folder is taken as it was last seen, and
// the next scan notices.
const readTries = 10

// read returns the text of one file, at most limit bytes of UTF-8 without the
// byte order mark, exactly as it stood at one moment.
func (e entry) read(limit int64) ([]byte, error) {
	if e.err != nil {
		return nil, e.explain(e.err)
	}
	if e.refused != nil {
		return nil, e.refused
	}
	if !e.stat.mode.IsRegular() { // before it is opened: opening a device can do things
		return nil, fmt.Errorf("it is %s, not a file", e.stat.kind())
	}
	for range readTries {
		data, err := e.readOnce(limit)
		if errors.Is(err, errChanging) {
			continue
		}
		if err != nil {
			return nil, err
		}
		data = bytes.TrimPrefix(data, []byte("\ufeff"))
		return data, checkUTF8(data)
	}
	return nil, errChanging
}

func (e entry) readOnce(limit int64) ([]byte, error) {
	f, err := os.OpenFile(e.path, openFlags, 0)
	if err != nil {
		return nil, e.explain(err)
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return nil, e.explain(err)
	}
	st := newStat(before)
	if !st.mode.IsRegular() {
		return nil, fmt.Errorf("it is %s, not a file", st.kind())
	}
	if st.writable(e.path) {
		return nil, &WritableError{Path: e.path}
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, e.explain(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("it is larger than %s", bytesText(limit))
	}
	after, err := f.Stat()
	if err != nil {
		return nil, e.explain(err)
	}
	if newStat(after) != st {
		return nil, errChanging
	}
	return data, nil
}

func (e entry) explain(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("it is a link to a file that does not exist")
	}
	return fmt.Errorf("reading it: %w", err)
}

func checkUTF8(data []byte) error {
	if utf8.Valid(data) {
		return nil
	}
	line, column := 1, 1
	begin := data // of the line
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			break
		}
		column++
		data = data[n:]
		if r == '\n' || r == '\r' && !bytes.HasPrefix(data, []byte("\n")) {
			line, column, begin = line+1, 1, data
		}
	}
	out := &EncodingError{Line: line, Column: column, Byte: data[0]}
	if end := bytes.IndexAny(begin, "\r\n"); end >= 0 {
		begin = begin[:end]
	}
	if len(begin) <= longestSource {
		var source strings.Builder // byte by byte, so that columns stay what they are
		for _, r := range string(begin) {
			source.WriteRune(r)
		}
		out.Source = source.String()
	}
	return out
}

// longestSource is how long a line may be that is shown.
const longestSource = 300

func bytesText(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
