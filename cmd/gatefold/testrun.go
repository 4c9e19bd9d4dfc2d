package main

import (
	"context"
	"regexp"
	"runtime"
	"slices"
	"sync"

	"gatefold/engine"
	"gatefold/internal/coverage"
	"gatefold/internal/startest"
)

// runTests runs the tests of files side by side, and gives what became of them in the order of the files. With a profile
// each of them runs once more to be counted.
func runTests(ctx context.Context, files engine.Snapshot, paths []string, wanted *regexp.Regexp, profile *coverage.Profile) []startest.Result {
	results := make([][]startest.Result, len(paths))
	var free sync.WaitGroup
	places := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, p := range paths {
		places <- struct{}{}
		free.Go(func() {
			defer func() { <-places }()
			results[i] = runTestFile(ctx, startest.Options{Files: files}, p, wanted)
			if profile != nil {
				counting := profile.Rewriting(files)
				runTestFile(ctx, startest.Options{Files: files, Limits: coverage.Loose(engine.Limits{}), Rewriting: &counting}, p, wanted)
			}
		})
	}
	free.Wait()
	return slices.Concat(results...)
}

func runTestFile(ctx context.Context, o startest.Options, path string, wanted *regexp.Regexp) []startest.Result {
	f, failed := startest.Load(path, o)
	if failed != nil {
		if slices.ContainsFunc(namesIn(o.Files, path), wanted.MatchString) {
			return []startest.Result{*failed}
		}
		return nil
	}
	var out []startest.Result
	for _, name := range f.Names() {
		if wanted.MatchString(name) {
			out = append(out, f.Run(ctx, name))
		}
	}
	return out
}

// writtenTests are functions that look like tests.
var writtenTests = regexp.MustCompile(`(?m)^def (test_\w+)`)

// namesIn are the names that the tests of a file would have that does not load, and the file's.
func namesIn(files engine.Snapshot, path string) []string {
	out := []string{path}
	for _, f := range files {
		if f.Path == path {
			for _, m := range writtenTests.FindAllSubmatch(f.Data, -1) {
				out = append(out, path+"/"+string(m[1]))
			}
		}
	}
	return out
}
