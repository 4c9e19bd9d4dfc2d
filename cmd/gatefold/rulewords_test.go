package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/reload"
	"gatefold/metrics"
)

// keeping is a rule keeper with a folder and a journal, and nothing else of a daemon; and what was said about rules, as
// a model: what was rejected is not in force without a word.
type keeping struct {
	*rapid.T
	dir, away string
	cfg       *config.Config
	journal   *journal.Journal
	k         *ruleKeeper

	banned  map[string]bool // by hash: taken back, or set aside
	been    map[string]bool // by hash: in force at some time
	waiting string          // hash of what waits
}

// texts are rulesets that judge Bob differently, and the same in other words.
var texts4 = []string{
	"def on_playback(now):\n    deny('a')\n", "def on_playback(now):\n    allow('b')\n",
	"def on_playback(now):\n    deny('c')\n", "def on_playback(now):\n    allow('d')\n",
}

func hashOf(text string) string {
	return engine.Snapshot{{Path: "home.star", Data: []byte(text)}}.Hash()
}

// start begins a daemon's life; what the last one left is in the journal.
func (h *keeping) start() error {
	m, err := metrics.New(prometheus.NewRegistry(), metrics.Options{Now: time.Now})
	if err != nil {
		h.Fatal(err)
	}
	d := &daemon{
		cfg: h.cfg, log: slog.New(slog.NewTextHandler(io.Discard, nil)), metrics: m, journal: h.journal, modules: vocabulary(),
		running: h.Context(), config: &configKeeper{inForce: h.cfg}, board: newBoard(nil, nil, time.Now),
	}
	d.w.Clock, d.w.Stdio.patient = newClock(1), true
	k := &ruleKeeper{d: d, trial: trialHere{d.modules}, recent: newRecent(), ledger: newRuleLedger(h.journal, d.log)}
	d.rules = k
	look := lookAt("home", "Bob", evening)
	k.recent.Observe("home", engine.TurnReport{Decision: engine.Decision{Event: look.Event}, News: true})
	if err := k.start(h.Context()); err != nil {
		return err
	}
	if h.k != nil {
		h.k.saving.Wait()
	}
	h.k = k
	return nil
}

func (h *keeping) write(name, text string) {
	h.back()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o644); err != nil {
		h.Fatal(err)
	}
}

func (h *keeping) back() {
	if _, err := os.Stat(h.away); err == nil {
		if err := os.Rename(h.away, h.dir); err != nil {
			h.Fatal(err)
		}
	}
}

// folder is the hash of what the folder holds; "": it is away.
func (h *keeping) folder() string {
	files, err := reload.Read(h.dir, reload.Limits{})
	if err != nil {
		return ""
	}
	return files.Hash()
}

func (h *keeping) look() {
	if _, err := h.k.watcher.Look(h.Context()); err != nil {
		h.Fatal(err)
	}
}

// does something, and checks that only a word has put in force what was rejected. word is the hash that it is about.
func (h *keeping) does(word string, do func()) (changed bool) {
	before, waited := h.k.inForce().Hash, h.waiting
	do()
	after := h.k.inForce().Hash
	if after != before && word != after && (h.banned[after] || after == waited) {
		h.Fatalf("%s is in force without a word, in place of %s", short(after), short(before))
	}
	delete(h.banned, after)
	h.been[before], h.been[after] = true, true
	h.waiting = ""
	if w := h.k.status().Waiting; w != nil {
		h.waiting = w.Hash
	}
	in := h.k.installed()
	if in.Before != nil && h.banned[in.Before.Hash] {
		h.Fatalf("%s, which was rejected, decides where %s fails", short(in.Before.Hash), short(after))
	}
	for hash := range h.banned {
		if !slices.Contains(in.Not, hash) {
			h.Fatalf("%s, which was rejected, goes on deciding in the loops", short(hash))
		}
	}
	return after != before
}

// silently does what is no edit that could take the place of what waits.
func (h *keeping) silently(do func()) bool {
	waited := h.waiting
	changed := h.does("", do)
	if waited != "" && h.waiting != waited && h.k.inForce().Hash != waited {
		h.Fatalf("%s waits no more", short(waited))
	}
	return changed
}

