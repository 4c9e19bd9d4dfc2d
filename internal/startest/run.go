package startest

import (
	"context"
	"errors"
	"sort"

	"gatefold/builtins"
	"gatefold/engine"
)

// Options of tests. Files is required.
type Options struct {
	Files     engine.Snapshot // of the rules folder, with what _names and lib/ hold
	Limits    engine.Limits
	Rewriting *engine.Rewriting // changes the files before they run; nil: they run as they are
}

// Paths are the files of tests in a snapshot, in the order of their names.
func Paths(files engine.Snapshot) []string {
	var out []string
	for _, f := range files {
		if engine.IsTest(f.Path) {
			out = append(out, f.Path)
		}
	}
	sort.Strings(out)
	return out
}

// File is a file of tests that was loaded.
type File struct {
	*engine.TestFile
	path string
}

// Result is what became of a test, or of a file that does not load.
type Result struct {
	Name     string           // "lib/devices_test.star/test_names", or the file's
	Logs     []engine.Line    // what it printed
	Problems []engine.Problem // none: it passed
	Trace    string           // the calls that led to the problem
}

// OK says whether it passed.
func (r Result) OK() bool { return len(r.Problems) == 0 }

// Vet says what is wrong with one file of tests without running it.
func Vet(files engine.Snapshot, path string, modules ...engine.Module) []engine.Problem {
	return engine.VetTests(files, engine.Tests{Path: path, Own: Modules()}, modules...)
}

// Load reads one file of tests. A file that does not load, or that has no tests, comes back as the result that says so.
func Load(path string, o Options) (*File, *Result) {
	own := Modules()
	modules := builtins.All(builtins.Deps{})
	f, err := engine.LoadTests(o.Files, engine.Tests{Path: path, Own: own, Limits: o.Limits, Rewriting: o.Rewriting}, modules...)
	if err == nil {
		return &File{f, path}, nil
	}
	out := &Result{Name: path, Problems: []engine.Problem{{File: path, Text: err.Error()}}}
	if load := (*engine.LoadError)(nil); errors.As(err, &load) {
		out.Problems = load.Problems
	}
	return nil, out
}

// Names are those of its tests, "lib/devices_test.star/test_names", in the order of the file.
func (f *File) Names() []string {
	var out []string
	for _, test := range f.Tests() {
		out = append(out, f.path+"/"+test)
	}
	return out
}

// Run runs the test of a name.
func (f *File) Run(ctx context.Context, name string) Result {
	tested := f.TestFile.Run(ctx, name[min(len(f.path)+1, len(name)):])
	out := Result{Name: name, Logs: tested.Logs}
	if tested.Err != nil {
		out.Problems, out.Trace = []engine.Problem{tested.Err.Problem}, tested.Err.Backtrace
	}
	return out
}

// Modules are what tests can call, and rules cannot.
func Modules() []engine.Module { return []engine.Module{assertModule(), fakeModule(), recordModule()} }
