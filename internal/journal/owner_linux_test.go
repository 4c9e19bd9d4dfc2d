package journal

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A command that ran as root on a service's folder left files there that the service could not open.
func TestRootLeavesTheFolderToItsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make files that belong to others")
	}
	const owner = 65534
	home := filepath.Join(t.TempDir(), "home")
	unsealed := copyAs(t, unsealedFiles(t))
	for _, dir := range []string{home, unsealed} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(dir, owner, owner); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{filepath.Join(home, "lib", "data"), unsealed} {
		h := &house{clock: newClock()}
		h.Journal = openDir(t, dir, h.clock)
		h.commit(t, engineRecord("1"))
		wantOwner(t, owner, dir, filepath.Join(dir, "lock"), filepath.Join(dir, "journal.db"),
			filepath.Join(dir, "journal.db-wal"), filepath.Join(dir, "journal.db-shm"))
		reader := openReadOnly(t, dir)
		closing(t, h.Journal)
		closing(t, reader)
		closing(t, openReadOnly(t, dir)) // makes the files beside the journal itself
		wantOwner(t, owner, mustGlob(t, filepath.Join(dir, "*"))...)
	}
	wantOwner(t, owner, filepath.Join(home, "lib"))
}

func wantOwner(t *testing.T, owner uint32, paths ...string) {
	t.Helper()
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if stat := info.Sys().(*syscall.Stat_t); stat.Uid != owner || stat.Gid != owner {
			t.Errorf("%s belongs to %d:%d", path, stat.Uid, stat.Gid)
		}
	}
}
