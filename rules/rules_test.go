package rules_test

import (
	"flag"
	"os"
	"testing"

	"gatefold/internal/timeline"
	"gatefold/rules"
)

var update = flag.Bool("update", false, "rewrite the timelines to what happens")

// TestTimelines runs every timeline of this folder: they are the regression of the shipped rules.
func TestTimelines(t *testing.T) {
	files, err := timeline.Files(rules.Files)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := timeline.RunDir(".", files, timeline.Options{Observe: watch(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		t.Run(o.Path, func(t *testing.T) {
			if o.Err != nil {
				t.Fatal(o.Err)
			}
			if *update {
				if err := os.WriteFile(o.Path, timeline.Update(o.Data, o.Result), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := o.Result.Diff(); diff != "" {
				t.Errorf("something else happened (go test ./rules -update rewrites the timelines):\n%s", diff)
			}
		})
	}
}

// TestFiles makes sure that what is embedded is the rules and their timelines.
func TestFiles(t *testing.T) {
	for _, name := range []string{"home.star", "home.timeline", "intruder.timeline", "_broken.star"} {
		if data, err := rules.Files.ReadFile(name); err != nil || len(data) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}
