package reload

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// The ways in which editors, tools and operators change a single file. Each is
// tried with events and with the scan alone.

const theFile = "etc/gate.yaml"

func oneFile(h *house) { h.write(theFile, "one") }

// holds compares what is in force of the single file.
func (h *house) holds(installs int, text string) {
	h.Helper()
	h.inForce(installs, content{"gate.yaml": text})
}

// saves are edits in steps, each of which leaves the file with a text.
var saves = map[string]func(h *house, text string){
	"in place": func(h *house, text string) { h.write(theFile, text) },
	"truncated, then written": func(h *house, text string) {
		f, err := os.OpenFile(h.path(theFile), os.O_WRONLY|os.O_TRUNC, 0)
		h.must(err)
		for _, r := range text {
			_, err = f.WriteString(string(r))
			h.must(err)
		}
		h.must(f.Close())
	},
	"vim": func(h *house, text string) {
		h.write("etc/.gate.yaml.swp", "swap")
		h.write("etc/4913", "")
		h.remove("etc/4913")
		h.rename(theFile, theFile+"~")
		h.write(theFile, text)
		h.must(os.Chmod(h.path(theFile), 0o644))
		h.remove(theFile + "~")
		h.remove("etc/.gate.yaml.swp")
	},
	"emacs": func(h *house, text string) {
		h.must(os.Symlink("me@host.1", h.path("etc/.#gate.yaml")))
		h.write("etc/#gate.yaml#", "autosave")
		h.must(os.RemoveAll(h.path(theFile + "~")))
		h.rename(theFile, theFile+"~")
		h.write(theFile, text)
		h.remove("etc/#gate.yaml#")
		h.remove("etc/.#gate.yaml")
	},
	"written beside and renamed": func(h *house, text string) {
		h.write("etc/gate.yaml.tmp123", text)
		h.rename("etc/gate.yaml.tmp123", theFile)
	},
	"removed, then made": func(h *house, text string) {
		h.remove(theFile)
		h.write(theFile, text)
	},
	"the folder made anew": func(h *house, text string) {
		h.rename("etc", "was"+text)
		h.write(theFile, text)
	},
}

func TestFileSaved(t *testing.T) {
	for how, save := range saves {
		t.Run(how, func(t *testing.T) {
			everyModeOn(t, theFile, oneFile, func(h *house) {
				for i, text := range []string{"two", "six", "eleven"} {
					h.edit(func() { save(h, text) })
					h.expect(Installed)
					h.holds(i+2, text)
				}
			})
		})
	}
}

// A mounted ConfigMap: the file is a link through ..data, which is swapped.
func TestFileInAConfigMapSwapped(t *testing.T) {
	prepare := func(h *house) {
		h.write("etc/..v0/gate.yaml", "v0")
		h.link("..v0", "etc/..data")
		h.link("..data/gate.yaml", theFile)
	}
	everyModeOn(t, theFile, prepare, func(h *house) {
		for i := 1; i <= 3; i++ {
			text, old := fmt.Sprint("v", i), fmt.Sprint("etc/..v", i-1)
			h.edit(func() {
				h.write("etc/.."+text+"/gate.yaml", text)
				h.link(".."+text, "etc/..data")
				h.must(os.RemoveAll(h.path(old)))
			})
			h.expect(Installed)
			h.holds(i+1, text)
		}
	})
}

// Dotfiles: the file is a link to a link; each of the three is edited.
func TestFileIsALink(t *testing.T) {
	prepare := func(h *house) {
		h.write("dotfiles/real.yaml", "one")
		h.link("dotfiles/real.yaml", "hop")
		h.link("../hop", theFile)
	}
	everyModeOn(t, theFile, prepare, func(h *house) {
		h.edit(func() { h.write("dotfiles/real.yaml", "two") })
		h.expect(Installed)
		h.holds(2, "two")
		h.write("other/x", "three")
		h.edit(func() { h.link("other/x", "hop") })
		h.expect(Installed)
		h.holds(3, "three")
		h.edit(func() { h.link("../dotfiles/real.yaml", theFile) })
		h.expect(Installed)
		h.holds(4, "two")
	})
}

func TestFileRemovedAndBack(t *testing.T) {
	everyModeOn(t, theFile, oneFile, func(h *house) {
		for i, gone := range []func(){
			func() { h.remove(theFile) },
			func() { h.must(os.RemoveAll(h.path("etc"))) },
			func() { h.remove(theFile); h.link("nothing", theFile) },
		} {
			h.edit(gone)
			if r := h.expect(Failed); !errors.Is(r.Err, ErrNoFile) || !strings.Contains(r.Err.Error(), h.path(theFile)) {
				h.Fatalf("case %d: %+v", i, r)
			}
			h.edit(func() { _ = os.Remove(h.path(theFile)); h.write(theFile, "one") })
			h.expect(Restored)
			h.holds(1, "one")
		}
		h.edit(func() { h.remove(theFile); h.must(os.Mkdir(h.path(theFile), 0o755)) })
		if r := h.expect(Failed); !strings.Contains(r.Err.Error(), "a folder, not a file") {
			h.Fatalf("a folder: %+v", r)
		}
		h.edit(func() { h.remove(theFile); h.write(theFile, "two") })
		h.expect(Installed)
		h.holds(2, "two")
	})
}

