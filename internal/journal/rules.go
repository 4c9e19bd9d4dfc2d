package journal

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// MaxRules is how many bytes of rule files are kept, names included.
const MaxRules = 16 << 20

const rulesSubject = "_.rules"

// SaveRules keeps the files of the newest ruleset that decided without failing, in place of the one kept before. The
// hash is kept with them; the ruleset that is kept already is not written again.
func (j *Journal) SaveRules(ctx context.Context, hash string, files map[string][]byte) error {
	now := j.now()
	row, err := j.store.Last(ctx, rulesSubject, now)
	if err == nil && row.Seq != 0 {
		if kept, err := packedHash(row.Data); err == nil && kept == hash {
			return nil
		}
	}
	if err != nil && !onlyDamaged(err) {
		return fmt.Errorf("saving the rules: %w", err)
	}
	data, err := pack(hash, files, MaxRules)
	if err != nil {
		return fmt.Errorf("saving the rules: %w", err)
	}
	_, err = j.store.Commit(ctx, Batch{Now: now, Writes: []Write{
		{Subject: rulesSubject, Data: data, Time: now, Last: true},
	}})
	if err != nil {
		return fmt.Errorf("saving the rules: %w", err)
	}
	return nil
}

// Rules gives the ruleset that was saved last; an empty hash and nil: none yet.
func (j *Journal) Rules(ctx context.Context) (hash string, files map[string][]byte, err error) {
	row, err := j.store.Last(ctx, rulesSubject, j.now())
	if err != nil {
		return "", nil, fmt.Errorf("reading the kept rules: %w", err)
	}
	if row.Seq == 0 {
		return "", nil, nil
	}
	if hash, files, err = unpack(row.Data, MaxRules); err != nil {
		return "", nil, fmt.Errorf("reading the kept rules: %w", err)
	}
	return hash, files, nil
}

// pack makes a .tar.gz of the files, with the hash as the comment in its header: what SaveRules compares is read without
// unpacking the rest.
func pack(hash string, files map[string][]byte, limit int) ([]byte, error) {
	size := 0
	for name, content := range files {
		size += len(name) + len(content)
	}
	if size > limit {
		return nil, fmt.Errorf("%d bytes of rules are more than can be kept (%d)", size, limit)
	}
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	zip.Comment = hash
	archive := tar.NewWriter(zip)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == "" || strings.HasSuffix(name, "/") {
			return nil, fmt.Errorf("not the name of a file: %q", name)
		}
		// GNU's format takes names of any length and bytes.
		header := &tar.Header{Name: name, Mode: 0o600, Size: int64(len(files[name])), Format: tar.FormatGNU}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(files[name]); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func packedHash(data []byte) (string, error) {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	return zip.Comment, nil
}

func unpack(data []byte, limit int) (string, map[string][]byte, error) {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return "", nil, err
	}
	files := map[string][]byte{}
	archive := tar.NewReader(zip)
	for left := limit; ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return zip.Comment, files, nil
		}
		if err != nil {
			return "", nil, err
		}
		if header.Size > int64(left) {
			return "", nil, fmt.Errorf("more than %d bytes", limit)
		}
		left -= int(header.Size)
		content, err := io.ReadAll(archive)
		if err != nil {
			return "", nil, err
		}
		files[header.Name] = content
	}
}
