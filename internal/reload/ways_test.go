package reload

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// More of the ways in which a folder of rules is changed.

// vim with backupcopy=no and backup: the old file stays as a backup, the second time in place of the first.
func TestSavedByVimWithABackup(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		for i, text := range []string{"two", "three"} {
			h.edit(func() {
				h.rename("rules/home.star", "rules/home.star~")
				h.write("rules/home.star", text)
			})
			h.expect(Installed)
			h.inForce(i+2, content{"home.star": text})
		}
	})
}

// Emacs: a lock that is a link to nothing, a backup by renaming, a new file under the old name.
func TestSavedByEmacs(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		for i, text := range []string{"two", "three"} {
			h.edit(func() {
				h.must(os.Symlink("me@host.1:2", h.path("rules/.#home.star")))
				h.write("rules/#home.star#", text)
				h.rename("rules/home.star", "rules/home.star~")
				h.write("rules/home.star", text)
				h.remove("rules/.#home.star")
				h.remove("rules/#home.star#")
			})
			h.expect(Installed)
			h.inForce(i+2, content{"home.star": text})
		}
	})
}

// git checkout adds, changes and removes, each in its own step.
func TestGitCheckout(t *testing.T) {
	prepare := func(h *house) {
		oneRule(h)
		h.write("rules/party.star", "party")
		h.write("rules/lib/old.star", "old")
	}
	everyMode(t, prepare, func(h *house) {
		h.edit(func() {
			h.write("rules/.git/index.lock", "")
			h.remove("rules/party.star")
			h.remove("rules/home.star")
			h.write("rules/home.star", "two")
			h.remove("rules/lib/old.star")
			h.remove("rules/lib")
			h.write("rules/guests/guests.star", "guests")
			h.rename("rules/.git/index.lock", "rules/.git/index")
		})
		h.expect(Installed)
		h.inForce(2, content{"home.star": "two", "guests/guests.star": "guests"})
	})
}

// inotify says that a file was changed when it is removed while somebody holds it open.
func TestDeletedWhileHeldOpen(t *testing.T) {
	prepare := func(h *house) {
		oneRule(h)
		h.write("rules/party.star", "party")
	}
	everyMode(t, prepare, func(h *house) {
		f, err := os.Open(h.path("rules/party.star"))
		h.must(err)
		defer f.Close()
		h.edit(func() { h.remove("rules/party.star") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "one"})
	})
}

// A memory map writes without an event: the scan finds it, by the time that the kernel stamps.
func TestWrittenThroughAMemoryMap(t *testing.T) {
	h := newHouse(t)
	oneRule(h)
	h.start(Options{Scan: 15 * time.Millisecond, Debounce: 10 * time.Millisecond})
	h.expect(Installed)
	f, err := os.OpenFile(h.path("rules/home.star"), os.O_RDWR, 0)
	h.must(err)
	defer f.Close()
	page, err := unix.Mmap(int(f.Fd()), 0, len("one"), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	h.must(err)
	h.edit(func() {
		copy(page, "two")
		h.must(unix.Msync(page, unix.MS_SYNC))
	})
	h.expect(Installed)
	h.must(unix.Munmap(page))
	h.inForce(2, content{"home.star": "two"})
}

// The same size, and the time of before: only the content is another one.
func TestSameSizeAndTime(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		before, err := os.Stat(h.path("rules/home.star"))
		h.must(err)
		h.edit(func() {
			h.write("rules/home.star", "two")
			h.must(os.Chtimes(h.path("rules/home.star"), before.ModTime(), before.ModTime()))
		})
		h.expect(Installed)
		h.inForce(2, content{"home.star": "two"})
	})
}

// Moved within the folder, out of it, and into it from elsewhere.
func TestRenamedAcrossFolders(t *testing.T) {
	prepare := func(h *house) {
		oneRule(h)
		h.write("rules/party.star", "party")
		h.write("elsewhere/guests.star", "guests")
	}
	everyMode(t, prepare, func(h *house) {
		h.edit(func() {
			h.must(os.Mkdir(h.path("rules/nested"), 0o755))
			h.rename("rules/party.star", "rules/nested/party.star")
		})
		h.expect(Installed)
		h.inForce(2, content{"home.star": "one", "nested/party.star": "party"})
		h.edit(func() { h.rename("rules/nested", "elsewhere/nested") })
		h.expect(Installed)
		h.inForce(3, content{"home.star": "one"})
		h.edit(func() { h.rename("elsewhere", "rules/more") })
		h.expect(Installed)
		h.inForce(4, content{"home.star": "one", "more/guests.star": "guests", "more/nested/party.star": "party"})
	})
}

func TestGrownTooLargeAndShrunk(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.edit(func() { h.write("rules/home.star", strings.Repeat("#", 256<<10+1)) })
		if r := h.expect(Failed); !strings.Contains(r.Err.Error(), "it is larger than 256 KiB") {
			h.Fatalf("result: %+v", r)
		}
		h.inForce(1, content{"home.star": "one"})
		h.edit(func() { h.write("rules/home.star", "two") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "two"})
	})
}

