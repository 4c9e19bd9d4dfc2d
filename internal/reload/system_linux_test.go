package reload

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// What the kernel does, and not a stand-in for it. That max_user_watches and max_user_instances are reached is tried with
// a stand-in (notify_test.go): lowering them would break whatever else runs on the machine.

// A folder that is mounted over the rules is seen by the scan, and so is what is below it when that goes.
func TestBindMountOverTheFolder(t *testing.T) {
	for name, o := range map[string]Options{"inotify": {Scan: 15 * time.Millisecond, Debounce: 10 * time.Millisecond}, "scan": modes["scan"]} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			oneRule(h)
			h.write("other/home.star", "mounted")
			h.start(o)
			h.expect(Installed)
			err := unix.Mount(h.path("other"), h.dir, "", unix.MS_BIND, "")
			if errors.Is(err, syscall.EPERM) {
				t.Skipf("the kernel lets this user mount nothing (%v): it takes root", err)
			}
			h.must(err)
			defer func() { _ = unix.Unmount(h.dir, unix.MNT_DETACH) }() // when the test has failed before it did
			h.expect(Installed)
			h.inForce(2, content{"home.star": "mounted"})
			h.edit(func() { h.write("other/home.star", "edited there") })
			h.expect(Installed)
			h.must(unix.Unmount(h.dir, unix.MNT_DETACH))
			h.expect(Installed)
			h.inForce(4, content{"home.star": "one"})
		})
	}
}

// A queue that has overflowed (fs.inotify.max_queued_events) is reason enough to read the folder.
func TestQueueOverflows(t *testing.T) {
	raw, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	if err != nil {
		t.Fatal(err)
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if most > 200_000 {
		t.Skipf("fs.inotify.max_queued_events is %d: filling that takes too long", most)
	}
	h := newHouse(t)
	oneRule(h)
	s, err := openInotify()
	h.must(err)
	// The watcher's events come through here: a stopped pump keeps fsnotify from reading the kernel's queue.
	events, stopped, goOn := make(chan fsnotify.Event), make(chan struct{}), make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(events)
		for e := range s.events {
			select {
			case <-stop:
				close(stopped)
				<-goOn
				for range s.events { // none of them is told: the error alone has to do
				}
				return
			default:
				events <- e
			}
		}
	}()
	h.start(Options{Scan: time.Hour, Debounce: time.Millisecond, open: func() (source, error) {
		return source{folders: s.folders, events: events, errors: s.errors}, nil
	}})
	h.expect(Installed)
	close(stop)
	h.write("rules/first.txt", "")
	<-stopped
	for i := range most + most/2 + 5000 { // fsnotify holds some thousands too
		name := h.path("rules/" + strconv.Itoa(i%50) + ".txt")
		if i%100 < 50 {
			h.must(os.WriteFile(name, nil, 0o644))
		} else {
			h.must(os.Remove(name))
		}
	}
	h.write("rules/home.star", "two") // lost
	close(goOn)
	h.expect(Installed)
	h.inForce(2, content{"home.star": "two"})
}

const asNobody = "TEST_RELOAD_AS_NOBODY"

// Rules that may not be read keep those in force, and count when they may be again. Root may read everything: as root the
// test runs itself as somebody else.
func TestPermissionRemovedAndRestored(t *testing.T) {
	if os.Geteuid() == 0 {
		runAsNobody(t)
		return
	}
	everyMode(t, oneRule, func(h *house) {
		for i, path := range []string{h.path("rules/home.star"), h.dir} {
			before, err := os.Stat(path)
			h.must(err)
			text := fmt.Sprint("edited ", i)
			h.edit(func() {
				h.write("rules/home.star", text)
				h.must(os.Chmod(path, 0))
			})
			r := h.expect(Failed)
			if !errors.Is(r.Err, os.ErrPermission) {
				h.Fatalf("result: %+v", r)
			}
			if s := h.w.Status(); s.Installed != uint64(i+1) {
				h.Fatalf("status: %+v", s)
			}
			h.edit(func() { h.must(os.Chmod(path, before.Mode())) })
			h.expect(Installed)
			h.inForce(i+2, content{"home.star": text})
		}
	})
}

// runAsNobody runs this test in a process of the user nobody, from a copy that he may read.
func runAsNobody(t *testing.T) {
	t.Helper()
	if os.Getenv(asNobody) != "" {
		t.Fatal("still root")
	}
	dir, err := os.MkdirTemp("", "gatefold-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "reload.test")
	copyFile(t, os.Args[0], program)
	const nobody = 65534
	for _, err := range []error{os.Chmod(program, 0o755), os.Chmod(dir, 0o755), os.Chown(dir, nobody, nobody)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "-test.run=^TestPermissionRemovedAndRestored$", "-test.v")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), asNobody+"=1", "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skipf("this root may not become another user: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestPermissionRemovedAndRestored/scan") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
