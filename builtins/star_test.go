package builtins

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCapabilities runs testdata/*.star: chunks between lines of ---, each a rule and what should come of it.
func TestCapabilities(t *testing.T) {
	files, err := filepath.Glob("testdata/*.star")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".star"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			chunks := strings.Split(string(data), "\n---\n")
			if len(chunks) < 2 {
				t.Fatalf("%d chunks: a capability needs more", len(chunks))
			}
			line := 1
			for _, chunk := range chunks {
				t.Run(fmt.Sprintf("line %d", line), func(t *testing.T) {
					x, err := readExample(chunk)
					if err != nil {
						t.Fatal(err)
					}
					x.run(t)
				})
				line += strings.Count(chunk, "\n") + 2
			}
		})
	}
}

// TestEveryCapabilityIsWhole checks that each page has its code and its specification, and each specification its page.
func TestEveryCapabilityIsWhole(t *testing.T) {
	pages, _ := filepath.Glob("*.md")
	specs, _ := filepath.Glob("testdata/*.star")
	names := map[string]bool{}
	for _, f := range append(pages, specs...) {
		name := filepath.Base(f)
		names[strings.TrimSuffix(name, filepath.Ext(name))] = true
	}
	if len(names) == 0 {
		t.Fatal("no pages and no specifications")
	}
	for _, prose := range []string{"handlers", "language", "std", "values"} { // pages that are about no capability
		if !names[prose] {
			t.Errorf("%s.md is missing", prose)
		}
		delete(names, prose)
	}
	for name := range names {
		for _, f := range []string{name + ".go", name + ".md", "testdata/" + name + ".star"} {
			if _, err := os.Stat(f); err != nil {
				t.Errorf("%s is missing", f)
			}
		}
	}
}
