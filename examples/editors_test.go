package examples

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The settings for editors start gatefold lsp, are well-formed as far as that can be told here, and name no file that is not there.
func TestEditors(t *testing.T) {
	for _, file := range []string{"vscode/extension.js", "neovim/gatefold.lua", "helix/languages.toml"} {
		text, err := os.ReadFile(filepath.Join("editors", file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "gatefold") || !regexp.MustCompile(`["']lsp["']`).Match(text) {
			t.Errorf("%s does not start gatefold lsp", file)
		}
	}
	files, err := filepath.Glob("editors/vscode/*.json")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, m := range regexp.MustCompile(`"(\./[^"]+)"`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join("editors/vscode", m[1])); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}
