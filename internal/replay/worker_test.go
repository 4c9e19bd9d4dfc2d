package replay

import (
	"os"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/journal"
	"gatefold/internal/lab"
	"gatefold/internal/worker"
)

// The test binary is the rule worker, too.
func TestMain(m *testing.M) {
	if worker.IsChild(os.Args) {
		os.Exit(worker.Main())
	}
	os.Exit(m.Run())
}

// entries are every row that a life leaves in the journal, as text.
func entries(t *testing.T, m *month) []string {
	t.Helper()
	all, err := m.journal.Entries(t.Context(), journal.EntryQuery{Accounts: []string{"home"}})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		out = append(out, e.Kind+" "+string(e.Data))
	}
	return out
}

// Rules in a process of their own leave the same history behind, to the byte: what a turn had read crosses the pipe with
// its decision. And it is decided the same again, in this process and there.
func TestWorkerLeavesTheSameHistory(t *testing.T) {
	t.Parallel()
	const days = 2
	self, err := worker.Self()
	if err != nil {
		t.Fatal(err)
	}
	apart := worker.New(worker.Options{
		Program: self, Modules: builtins.All(builtins.Deps{}), Vocabulary: worker.Vocabulary{AnyName: true}, Zone: lab.Start().Location(), Now: time.Now,
	})
	t.Cleanup(func() {
		if err := apart.Close(); err != nil {
			t.Error(err)
		}
	})
	here := live(t, days, inMemory)
	there := liveWith(t, days, inMemory, func(files engine.Snapshot, _ []engine.Module) (*engine.Ruleset, error) {
		set, err := apart.Load(t.Context(), files)
		if err == nil {
			apart.Adopt(set)
		}
		return set, err
	}, engine.File{Path: "more.star", Data: more})
	if there.rules.By() == nil {
		t.Fatal("the rules have decided in this process")
	}
	want, got := entries(t, here), entries(t, there)
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Fatalf("row %d of %d is here\n%s\nand there\n%s", i, len(want), want[i], got[i])
		}
	}
	if len(want) != len(got) || len(want) < 500 {
		t.Fatalf("%d rows here, %d there", len(want), len(got))
	}
	for name, rules := range map[string]*engine.Ruleset{"here": here.rules, "there": there.rules} {
		r, err := Do(t.Context(), there.journal, Run{Account: "home", Since: lab.Start(), Rules: rules, Hash: rules.Hash, All: true}, options())
		if err != nil || r.Turns < 200 || r.Same != r.Turns || r.Inexact+r.Unkept+r.Damaged+r.Differ > 0 {
			t.Errorf("decided again %s: %+v, %v", name, r, err)
		}
	}
}
