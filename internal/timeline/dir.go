package timeline

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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

// RunDir runs every *.timeline below dir, in the order of their names, on the rule files of that folder. home.timeline
// beside home.star runs that rule file alone, a timeline without one of its name the whole ruleset. What o says about
// files is not used. The error is about the folder: ErrNone, or that it cannot be read.
func RunDir(dir string, files engine.Snapshot, o Options) ([]Outcome, error) {
	paths, err := timelines(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for timelines: %w", err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, ErrNone)
	}
	var out []Outcome
	for _, p := range paths {
		one := Outcome{Path: p}
		one.Data, one.Err = read(filepath.Join(dir, filepath.FromSlash(p)))
		if one.Err == nil {
			o := o
			o.Files, o.Alone = files, Beside(p, files)
			one.Result, one.Err = runFile(p, one.Data, o)
		}
		out = append(out, one)
	}
	return out, nil
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

func timelines(dir string) (paths []string, err error) {
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
	return paths, err
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