// An editor that writes a byte order mark has changed nothing; one that ends lines as Windows does, has.
func TestByteOrderMarkAndLineEnds(t *testing.T) {
	prepare := func(h *house) { h.write("rules/home.star", "one\ntwo\n") }
	everyMode(t, prepare, func(h *house) {
		h.edit(func() { h.write("rules/home.star", "\ufeffone\ntwo\n") })
		looked(h)
		h.edit(func() { h.write("rules/home.star", "\ufeffone\r\ntwo\r\n") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "one\r\ntwo\r\n"})
	})
}

// jumping is a clock without a monotonic reading that can be set back.
type jumping struct {
	wallClock
	back func() time.Duration
}

func (c jumping) Now() time.Time { return time.Now().Round(0).Add(-c.back()) }

// A clock that is set back, before an edit and while one is waited out, delays nothing by what it was set back.
func TestClockSetBack(t *testing.T) {
	for name, o := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			oneRule(h)
			var back time.Duration
			var calls int
			o.Dir, o.Build, o.Report = h.dir, h.build, func(r Result) { h.results <- r }
			o.MaxDelay = 50 * time.Millisecond
			jump := make(chan struct{}, 1)
			mu := make(chan struct{}, 1)
			o.Clock = jumping{back: func() time.Duration {
				mu <- struct{}{}
				defer func() { <-mu }()
				select {
				case <-jump:
					calls = 2 // the one after the next: between the hint and its end
				default:
				}
				if calls > 0 {
					if calls--; calls == 0 {
						back += time.Hour
					}
				}
				return back
			}}
			h.run(o)
			h.expect(Installed)
			for i, text := range []string{"two", "three", "four"} {
				jump <- struct{}{}
				h.edit(func() { h.write("rules/home.star", text) })
				h.expect(Installed)
				h.inForce(i+2, content{"home.star": text})
			}
		})
	}
}

// What waits to be accepted is told once, is no failure, and gives way to what comes after it.
func TestWaiting(t *testing.T) {
	waits := fmt.Errorf("deny -> allow: %w", ErrWaits)
	everyMode(t, oneRule, func(h *house) {
		h.waits = waits
		h.edit(func() { h.write("rules/home.star", "waits") })
		if r := h.expect(Waiting); !errors.Is(r.Err, ErrWaits) || r.Hash == r.InForce {
			h.Fatalf("result: %+v", r)
		}
		h.edit(func() { h.write("rules/notes.txt", "") })
		h.inForce(1, content{"home.star": "one"})
		if s := h.w.Status(); s.Err != waits || s.Failed != 0 || s.Installed != 1 {
			h.Fatalf("status: %+v", s)
		}
		h.edit(func() { h.write("rules/home.star", "one") })
		h.expect(Restored)
		h.edit(func() { h.write("rules/home.star", "waits again") })
		r := h.expect(Waiting)
		h.put(r.Hash, nil)
		if s := h.w.Status(); s.Err != nil || s.Hash != r.Hash || !s.ErrSince.IsZero() || s.Installed != 2 {
			h.Fatalf("accepted: %+v", s)
		}
		looked(h)
	})
}

// What somebody chose stays, and what he took back stays out, until the folder holds something new or is read on demand.
func TestPut(t *testing.T) {
	aside := errors.New("somebody chose another one")
	everyMode(t, oneRule, func(h *house) {
		one := h.w.Status().Hash
		h.edit(func() { h.write("rules/home.star", "two") })
		h.expect(Installed)
		h.put(one, aside)
		if s := h.w.Status(); s.Hash != one || s.Err != aside || s.ErrSince.IsZero() {
			h.Fatalf("status: %+v", s)
		}
		h.edit(func() { h.write("rules/home.star", "two") })
		h.edit(func() { h.write("rules/new.txt", "") })
		h.edit(func() { h.write("rules/home.star", "one") })
		if r := h.expect(Restored); r.Hash != one {
			h.Fatalf("result: %+v", r)
		}
		h.edit(func() { h.write("rules/home.star", "two") })
		h.expect(LeftAside)
		if r := h.reload(); r.Outcome != Installed || h.w.Status().Err != nil {
			h.Fatalf("on demand: %+v", r)
		}
		h.expect(Installed)
		h.put(one, aside)
		h.edit(func() { h.write("rules/home.star", "three") })
		h.expect(Installed)
		if s := h.w.Status(); s.Err != nil || s.Hash == one {
			h.Fatalf("status: %+v", s)
		}
		was := h.w.Status()
		h.must(h.w.Put(h.Context(), func(string) (Choice, error) { return Choice{}, nil }))
		if s := h.w.Status(); s != was {
			h.Fatalf("nothing was chosen: %+v, not %+v", s, was)
		}
		h.edit(func() { h.write("rules/home.star", "broken") })
		why := h.expect(Failed).Err
		h.put(one, nil)
		if s := h.w.Status(); s.Hash != one || s.Err != why {
			h.Fatalf("what is wrong with the folder is forgotten: %+v", s)
		}
	})
}

