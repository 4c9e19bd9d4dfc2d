package startest

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"gatefold/builtins"
	"gatefold/engine"
)

// TestExamples runs every example of every page as a file of tests.
func TestExamples(t *testing.T) {
	files, err := fs.Glob(Pages, "*.md")
	if err != nil || len(files) < 3 {
		t.Fatalf("pages: %q, %v", files, err)
	}
	for _, file := range files {
		page, err := fs.ReadFile(Pages, file)
		if err != nil {
			t.Fatal(err)
		}
		examples := regexp.MustCompile("(?ms)^```python\n(.*?)^```$").FindAllSubmatch(page, -1)
		if n := strings.Count(string(page), "```"); len(examples) == 0 || n != 2*len(examples) {
			t.Errorf("%s: %d fences, %d examples in python", file, n, len(examples))
		}
		for _, x := range examples {
			o := Options{Files: engine.Snapshot{{Path: "page_test.star", Data: x[1]}}}
			for _, p := range Vet(o.Files, "page_test.star", builtins.All(builtins.Deps{})...) {
				t.Errorf("%s: %s\n%s", file, p, x[1])
			}
			f, failed := Load("page_test.star", o)
			if failed != nil {
				t.Errorf("%s: %v", file, failed.Problems)
				continue
			}
			for _, name := range f.Names() {
				if r := f.Run(t.Context(), name); !r.OK() {
					t.Errorf("%s: %s: %v", file, name, r.Problems)
				}
			}
		}
	}
}
