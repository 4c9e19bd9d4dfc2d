package timeline

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"gatefold/engine"
)

// ErrNone is a folder without timelines: a test that tests nothing must not pass.
var ErrNone = errors.New("there are no timelines (*.timeline)")

// Outcome is what became of one timeline. Either Err says why it could not run, or Result what happened.
type Outcome struct {
	Path   string // below the folder, with slashes
	Data   []byte // the file's
	Result Result
	Err    error
}

// OK says whether it ran and everything happened as expected.
func (o Outcome) OK() bool { return o.Err == nil && o.Result.OK() }

// RunDir runs every *.timeline below dir on the rule files of that folder, as RunPaths does. The error is about the folder:
// ErrNone, or that it cannot be read.
func RunDir(dir string, files engine.Snapshot, o Options) ([]Outcome, error) {
	paths, err := Paths(dir)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, ErrNone)
	}
	return RunPaths(dir, paths, files, o), nil
}

// RunPaths runs timelines below dir side by side, as many as there are processors, and gives what became of them in the
// order of the paths. home.timeline beside home.star runs that rule file alone, a timeline without one of its name the
// whole ruleset. What o says about files is not used. With an observer they run one after the other.
func RunPaths(dir string, paths []string, files engine.Snapshot, o Options) []Outcome {
	out := make([]Outcome, len(paths))
	var free sync.WaitGroup
	places := make(chan struct{}, runtime.GOMAXPROCS(0))
	if o.Observe != nil {
		places = make(chan struct{}, 1)
	}
	for i, p := range paths {
		places <- struct{}{}
		free.Go(func() {
			defer func() { <-places }()
			out[i] = runPath(dir, p, files, o)
		})
	}
	free.Wait()
	return out
}

func runPath(dir, p string, files engine.Snapshot, o Options) Outcome {
	one := Outcome{Path: p}
	one.Data, one.Err = read(filepath.Join(dir, filepath.FromSlash(p)))
	if one.Err == nil {
		o.Files, o.Alone = files, Beside(p, files)
		one.Result, one.Err = runFile(p, one.Data, o)
	}
	return one
}

func runFile(name string, data []byte, o Options) (Result, error) {
	t, err := Parse(name, data)
	if err != nil {
		return Result{}, err
	}
	return Run(t, o)
}

// Beside is the rule file that a timeline tests alone, "" when there is none of its name.
func Beside(timeline string, files engine.Snapshot) string {
	rule := strings.TrimSuffix(timeline, ".timeline") + ".star"
	if engine.IsRule(rule) && find(files, rule) >= 0 {
		return rule
	}
	return ""
}

// Paths are the timelines below a folder, in the order of their names, with slashes.
func Paths(dir string) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != dir && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(p) != ".timeline" || strings.HasPrefix(d.Name(), "."):
			return nil
		}
		rel, err := filepath.Rel(dir, p)
		paths = append(paths, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for timelines: %w", err)
	}
	return paths, nil
}

// read reads a file, not more of it than Parse takes.
func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for ever
		err = fmt.Errorf("%s is no file", path)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}
