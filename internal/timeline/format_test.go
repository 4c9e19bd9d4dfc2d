package timeline

import (
	"os"
	"slices"
	"strings"
	"testing"

	"gatefold/internal/sim"
)

// TestFormatPage: the page for rule authors names everything that a timeline can say, and its example runs.
func TestFormatPage(t *testing.T) {
	raw, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	p := &parser{t: &Timeline{}}
	var words []string
	for name := range p.deeds() {
		words = append(words, name)
		if !slices.Contains(deedNames(), name) {
			t.Errorf("deedNames does not have %s", name)
		}
	}
	for name := range p.headers() {
		words = append(words, name)
	}
	for name := range faultNames() {
		words = append(words, name)
	}
	for name := range p.faultOptions(&sim.Fault{}, nil) {
		words = append(words, name+"=")
	}
	for _, w := range words {
		if !strings.Contains(page, "`"+w) {
			t.Errorf("FORMAT.md does not name %s", w)
		}
	}
	_, example, _ := strings.Cut(page, "```\n")
	example, _, _ = strings.Cut(example, "```")
	r := mustRun(t, mustParse(t, example), Options{Files: folder(t, "testdata/intruder")})
	if len(r.Happenings) == 0 || !r.OK() {
		t.Errorf("the example differs:\n%s", r.Diff())
	}
}
