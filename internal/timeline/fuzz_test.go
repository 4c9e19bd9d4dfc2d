package timeline

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse: whatever the file, Parse ends with a timeline or with errors that have a place in it.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.timeline", "../../rules/*.timeline"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("%s: no seeds: %v", pattern, err)
		}
		for _, p := range paths {
			data, err := os.ReadFile(p)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte("accounts a b\nbudget 1/30s\nstart 2026-01-01T00:00\ntimezone UTC\nat 0s spotify fails 429 retry_after=1s lag=2s body=\"\\u00e9\" for=3s\n\ta: deny(\"x\") # no\n"))
	f.Add([]byte("at 0s\n\t+1s to +99999h every 1ns pause()\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		story, err := Parse("x.timeline", data)
		if err != nil {
			es, ok := err.(Errors)
			if !ok || len(es) == 0 || es[0].Line < 1 {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		if len(story.blocks) == 0 || len(story.Accounts) == 0 || story.Start.IsZero() {
			t.Fatalf("%+v", story)
		}
		// As if nothing had happened: what is left expects nothing, and is read again.
		r := Result{Timeline: story}
		bare, err := Parse("x.timeline", Update(data, r))
		if err != nil {
			t.Fatal(err)
		}
		if r := (Result{Timeline: bare}); r.Diff() != "" || !r.OK() {
			t.Fatal(r.Diff())
		}
	})
}
