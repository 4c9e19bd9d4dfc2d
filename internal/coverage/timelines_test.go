package coverage_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"gatefold/internal/coverage"
	"gatefold/internal/timeline"
)

// TestTimelinesComeOutTheSame with counting as without, whatever they are about; and what is counted of one of them after the other
// is what is counted of them side by side.
func TestTimelinesComeOutTheSame(t *testing.T) {
	const home = "../../rules"
	var dirs []string
	for _, pattern := range []string{home, "../../examples/*", "../../examples/*/rules", "../timeline/testdata/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, found...)
	}
	ran := 0
	for _, dir := range dirs {
		files, err := timeline.Files(os.DirFS(dir))
		paths, _ := timeline.Paths(dir)
		if err != nil || len(files) == 0 || len(paths) == 0 {
			continue
		}
		ran++
		plain := timeline.RunPaths(dir, paths, files, timeline.Options{})
		together, alone := coverage.New(files), coverage.New(files)
		counted := timeline.RunPaths(dir, paths, files, timeline.Options{Load: together.Load})
		for i, p := range paths {
			if dir == home {
				timeline.RunPaths(dir, []string{p}, files, timeline.Options{Load: alone.Load})
			}
			if (plain[i].Err == nil) != (counted[i].Err == nil) || !reflect.DeepEqual(plain[i].Result.Happenings, counted[i].Result.Happenings) {
				t.Errorf("%s: %s comes out otherwise when it is counted: %v", dir, p, counted[i].Err)
			}
		}
		if dir == home && !reflect.DeepEqual(together.Report(), alone.Report()) {
			t.Error("side by side something else is counted than one after the other")
		}
	}
	if ran < 12 {
		t.Errorf("only %d folders have timelines", ran)
	}
}
