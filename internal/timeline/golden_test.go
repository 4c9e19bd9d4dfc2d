package timeline

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"gatefold/engine"
)

var update = flag.Bool("update", false, "rewrite the timelines below testdata to what happens")

// folder is the snapshot of the rule files of a folder.
func folder(t testing.TB, dir string) engine.Snapshot {
	t.Helper()
	files, err := Files(os.DirFS(dir))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d rule files: %v", dir, len(files), err)
	}
	return files
}

func mustParse(t testing.TB, text string) *Timeline {
	t.Helper()
	story, err := Parse("story.timeline", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return story
}

func mustRun(t testing.TB, story *Timeline, o Options) Result {
	t.Helper()
	r, err := Run(story, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGolden(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*/*.star")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no folders: %v", err)
	}
	done := map[string]bool{}
	for _, p := range dirs {
		dir := filepath.Dir(p)
		if done[dir] || filepath.Base(filepath.Dir(dir)) == "fuzz" {
			continue
		}
		done[dir] = true
		outcomes, err := RunDir(dir, folder(t, dir), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes {
			t.Run(filepath.Base(dir)+"/"+o.Path, func(t *testing.T) { golden(t, dir, o) })
		}
	}
}

func golden(t *testing.T, dir string, o Outcome) {
	if o.Err != nil {
		t.Fatal(o.Err)
	}
	if *update {
		if err := os.WriteFile(filepath.Join(dir, o.Path), Update(o.Data, o.Result), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := o.Result.Diff(); diff != "" || !o.OK() {
		t.Errorf("something else happened (-update rewrites):\n%s", diff)
	}
}
