package examples

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/reload"
)

// recipes are what the cookbook is for: more may lie beside them.
var recipes = []string{
	"household", "children", "nights", "explicit", "quarantine", "holiday", "party", "office", "ladder", "jam", "summary",
	"topics", "approval", "playlist",
}

// asked are the permissions that every login asks for.
var asked = []string{"user-read-playback-state", "user-modify-playback-state"}

func TestCookbook(t *testing.T) {
	entries, err := os.ReadDir("rules")
	if err != nil {
		t.Fatal(err)
	}
	paragraphs := paragraphsOf(t, "rules/README.md")
	var found []string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		found = append(found, e.Name())
		t.Run(e.Name(), func(t *testing.T) { checkRecipe(t, e.Name(), paragraphs[e.Name()]) })
	}
	for _, name := range recipes {
		if !slices.Contains(found, name) {
			t.Errorf("the recipe %s is missing", name)
		}
	}
	for name := range paragraphs {
		if !slices.Contains(found, name) {
			t.Errorf("rules/README.md has a paragraph about %s, which is not there", name)
		}
	}
}

// paragraphsOf gives what stands below each "## name" of a page.
func paragraphsOf(t *testing.T, path string) map[string]string {
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, section := range strings.Split(string(page), "\n## ")[1:] {
		name, text, _ := strings.Cut(section, "\n")
		out[name] = strings.TrimSpace(text)
	}
	return out
}

// checkRecipe wants a folder to have rules without a warning, a timeline of their name, and a paragraph that says what they
// need.
func checkRecipe(t *testing.T, name, paragraph string) {
	dir := filepath.Join("rules", name)
	files, err := reload.Read(dir, reload.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rules, err := engine.Load(files, engine.Limits{}, builtins.All(builtins.Deps{})...)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range rules.Warnings {
		t.Errorf("warning: %s", w)
	}
	if !rules.Handles(engine.KindPlayback) {
		t.Error("there is no on_playback: alone, these rules would judge nobody")
	}
	if _, err := os.Stat(filepath.Join(dir, name+".timeline")); err != nil {
		t.Errorf("a recipe has a timeline of its name: %v", err)
	}
	if len(paragraph) < 150 {
		t.Fatalf("rules/README.md has no paragraph about it (or a very short one: %q)", paragraph)
	}
	for _, path := range rules.RuleFiles() {
		if link := "](" + name + "/" + path + ")"; !strings.Contains(paragraph, link) {
			t.Errorf("its paragraph has no link to %s", path)
		}
	}
	for _, need := range builtins.Needs(rules.Calls) {
		if !slices.Contains(asked, need.Scope) && !strings.Contains(paragraph, "`"+need.Scope+"`") {
			t.Errorf("its paragraph does not say that it needs %s", need.Scope)
		}
	}
}

// Whoever has the letters of a device in a name is not let in: a recipe compares whole names.
func TestRecipesCompareWholeNames(t *testing.T) {
	part := regexp.MustCompile(`["'] in (now\.)?device\.name|device\.name\.(find|startswith|endswith|count)|(name|key)\.lower\(\)`)
	paths, err := filepath.Glob("rules/*/*.star")
	if err != nil || len(paths) < len(recipes) {
		t.Fatalf("only %d rule files: %v", len(paths), err)
	}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(src), "\n") {
			code, _, _ := strings.Cut(line, "#")
			if part.MatchString(code) {
				t.Errorf("%s:%d compares a part of a name: %s", path, i+1, line)
			}
		}
	}
}
