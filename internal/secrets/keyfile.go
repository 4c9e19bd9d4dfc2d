package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

const (
	maxKeyFile = 64 << 10
	// opensMark begins the comment that names a folder whose secrets the key opens.
	opensMark = "# opens: "
	keyHead   = "# The key of gatefold's secrets: who has this file can read them. Keep a copy in a safe place.\n"
)

// keyFile keeps keys as age's command line does: a file with one identity on a line, and comments.
type keyFile struct {
	disk
	file    string // absolute, links resolved
	dir     folder // the folder that it is for; absolute
	created func(path string)
}

var (
	_ keyHolder  = (*keyFile)(nil)
	_ keyChanger = (*keyFile)(nil)
)

func (k *keyFile) path() string { return k.file }

func (*keyFile) prepare(context.Context, int) error { return nil }

func (k *keyFile) load(context.Context) (keys, error) {
	data, err := readPrivate(k.file, maxKeyFile)
	if err != nil {
		return nil, err
	}
	ks, err := parseKeys(k.file, data)
	if err != nil {
		return nil, err
	}
	return ks, k.claim(data)
}

func (k *keyFile) create(context.Context) (keys, error) {
	if err := makeFolder(filepath.Dir(k.file)); err != nil {
		return nil, notWritten(k.file, err)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	ks := keys{id}
	if err := k.disk.create(k.file, formatKeys(ks, []string{string(k.dir)})); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		return nil, notWritten(k.file, err)
	}
	if k.created != nil {
		k.created(k.file)
	}
	return ks, nil
}

func (k *keyFile) renew(context.Context) (*age.X25519Identity, error) {
	return age.GenerateX25519Identity()
}

// parseKeys reads an identity file. Its errors show nothing of it.
func parseKeys(path string, data []byte) (keys, error) {
	var ks keys
	n := 0
	for line := range bytes.Lines(data) {
		n++
		text := strings.TrimSpace(string(line))
		if text == "" || text[0] == '#' {
			continue
		}
		id, err := age.ParseX25519Identity(text)
		if err != nil {
			return nil, badKey(path, fmt.Sprintf("line %d is not an age identity (AGE-SECRET-KEY-...)", n))
		}
		ks = append(ks, id)
	}
	if len(ks) == 0 {
		return nil, badKey(path, "holds no key")
	}
	return ks, nil
}

func badKey(path, reason string) error {
	return &Error{Kind: Damaged, Path: path, Reason: reason, Hint: "restore the key file from its copy; gatefold makes no new one in its place"}
}

func parseDirs(data []byte) (dirs []string) {
	for line := range bytes.Lines(data) {
		// A space at the end belongs to the folder's name.
		if dir, ok := strings.CutPrefix(strings.TrimLeft(strings.TrimRight(string(line), "\r\n"), " \t"), opensMark); ok {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func formatKeys(ks keys, dirs []string) []byte {
	var b bytes.Buffer
	b.WriteString(keyHead)
	for _, dir := range dirs {
		b.WriteString(opensMark + dir + "\n")
	}
	for _, k := range ks {
		fmt.Fprintf(&b, "# public key: %s\n%s\n", k.Recipient(), k)
	}
	return b.Bytes()
}
