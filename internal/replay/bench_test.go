package replay

import (
	"path/filepath"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/journal"
	"gatefold/internal/lab"
	"gatefold/internal/worker"
)

// BenchmarkMonth replays a month of a household from the sealed file on disk: by the rules that decided it, and by others, in this
// process and in a rule worker.
func BenchmarkMonth(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "data")
	m := live(b, 30, func(now func() time.Time) (*journal.Journal, error) {
		return journal.Open(dir, journal.Options{Now: now, Key: key})
	})
	defer m.journal.Close()
	self, err := worker.Self()
	if err != nil {
		b.Fatal(err)
	}
	w := worker.New(worker.Options{
		Program: self, Modules: builtins.All(builtins.Deps{}), Vocabulary: worker.Vocabulary{AnyName: true}, Zone: lab.Start().Location(), Now: time.Now,
	})
	b.Cleanup(func() { _ = w.Close() })
	apart := func(rules *engine.Ruleset) *engine.Ruleset {
		set, err := w.Load(b.Context(), rules.Files)
		if err != nil {
			b.Fatal(err)
		}
		w.Adopt(set)
		return set
	}
	other := edited(b, m.rules, `device.name in HOUSEHOLD and not`, `device.name in HOUSEHOLD and device.name != "Kitchen" and not`)
	for name, run := range map[string]Run{
		"same rules":                 {Account: "home", Since: lab.Start(), Rules: m.rules, Hash: m.rules.Hash},
		"other rules":                {Account: "home", Since: lab.Start(), Rules: other, Hash: other.Hash},
		"same rules, in the worker":  {Account: "home", Since: lab.Start(), Rules: apart(m.rules), Hash: m.rules.Hash},
		"other rules, in the worker": {Account: "home", Since: lab.Start(), Rules: apart(other), Hash: other.Hash},
	} {
		b.Run(name, func(b *testing.B) {
			var r Report
			for b.Loop() {
				var err error
				if r, err = Do(b.Context(), m.journal, run, options()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(r.Turns), "turns")
			b.ReportMetric(float64(r.Looks), "looks")
		})
	}
	b.Run("newest 500", func(b *testing.B) {
		for b.Loop() {
			turns, err := Recent(b.Context(), m.journal, "home", 500, options())
			if err != nil || len(turns) != 500 {
				b.Fatal(len(turns), err)
			}
		}
	})
}

// BenchmarkRecord is how many bytes of history a recorded turn takes by the shipped rules, and how many of them say what
// it had read.
func BenchmarkRecord(b *testing.B) {
	for b.Loop() {
		m := shipped(b, 7)
		turns, all, past := sizes(b, m)
		b.ReportMetric(float64(all)/float64(turns), "B/turn")
		b.ReportMetric(float64(past)/float64(turns), "past-B/turn")
	}
}