// What was taken back stays out whatever happens to the folder in between, and is said again when it is back.
func TestBarredStaysOut(t *testing.T) {
	aside := errors.New("somebody chose another one")
	for name, between := range map[string]func(*house){
		"a timeline": func(h *house) { h.edit(func() { h.write("rules/home.timeline", "at 0s\n") }) },
		"the folder is away": func(h *house) {
			h.edit(func() { h.rename("rules", "elsewhere") })
			h.expect(Failed)
			h.edit(func() { h.rename("elsewhere", "rules") })
			h.expect(LeftAside)
		},
		"writable for others": func(h *house) {
			h.edit(func() { h.must(os.Chmod(h.dir, 0o775)) })
			h.expect(Failed)
			h.edit(func() { h.must(os.Chmod(h.dir, 0o755)) })
			h.expect(LeftAside)
		},
		"a typo, undone": func(h *house) {
			h.edit(func() { h.write("rules/home.star", "broken") })
			h.expect(Failed)
			h.edit(func() { h.write("rules/home.star", "two") })
			if r := h.expect(LeftAside); r.Err != aside {
				h.Fatalf("result: %+v", r)
			}
		},
		"something that waits, undone": func(h *house) {
			h.waits = ErrWaits
			h.edit(func() { h.write("rules/home.star", "waits") })
			h.expect(Waiting)
			h.edit(func() { h.write("rules/home.star", "two") })
			h.expect(LeftAside)
		},
	} {
		t.Run(name, func(t *testing.T) {
			everyMode(t, oneRule, func(h *house) {
				one := h.w.Status().Hash
				h.edit(func() { h.write("rules/home.star", "two") })
				h.expect(Installed)
				h.put(one, aside)
				between(h)
				r, err := h.w.Look(h.Context())
				if s := h.w.Status(); err != nil || r.Outcome != Unchanged || r.Err != aside || s.Hash != one || s.Err != aside {
					h.Fatalf("%+v, %v; status: %+v", r, err, s)
				}
				h.edit(func() { h.write("rules/home.star", "three") })
				h.expect(Installed)
			})
		})
	}
}

// What waits goes on waiting when the folder holds it again, and is not tried anew.
func TestWaitsAgain(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.waits = ErrWaits
		h.edit(func() { h.write("rules/home.star", "waits") })
		r := h.expect(Waiting)
		h.edit(func() { h.barred[r.Hash] = ErrWaits })
		h.edit(func() { h.write("rules/home.star", "broken") })
		h.expect(Failed)
		h.waits = errors.New("it was tried anew")
		h.edit(func() { h.write("rules/home.star", "waits") })
		h.expect(Waiting)
	})
}

// A start after that: what the folder holds is not tried.
func TestAsideFromTheStart(t *testing.T) {
	everyModeWith(t, oneRule, func(h *house, o *Options) {
		o.InForce, o.Aside = "chosen", Aside{Hash: h.readHash(), Why: errors.New("somebody chose another one")}
	}, func(h *house) {
		if s := h.w.Status(); s.Hash != "chosen" || s.Err == nil {
			h.Fatalf("status: %+v", s)
		}
		h.edit(func() { h.write("rules/home.star", "two") })
		h.expect(Installed)
		h.inForce(1, content{"home.star": "two"})
	})
}

// A timeline is no rule: an edit of one reloads nothing, and has rules that were kept out tried again.
func TestTimelineEdited(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.edit(func() { h.write("rules/home.timeline", "at 0s\n") })
		looked(h)
		h.edit(func() { h.write("rules/home.star", "broken") })
		h.expect(Failed)
		for _, do := range []func(){
			func() { h.write("rules/home.timeline", "at 10s\n") },
			func() { h.write("rules/stories/more.timeline", "at 0s\n") },
			func() { h.remove("rules/home.timeline") },
		} {
			h.edit(do)
			h.expect(Failed)
		}
		h.inForce(1, content{"home.star": "one"})
	})
}

// put chooses a ruleset, and takes the folder's back.
func (h *house) put(hash string, aside error) {
	h.Helper()
	h.must(h.w.Put(h.Context(), func(folder string) (Choice, error) {
		if folder == "" {
			return Choice{}, errors.New("the folder was read and its hash is not known")
		}
		return Choice{Hash: hash, Install: func() {
			delete(h.barred, hash)
			if aside != nil {
				h.barred[folder] = aside
			}
			h.installed = append(h.installed, content{"chosen": hash})
		}}, nil
	}))
}
