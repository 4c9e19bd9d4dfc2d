package reload

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// The ways in which editors, tools and operators change a folder of rules. Each
// is tried with events and with the scan alone.

func oneRule(h *house) { h.write("rules/home.star", "one") }

func TestWrittenInPlace(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.edit(func() { h.write("rules/home.star", "two!") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "two!"})
	})
}

// vim as it comes: it tries whether it can write, moves the file aside, writes a
// new one under the old name, and removes the backup.
func TestSavedByVim(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		for i, text := range []string{"two", "three"} {
			h.edit(func() {
				h.write("rules/.home.star.swp", "swap")
				h.write("rules/4913", "")
				h.remove("rules/4913")
				h.rename("rules/home.star", "rules/home.star~")
				h.write("rules/home.star", text)
				h.must(os.Chmod(h.path("rules/home.star"), 0o644))
				h.remove("rules/home.star~")
				h.remove("rules/.home.star.swp")
			})
			h.expect(Installed)
			h.inForce(i+2, content{"home.star": text})
		}
	})
}

func TestReplacedByRename(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		for i, text := range []string{"two", "six"} {
			h.edit(func() {
				h.write("rules/home.star.tmp123", text)
				h.rename("rules/home.star.tmp123", "rules/home.star")
			})
			h.expect(Installed)
			h.inForce(i+2, content{"home.star": text})
		}
	})
}

// A mounted ConfigMap: every file is a link through ..data, which is swapped.
func TestConfigMapSwapped(t *testing.T) {
	prepare := func(h *house) {
		h.write("rules/..v0/home.star", "v0")
		h.link("..v0", "rules/..data")
		h.link("..data/home.star", "rules/home.star")
	}
	everyMode(t, prepare, func(h *house) {
		for i := 1; i <= 3; i++ {
			text, old := fmt.Sprint("v", i), fmt.Sprint("rules/..v", i-1)
			h.edit(func() {
				h.write("rules/.."+text+"/home.star", text)
				h.link(".."+text, "rules/..data")
				h.must(os.RemoveAll(h.path(old)))
			})
			h.expect(Installed)
			h.inForce(i+1, content{"home.star": text})
		}
	})
}

// git-sync, Nix, stow: the rules folder itself is a link.
func TestFolderIsALinkAndRepointed(t *testing.T) {
	prepare := func(h *house) {
		h.write("store/rev1/home.star", "one")
		h.write("store/rev2/home.star", "two")
		h.link("store/rev1", "rules")
	}
	everyMode(t, prepare, func(h *house) {
		h.edit(func() { h.link("store/rev2", "rules") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "two"})
		h.edit(func() { h.write("store/rev2/home.star", "edited") })
		h.expect(Installed)
		h.inForce(3, content{"home.star": "edited"})
	})
}

func TestFileLinkedFromElsewhere(t *testing.T) {
	prepare := func(h *house) {
		h.write("dotfiles/real.star", "one")
		h.link("dotfiles/real.star", "hop")
		h.link("../hop", "rules/home.star")
	}
	everyMode(t, prepare, func(h *house) {
		h.edit(func() { h.write("dotfiles/real.star", "two") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "two"})
		h.edit(func() {
			h.write("dotfiles/new", "three")
			h.rename("dotfiles/new", "dotfiles/real.star")
		})
		h.expect(Installed)
		h.inForce(3, content{"home.star": "three"})
		h.write("other/x.star", "four")
		h.edit(func() { h.link("other/x.star", "hop") })
		h.expect(Installed)
		h.inForce(4, content{"home.star": "four"})
	})
}

func TestFolderMovedAwayAndRecreated(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.edit(func() { h.rename("rules", "elsewhere") })
		h.expect(Failed)
		h.inForce(1, content{"home.star": "one"})
		h.edit(func() { h.write("rules/home.star", "one") })
		h.expect(Restored)
		h.inForce(1, content{"home.star": "one"})
		h.edit(func() { h.write("rules/home.star", "two") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "two"})
	})
}

func TestNewNestedFolderThenEdited(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		h.edit(func() { h.write("rules/lib/deep/names.star", "a") })
		h.expect(Installed)
		h.edit(func() { h.write("rules/lib/deep/names.star", "b") })
		h.expect(Installed)
		h.inForce(3, content{"home.star": "one", "lib/deep/names.star": "b"})
	})
}

func TestRuleDeleted(t *testing.T) {
	prepare := func(h *house) {
		oneRule(h)
		h.write("rules/party.star", "party")
	}
	everyMode(t, prepare, func(h *house) {
		h.edit(func() { h.remove("rules/party.star") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "one"})
	})
}

// What changes no content reloads nothing: the next reload is the one after.
func TestNothingNewIsNoReload(t *testing.T) {
	everyMode(t, oneRule, func(h *house) {
		for _, nothing := range []func(){
			func() { h.must(os.Chtimes(h.path("rules/home.star"), time.Time{}, time.Unix(1e9, 0))) },
			func() { h.must(os.Chmod(h.path("rules/home.star"), 0o600)) },
			func() { h.write("rules/home.star", "one") },
			func() { h.write("rules/.home.star.swp", "swap") },
			func() { h.write("rules/home.star~", "backup") },
			func() { h.write("rules/#home.star#", "autosave") },
			func() { h.must(os.Symlink("me@host.1", h.path("rules/.#home.star"))) },
			func() { h.write("rules/README.md", "notes") },
			func() { h.write("rules/.git/HEAD.star", "no rule") },
			func() { h.write("rules/home.star", "x"); h.write("rules/home.star", "one") },
		} {
			h.edit(nothing)
			looked(h)
		}
		h.edit(func() { h.write("rules/home.star", "sentinel") })
		h.expect(Installed)
		h.inForce(2, content{"home.star": "sentinel"})
	})
}

// looked lets the watcher look at what was just done: a reload on demand finds
// nothing new either.
func looked(h *house) {
	h.Helper()
	if r := h.reload(); r.Outcome != Unchanged || r.Err != nil {
		h.Fatalf("reload: %+v", r)
	}
}

func TestManyFilesAtOnce(t *testing.T) {
	for name, o := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			oneRule(h)
			o.Debounce, o.MaxDelay = 500*time.Millisecond, time.Minute // a loaded machine writes slowly
			h.start(o)
			h.expect(Installed)
			want := content{"home.star": "one"}
			for i := range 200 { // on its own: the debounce has to hold it together
				name := fmt.Sprintf("r%03d.star", i)
				h.write("rules/"+name, name)
				want[name] = name
			}
			h.expect(Installed)
			installs := 2
			if h.w.Status().Hash != h.readHash() {
				h.expect(Installed)
				installs++
			}
			h.inForce(installs, want)
			h.edit(func() { h.write("rules/home.star", "sentinel") })
			h.expect(Installed)
			want["home.star"] = "sentinel"
			h.inForce(installs+1, want)
		})
	}
}

func TestHardLinkWritten(t *testing.T) { // no event in the folder: the scan sees it
	h := newHouse(t)
	oneRule(h)
	h.must(os.Link(h.path("rules/home.star"), h.path("other-name")))
	h.start(Options{Scan: 15 * time.Millisecond, Debounce: 10 * time.Millisecond})
	h.expect(Installed)
	h.edit(func() { h.write("other-name", "through the other name") })
	h.expect(Installed)
	h.inForce(2, content{"home.star": "through the other name"})
	if s := h.w.Status(); s.Watching != "inotify" || s.Why != "" {
		t.Errorf("status: %+v", s)
	}
}
