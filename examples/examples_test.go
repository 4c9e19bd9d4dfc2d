// Package examples runs the timelines of every example, so that none of them goes stale.
package examples

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/timeline"
)

var update = flag.Bool("update", false, "rewrite the timelines to what happens")

// TestTimelines fails when an example with rules has no timeline, and when there is no such example.
func TestTimelines(t *testing.T) {
	var rules []string
	for _, pattern := range []string{"rules/*/*.star", "*/rules/*.star"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("there are no examples with rules in %s: %v", pattern, err)
		}
		rules = append(rules, found...)
	}
	done := map[string]bool{}
	for _, rule := range rules {
		dir := filepath.Dir(rule)
		if !done[dir] {
			done[dir] = true
			t.Run(dir, func(t *testing.T) { runExample(t, dir) })
		}
	}
}

// TestNothingToWarnOf: an example is what people copy.
func TestNothingToWarnOf(t *testing.T) {
	for _, pattern := range []string{"*", "*/rules"} {
		dirs, err := filepath.Glob(pattern)
		if err != nil || len(dirs) == 0 {
			t.Fatalf("no folders %s: %v", pattern, err)
		}
		for _, dir := range dirs {
			if rules, _ := filepath.Glob(filepath.Join(dir, "*.star")); len(rules) == 0 {
				continue
			}
			files, err := timeline.Files(os.DirFS(dir))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range engine.Vet(files, builtins.All(builtins.Deps{})...) {
				t.Errorf("%s: %s", dir, p)
			}
		}
	}
}

func runExample(t *testing.T, dir string) {
	files, err := timeline.Files(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := timeline.RunDir(dir, files, timeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		switch {
		case o.Err != nil:
			t.Error(o.Err)
		case *update:
			if err := os.WriteFile(filepath.Join(dir, o.Path), timeline.Update(o.Data, o.Result), 0o644); err != nil {
				t.Error(err)
			}
		case !o.OK():
			t.Errorf("something else happened (go test ./examples -update rewrites the timelines):\n%s", o.Result.Diff())
		}
	}
}
