package examples

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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

// recipeRules loads every recipe.
func recipeRules(t *testing.T) map[string]*engine.Ruleset {
	t.Helper()
	out := map[string]*engine.Ruleset{}
	stories, err := filepath.Glob("rules/*/*.timeline")
	if err != nil || len(stories) < len(recipes) {
		t.Fatalf("%d recipes: %v", len(stories), err)
	}
	for _, story := range stories {
		dir := filepath.Dir(story)
		files, err := reload.Read(dir, reload.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if out[filepath.Base(dir)], err = engine.Load(files, engine.Limits{}, builtins.All(builtins.Deps{})...); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func lookAt(p builtins.Playback, at time.Time) engine.Event {
	return engine.Event{ID: "home/playback/1", Account: "home", Kind: engine.KindPlayback, Cause: engine.CauseLook, Time: at, Data: builtins.NewPlayback(p)}
}

var (
	afternoon = time.Date(2026, 3, 4, 16, 0, 0, 0, time.UTC) // a Wednesday
	somebody  = builtins.Device{ID: "x", Name: "Bob's Laptop", Type: "computer", Active: true, Volume: 60, SupportsVolume: true}
	something = builtins.Item{Kind: "track", Name: "Blue Train", Artists: []string{"John Coltrane"}, URI: "spotify:track:0eyHNlZpTaJ3Bj3fAYCVVp", Duration: time.Minute}
)

// Whatever a stranger calls his device and his music, a recipe denies him, and does not fail: a handler that fails judges
// nobody.
func TestRecipesDenyStrangers(t *testing.T) {
	device := func(change func(*builtins.Device)) builtins.Playback {
		d, i := somebody, something
		change(&d)
		return builtins.Playback{Playing: true, Device: &d, Item: &i}
	}
	item := func(change func(*builtins.Item)) builtins.Playback {
		d, i := somebody, something
		change(&i)
		return builtins.Playback{Playing: true, Device: &d, Item: &i}
	}
	looks := map[string]builtins.Playback{
		"an ordinary one":     device(func(*builtins.Device) {}),
		"without a name":      device(func(d *builtins.Device) { d.Name = "" }),
		"without an id":       device(func(d *builtins.Device) { d.ID = "" }),
		"without a type":      device(func(d *builtins.Device) { d.Type = "" }),
		"without a volume":    device(func(d *builtins.Device) { d.Volume, d.SupportsVolume = -1, false }),
		"takes no commands":   device(func(d *builtins.Device) { d.Restricted = true }),
		"a novel":             device(func(d *builtins.Device) { d.Name = strings.Repeat("long ", 20_000) }),
		"all sorts of signs":  device(func(d *builtins.Device) { d.Name = "%s %d {} <!channel> \"'\\\n\x00\u202e`*" }),
		"the name, and more":  device(func(d *builtins.Device) { d.Name, d.Type = "Kitchen ", "speaker" }),
		"in small letters":    device(func(d *builtins.Device) { d.Name, d.Type = "kitchen", "speaker" }),
		"a key as its name":   device(func(d *builtins.Device) { d.Name = "speaker:Kitchen" }),
		"nothing in it":       {Playing: true, Device: &somebody},
		"an item without uri": item(func(i *builtins.Item) { i.URI, i.Kind = "", "local" }),
		"a uri like a novel":  item(func(i *builtins.Item) { i.URI = "spotify:local:" + strings.Repeat("%20", 20_000) }),
		"a title of signs":    item(func(i *builtins.Item) { i.Name = "%s %d {} \"'\\\n\u202e" }),
		"an unknown kind":     item(func(i *builtins.Item) { i.Kind = "unknown" }),
	}
	for name, rules := range recipeRules(t) {
		for what, look := range looks {
			d := rules.Evaluate(t.Context(), lookAt(look, afternoon), engine.Facts{}, nil)
			if d.Err != nil || len(d.Asks) > 0 || d.Verdict.Kind != engine.Deny {
				t.Errorf("%s: a stranger (%s): %s, %v", name, what, d.Verdict, d.Err)
			}
		}
	}
}

// Whom somebody has blocked no recipe lets in, whatever stands in its lists.
func TestRecipesDenyTheBlocked(t *testing.T) {
	text := regexp.MustCompile(`"([^"\n]+)"`)
	allowed := map[string]int{}
	for name, rules := range recipeRules(t) {
		var words []string
		for _, f := range rules.Files {
			for _, m := range text.FindAllStringSubmatch(string(f.Data), -1) {
				words = append(words, m[1])
			}
		}
		slices.Sort(words)
		words = slices.Compact(words)
		ids := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return len(w) != 40 })
		for _, word := range words {
			kind, device, ok := strings.Cut(word, ":")
			if !ok {
				kind, device = "speaker", word
			}
			for _, id := range append(ids, "x") {
				for _, context := range append(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !strings.HasPrefix(w, "spotify:") }), "") {
					d := somebody
					d.ID, d.Name, d.Type = id, device, kind
					ev := lookAt(builtins.Playback{Playing: true, Device: &d, Item: &something, Context: context}, afternoon)
					if rules.Evaluate(t.Context(), ev, engine.Facts{}, nil).Verdict.Kind != engine.Allow {
						continue
					}
					allowed[name]++
					blocked := engine.State{}.Approving(d.Key(), engine.Approval{By: "cli", At: afternoon}, 0)
					if is := rules.Evaluate(t.Context(), ev, engine.Facts{}, blocked); is.Verdict.Kind != engine.Deny {
						t.Errorf("%s: %s is blocked: %s, %v", name, d.Key(), is.Verdict, is.Err)
					}
				}
			}
		}
	}
	for _, name := range []string{"household", "children", "nights", "explicit", "holiday", "party", "office", "ladder", "jam", "summary", "topics", "playlist", "lights"} {
		if allowed[name] == 0 {
			t.Errorf("%s: nobody on its lists was found: is there another way to write them?", name)
		}
	}
}