func TestFileMadeWritableForOthersAndBack(t *testing.T) {
	everyModeOn(t, theFile, oneFile, func(h *house) {
		h.edit(func() { h.must(os.Chmod(h.path(theFile), 0o664)) })
		var writable *WritableError
		if r := h.expect(Failed); !errors.As(r.Err, &writable) || writable.Path != h.path(theFile) {
			h.Fatalf("result: %+v", r)
		}
		h.edit(func() { h.must(os.Chmod(h.path(theFile), 0o644)) })
		h.expect(Restored)
		h.holds(1, "one")
	})
}

func TestFileBrokenThenFixed(t *testing.T) {
	everyModeOn(t, theFile, oneFile, func(h *house) {
		good := h.w.Status().Hash
		h.edit(func() { h.write(theFile, "broken") })
		if r := h.expect(Failed); r.InForce != good || r.Err.Error() != "gate.yaml:1:1: broken" {
			h.Fatalf("result: %+v", r)
		}
		h.edit(func() { h.write(theFile, "broken again") })
		h.expect(Failed)
		h.edit(func() { h.write(theFile, "one") })
		h.expect(Restored)
		h.edit(func() { h.write(theFile, "fixed") })
		h.expect(Installed)
		h.holds(2, "fixed")
	})
}

// What changes not the file's content reloads nothing.
func TestFileUntouched(t *testing.T) {
	everyModeOn(t, theFile, oneFile, func(h *house) {
		for _, nothing := range []func(){
			func() { h.must(os.Chtimes(h.path(theFile), time.Time{}, time.Unix(1e9, 0))) },
			func() { h.must(os.Chmod(h.path(theFile), 0o600)) },
			func() { h.write(theFile, "one") },
			func() { h.write("etc/rules/home.star", "a rule") },
			func() { h.write("etc/data/journal.db", "a journal") },
			func() { h.write(theFile+"~", "backup") },
			func() { h.write(theFile, "x"); h.write(theFile, "one") },
		} {
			h.edit(nothing)
			looked(h)
		}
		h.edit(func() { h.write(theFile, "sentinel") })
		h.expect(Installed)
		h.holds(2, "sentinel")
	})
}

// The folder that holds the file is also that of other things: only names on
// which the file depends are hints.
func TestFileFoldersWatched(t *testing.T) {
	h, wire := newHouse(t), newWire()
	h.write("dotfiles/real.yaml", "one")
	h.link("../dotfiles/real.yaml", theFile)
	h.start(Options{File: h.path(theFile), Scan: time.Hour, Debounce: time.Millisecond, open: wire.open})
	h.expect(Installed)
	wire.want(h, "", "etc", "dotfiles")
	for name, want := range map[string]bool{
		theFile:              true,
		"dotfiles/real.yaml": true,
		"etc":                true,
		"etc/gate.yaml~":     false,
		"etc/x.star":         false,
		"etc/data":           false,
		"dotfiles/vimrc":     false,
		"elsewhere":          false,
	} {
		if got := h.w.notify.matters(h.path(name), fsnotify.Create); got != want {
			t.Errorf("matters(%s) = %v", name, got)
		}
	}
	if s := h.w.Status(); s.Watching != "inotify" || s.Why != "" {
		t.Errorf("status: %+v", s)
	}
}

func TestFileTooLarge(t *testing.T) {
	h := newHouse(t)
	oneFile(h)
	h.start(Options{File: h.path(theFile), NoInotify: true, Scan: 10 * time.Millisecond, Debounce: time.Millisecond, Limits: Limits{File: 100}})
	h.expect(Installed)
	h.edit(func() { h.write(theFile, strings.Repeat("x", 101)) })
	if r := h.expect(Failed); !strings.Contains(r.Err.Error(), "larger than 100 bytes") {
		t.Errorf("%v", r.Err)
	}
	h.holds(1, "one")
}

func TestWatchOneThing(t *testing.T) {
	for _, o := range []Options{{}, {Dir: "rules", File: "gate.yaml"}} {
		o.Clock, o.Build = wallClock{}, (&house{T: t}).build
		if _, err := New(o); err == nil {
			t.Errorf("taken: %+v", o)
		}
	}
}
