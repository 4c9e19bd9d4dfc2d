package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gatefold/engine"
	"gatefold/internal/reload"
)

// benchesOf says which folders the arguments of gatefold test mean, and what of each.
func benchesOf(args []string) ([]bench, error) {
	var out []bench
	for _, arg := range args {
		if !isFile(arg) {
			out = append(out, bench{dir: filepath.Clean(arg), all: true})
		}
	}
	for _, arg := range args {
		if !isFile(arg) {
			continue
		}
		if filepath.Ext(arg) != ".timeline" && !engine.IsTest(filepath.ToSlash(filepath.Base(arg))) {
			return nil, usage(fmt.Errorf("%s is neither a timeline (*.timeline) nor a file of tests (*_test.star)", arg))
		}
		b, rel := folderOf(&out, filepath.Clean(arg))
		switch {
		case b.all: // it is run anyway
		case filepath.Ext(arg) == ".timeline" && !slices.Contains(b.timelines, rel):
			b.timelines = append(b.timelines, rel)
		case filepath.Ext(arg) == ".star" && !slices.Contains(b.tests, rel):
			b.tests = append(b.tests, rel)
		}
	}
	for _, b := range out {
		slices.Sort(b.timelines)
		slices.Sort(b.tests)
	}
	return out, nil
}

// folderOf is the rules folder of a file, and the file's path in it: a folder that was named, ./rules, or the one beside
// it. Of a file in lib/ that is the one above.
func folderOf(named *[]bench, file string) (*bench, string) {
	for i := range *named {
		if rel, ok := below((*named)[i].dir, file); ok {
			return &(*named)[i], rel
		}
	}
	dir := filepath.Dir(file)
	if _, ok := below("rules", file); ok {
		dir = "rules"
	} else {
		for at := dir; ; at = filepath.Dir(at) {
			if filepath.Base(at) == "lib" {
				dir = filepath.Dir(at)
			}
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	rel, _ := below(dir, file)
	*named = append(*named, bench{dir: dir})
	return &(*named)[len(*named)-1], rel
}

// below is the path of a file in a folder, with slashes.
func below(dir, file string) (string, bool) {
	rel, err := filepath.Rel(dir, file)
	if err != nil || rel == "." || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// readFiles reads a rules folder for its tests.
func readFiles(dir string) (engine.Snapshot, error) {
	files, err := reload.Read(dir, reload.Limits{})
	if err != nil {
		return nil, &codedError{code: exitFailed, err: err}
	}
	return files, nil
}
