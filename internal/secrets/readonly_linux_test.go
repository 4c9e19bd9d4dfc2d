package secrets

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"filippo.io/age"
)

const nobody = 65534

// asNobody runs fn without root's right to write everywhere. The thread that gave the right up is not used again.
func asNobody(t *testing.T, fn func()) {
	t.Helper()
	if os.Getuid() != 0 {
		fn()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0); errno != 0 {
			t.Error(errno)
			return
		}
		fn()
	}()
	<-done
}

// readOnlySite has folders that their owner can only read, and so can the test: as the owner, or as nobody.
func readOnlySite(t *testing.T, p site) {
	t.Helper()
	root := filepath.Dir(p.data)
	must(t, os.Chmod(root, 0o755))
	must(t, os.Chmod(filepath.Dir(root), 0o755)) // of testing: nobody has to come through
	for _, root := range []string{p.data, filepath.Dir(p.key)} {
		must(t, os.MkdirAll(root, 0o700))
		must(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			must(t, err)
			if os.Getuid() == 0 {
				must(t, os.Chown(path, nobody, -1))
			}
			mode := os.FileMode(0o400)
			if e.IsDir() {
				mode = 0o700
			}
			return os.Chmod(path, mode)
		}))
	}
	for _, dir := range []string{p.dir, filepath.Dir(p.key)} {
		must(t, os.Chmod(dir, 0o500))
		t.Cleanup(func() { must(t, os.Chmod(dir, 0o700)) })
	}
}

// A folder that could not be written could not be read either: its lock was asked for.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options func(site) FileOptions
		before  func(t *testing.T, p site)
	}{
		"with a lock file": {site.options, func(*testing.T, site) {}},
		"without one":      {site.options, func(t *testing.T, p site) { must(t, os.Remove(filepath.Join(p.dir, ".lock"))) }},
		"passphrase":       {func(p site) FileOptions { return p.phraseOptions(phrase) }, func(*testing.T, site) {}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSite(t)
			put(t, openFile(t, test.options(p)), tokenName, token)
			leftover := filepath.Join(p.dir, tempPrefix+tokenName+".age-1") // perhaps of a process that has the lock
			writeFile(t, leftover, "x", 0o600)
			test.before(t, p)
			readOnlySite(t, p)
			asNobody(t, func() {
				s, err := OpenFile(t.Context(), test.options(p))
				if err != nil {
					t.Error(err)
					return
				}
				wantValue(t, s, tokenName, token)
				wantNames(t, s, tokenName)
				old, err := age.GenerateX25519Identity()
				must(t, err)
				s.use(keys{old}) // as after a rotation elsewhere
				wantValue(t, s, tokenName, token)
				wantError(t, s.Put(t.Context(), tokenName, NewValue([]byte("new"))), Permission, p.dir, "may not write")
				wantError(t, s.Delete(t.Context(), tokenName), Permission, p.dir, "may not write")
				_, err = s.Rotate(t.Context())
				wantError(t, err, Permission, p.dir, "may not write")
				wantValue(t, s, tokenName, token)
			})
			if gone(leftover) {
				t.Error("something was changed")
			}
		})
	}
}

// Nothing is made in one, and what is missing is said.
func TestReadOnlyFolderWithoutAKey(t *testing.T) {
	t.Parallel()
	p, q := newSite(t), newSite(t)
	put(t, openFile(t, p.options()), tokenName, token)
	must(t, os.Remove(p.key))
	must(t, os.MkdirAll(q.dir, 0o700))
	readOnlySite(t, p)
	readOnlySite(t, q)
	asNobody(t, func() {
		_, err := OpenFile(t.Context(), p.options())
		wantError(t, err, MissingKey, p.key)
		_, err = OpenFile(t.Context(), q.options())
		wantError(t, err, Permission, q.dir, "may not write")
	})
	if !gone(q.key) {
		t.Error("a key was made")
	}
}
