package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTestingPage does what docs/testing.md says: its files, its commands, and what they print.
func TestTestingPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	files, commands := 0, 0
	for _, block := range regexp.MustCompile("(?ms)^```\\w*\n(.*?)^```$").FindAllSubmatch(page, -1) {
		first, rest, _ := strings.Cut(string(block[1]), "\n")
		switch name, isFile := strings.CutPrefix(first, "# "); {
		case isFile:
			files++
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, block[1], 0o644); err != nil {
				t.Fatal(err)
			}
		case strings.HasPrefix(first, "$ gatefold "):
			commands++
			var out bytes.Buffer
			code := run(t.Context(), strings.Fields(first)[2:], stdio{out: &out, err: &out})
			if (code != 0) != strings.Contains(rest, "gatefold: ") {
				t.Errorf("%s: exit code %d", first, code)
			}
			if got := regexp.MustCompile(`(?m) +$`).ReplaceAllString(out.String(), ""); got != rest {
				t.Errorf("%s\n%s", first, got)
			}
		}
	}
	if files < 7 || commands < 3 {
		t.Errorf("%d files, %d commands", files, commands)
	}
}
