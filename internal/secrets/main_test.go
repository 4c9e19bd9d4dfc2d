package secrets

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain takes away what the machine says about AWS, and can be a process that takes a lock.
func TestMain(m *testing.M) {
	if path := os.Getenv(lockVariable); path != "" {
		os.Exit(lockAndWait(path))
	}
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

const (
	tokenName = "SLACK_BOT_TOKEN"
	token     = "xoxb-the-value-that-nobody-may-see"
	phrase    = "four random words here"
)

// site is where the tests of a file store work.
type site struct{ data, dir, key string }

func newSite(t *testing.T) site {
	t.Helper()
	root := t.TempDir()
	data := filepath.Join(root, "data")
	return site{data: data, dir: filepath.Join(data, "secrets"), key: filepath.Join(root, "config", "key")}
}

func (p site) options() FileOptions { return FileOptions{Dir: p.dir, KeyFile: p.key} }

func (p site) file(name string) string { return filepath.Join(p.dir, name+".age") }

// phraseOptions open the site with a passphrase, cheaply.
func (p site) phraseOptions(phrase string) FileOptions {
	return FileOptions{Dir: p.dir, KeyFile: "none", Passphrase: answer(phrase), work: 1}
}

func answer(phrase string) func(context.Context, string, bool) ([]byte, error) {
	return func(context.Context, string, bool) ([]byte, error) { return []byte(phrase), nil }
}

func openFile(t *testing.T, o FileOptions) *File {
	t.Helper()
	s, err := OpenFile(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s Store, name, value string) {
	t.Helper()
	if err := s.Put(t.Context(), name, NewValue([]byte(value))); err != nil {
		t.Fatal(err)
	}
}

func wantValue(t *testing.T, s Store, name, want string) {
	t.Helper()
	got, err := s.Get(t.Context(), name)
	if err != nil {
		t.Error(err)
		return
	}
	if string(got.Reveal()) != want {
		t.Errorf("%s has another value than was put", name)
	}
}

// wantError asks for an error of this kind with these words, and without any value or key.
func wantError(t *testing.T, err error, kind Kind, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want the kind %q", err, kind)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	wantSilent(t, err)
}

func wantSilent(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, secret := range []string{token, "AGE-SECRET-KEY-1", phrase, "eG94Yi10aGUtdmFsdWU"} { // the last: token in base64
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows a secret: %q", err)
		}
	}
}

func writeFile(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
