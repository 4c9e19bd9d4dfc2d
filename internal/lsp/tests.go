package lsp

import (
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"gatefold/engine"
	"gatefold/internal/manual"
	"gatefold/internal/startest"
)

// testWords is what files of tests can call, with what rules can: assert, fake and record are in no rule's way.
type testWords struct {
	manual  *manual.Manual
	members map[string][]string
	results map[string]starlark.Value
}

func newTestWords(m *manual.Manual) *testWords {
	return &testWords{manual: m, members: membersOf(m), results: startest.Results()}
}

// forFile is the folder as one of its files sees it.
func (f *folder) forFile(rel string) *folder {
	if !engine.IsTest(rel) {
		return f
	}
	seen := *f
	seen.manual, seen.members, seen.results = f.tests.manual, f.tests.members, f.tests.results
	return &seen
}

// testProblems are those of a file of tests. One in which no test stands yet is being written.
func (j job) testProblems(rel string) []engine.Problem {
	if !engine.IsTest(rel) {
		return nil
	}
	return slices.DeleteFunc(startest.Vet(j.files, rel, j.modules...), func(p engine.Problem) bool { return p.Code == engine.CodeNoRules })
}

// alsoInTests are the texts that a page of tests says an argument may be: fake.now(cause = "reload").
func alsoInTests(e *manual.Entry, row manual.Row) (out []choice) {
	if !e.Section.Page.Tests {
		return nil
	}
	for _, m := range quoted.FindAllStringSubmatch(row.What, -1) {
		if !strings.Contains(row.Default, "\""+m[1]+"\"") {
			out = append(out, choice{m[1], row.Name, itemValue})
		}
	}
	return out
}

// testFunctions offers whole tests: one for each function that the file loads and does not test yet, and an empty one.
func (b *completing) testFunctions(from int, lead string) {
	there := b.globals()
	names := []string{"something"}
	for _, l := range b.loads {
		for _, n := range l.names {
			if b.function(b.outline, n.local) != nil {
				names = append(names, n.local)
			}
		}
	}
	for _, n := range names {
		n = "test_" + n
		if slices.Contains(there, n) {
			continue
		}
		i := CompletionItem{Label: lead + n, Kind: itemFunction, Detail: "a test", FilterText: lead + n, SortText: "1" + n}
		insert := lead + n + "():\n    "
		if b.snippets {
			i.Kind, i.InsertTextFormat = itemSnippet, 2
			insert += "$0"
		}
		b.add(i, from, insert)
	}
}