// What was taken back, set aside or kept waiting comes into force by a word about it alone, whatever happens to the folder,
// over deaths and restarts; and an edit that is new comes into force.
func TestNothingRejectedIsInForceWithoutAWord(t *testing.T) {
	top := t.TempDir()
	life := 0
	rapid.Check(t, func(t *rapid.T) {
		life++
		root := filepath.Join(top, fmt.Sprint(life))
		h := &keeping{T: t, dir: filepath.Join(root, "rules"), away: filepath.Join(root, "away"), banned: map[string]bool{}, been: map[string]bool{}}
		if err := os.MkdirAll(h.dir, 0o755); err != nil {
			t.Fatal(err)
		}
		confirm := rapid.SampledFrom([]string{config.ConfirmNone, config.ConfirmDiff}).Draw(t, "confirm")
		h.cfg = &config.Config{Rules: h.dir, Timezone: time.UTC, Reload: config.Reload{Timelines: config.TimelinesRequire, Confirm: confirm}}
		h.journal = journal.New(journal.NewMemory(), time.Now)
		h.write("home.star", texts4[0])
		if err := h.start(); err != nil {
			t.Fatal(err)
		}
		defer func() { h.k.saving.Wait(); h.k.ledger.settle() }()
		h.look()
		text := rapid.SampledFrom(texts4)
		t.Repeat(map[string]func(*rapid.T){
			"save": func(t *rapid.T) {
				x := text.Draw(t, "text")
				hash := hashOf(x)
				_, rejected := h.k.ledger.now().rejected(hash) // more than the model knows of, after a rollback with a hash
				h.write("home.star", x)
				h.does("", h.look)
				if in := h.k.inForce().Hash; rejected && in == hash || !rejected && confirm == config.ConfirmNone && in != hash {
					t.Fatalf("in force is %s, rejected: %v", short(in), rejected)
				}
			},
			"typo": func(*rapid.T) {
				h.write("home.star", "def on_playback(now)\n")
				if h.silently(h.look) {
					h.Fatal("a typo is in force")
				}
			},
			"touch a timeline": func(t *rapid.T) {
				if h.folder() == "" {
					t.Skip("the folder is away")
				}
				h.write("home.timeline", "# "+rapid.StringMatching("[a-z]{8}").Draw(t, "text")+"\n"+
					"at 0s playback device.name=\"Eve\"\n")
				if err := os.Remove(filepath.Join(h.dir, "home.timeline")); err != nil {
					t.Fatal(err)
				}
				h.silently(h.look)
			},
			"folder away": func(*rapid.T) {
				h.back()
				if err := os.Rename(h.dir, h.away); err != nil {
					h.Fatal(err)
				}
				if h.silently(h.look) {
					h.Fatal("nothing is in force")
				}
			},
			"folder back": func(*rapid.T) {
				h.back()
				if h.folder() != h.k.inForce().Hash { // then what waits was undone
					h.does("", h.look)
				}
			},
			"rollback": func(t *rapid.T) {
				was, folder, named, hash := h.k.inForce().Hash, h.folder(), rapid.Bool().Draw(t, "named"), ""
				if named {
					h.k.ledger.settle()
					all, err := h.journal.Rulesets(t.Context())
					if err != nil || len(all) == 0 {
						t.Fatal(err)
					}
					hash = rapid.SampledFrom(all).Draw(t, "ruleset").Hash
				}
				word := hash
				if !named && h.been[h.waiting] && !h.banned[h.waiting] { // the ruleset before may be the one that was saved again
					word = h.waiting
				}
				var err error
				changed := h.does(word, func() { _, err = h.k.rollback(t.Context(), hash) })
				if err != nil || !changed {
					if changed {
						t.Fatalf("%v, and yet", err)
					}
					return
				}
				if !named {
					h.banned[was] = true
				}
				if folder != "" && folder != h.k.inForce().Hash {
					h.banned[folder] = true
				}
			},
			"accept": func(t *rapid.T) {
				waited := h.waiting
				var err error
				h.does(waited, func() { _, err = h.k.accept(t.Context(), "") })
				if (err == nil) != (waited != "") || err == nil && h.k.inForce().Hash != waited {
					t.Fatalf("%s waited: %v", waited, err)
				}
			},
			"reload": func(t *rapid.T) {
				folder := h.folder()
				h.does(folder, func() {
					if _, err := h.k.reload(t.Context()); err != nil {
						t.Fatal(err)
					}
				})
			},
			"death": func(t *rapid.T) {
				dead := h.k.inForce().Hash
				if h.silently(func() { h.k.setAside(dead, "has ended its process", "badly") }) {
					h.banned[dead] = true
				}
			},
			"restart": func(t *rapid.T) {
				h.k.ledger.settle()
				folder, in, waited := h.folder(), h.k.inForce().Hash, h.waiting
				h.does("", func() {
					if err := h.start(); err != nil {
						if !strings.Contains(err.Error(), "must not be in force") {
							t.Fatal(err)
						}
						t.Fatal("what was in force is kept, and could go on:", err)
					}
					h.look()
				})
				if now := h.k.inForce().Hash; now != in && (h.banned[folder] || folder == "" || folder == waited) {
					t.Fatalf("%s was in force, and %s is after a restart", short(in), short(now))
				}
			},
			"": func(*rapid.T) {},
		})
	})
}

// Rules that are rejected do not count for want of others, however little the journal has kept.
func TestARejectedFolderDoesNotStart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &keeping{T: t, banned: map[string]bool{}}
		var err error
		if h.dir, err = os.MkdirTemp("", "rejected"); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(h.dir)
		h.cfg = &config.Config{Rules: h.dir, Timezone: time.UTC}
		h.journal = journal.New(journal.NewMemory(), time.Now)
		l := newRuleLedger(h.journal, slog.New(slog.DiscardHandler))
		l.reject(rejection{Hash: hashOf(texts4[1]), By: rapid.SampledFrom([]string{byRollback, byDeath}).Draw(t, "by")})
		l.settle()
		h.write("home.star", texts4[1])
		if err := h.start(); err == nil || !strings.Contains(err.Error(), "must not be in force") || errors.Is(err, reload.ErrNoRules) {
			t.Fatal(err)
		}
	})
}
