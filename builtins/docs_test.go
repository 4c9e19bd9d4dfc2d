package builtins

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages (%v)", err)
	}
	out := map[string]string{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[f] = string(data)
	}
	return out
}

var fenced = regexp.MustCompile("(?ms)^```python\n(.*?)^```$")

// TestExamples runs every example of every page.
func TestExamples(t *testing.T) {
	for file, page := range pages(t) {
		found := fenced.FindAllStringSubmatch(page, -1)
		if len(found) == 0 {
			t.Errorf("%s has no example", file)
		}
		if n := strings.Count(page, "```"); n != 2*len(found) {
			t.Errorf("%s: %d fences, but %d examples in python: the others would not be tested", file, n, len(found))
		}
		for _, m := range found {
			t.Run(file, func(t *testing.T) {
				x, err := readExample(m[1])
				if err != nil {
					t.Fatal(err)
				}
				x.run(t)
			})
		}
	}
}

var heading = regexp.MustCompile("(?m)^#+ `([a-z0-9_.]+)\\(")

// TestMembersAndHeadings checks that what can be called has a heading on a page, and the other way round.
func TestMembersAndHeadings(t *testing.T) {
	documented := map[string]string{}
	for file, page := range pages(t) {
		for _, m := range heading.FindAllStringSubmatch(page, -1) {
			if other, twice := documented[m[1]]; twice {
				t.Errorf("%s has a heading in %s and in %s", m[1], other, file)
			}
			documented[m[1]] = file
		}
	}
	members := 0
	for _, m := range All(Deps{}) {
		for name, v := range m.Members {
			members++
			if m.Name != "" {
				name = m.Name + "." + name
			}
			if b, ok := v.(*starlark.Builtin); !ok || b.Name() != name {
				t.Errorf("%s is called %v: its effects could not be read back", name, v)
			}
			if documented[name] == "" {
				t.Errorf("%s has no heading in any page", name)
			}
			delete(documented, name)
		}
	}
	if members == 0 {
		t.Fatal("no members")
	}
	for name, file := range documented {
		if !strings.HasPrefix(name, "now.") && name != "on_playback" && name != "on_blind" {
			t.Errorf("%s documents %s, which does not exist", file, name)
		}
	}
}

var row = regexp.MustCompile("(?m)^\\| `([a-z_]+)[(`]")

// TestAttributesAndTables checks that the tables of playback.md list the attributes that there are.
func TestAttributesAndTables(t *testing.T) {
	look := standardLook()
	now := look.Bind(engine.Event{Kind: engine.KindPlayback, Time: standardTime, Data: look}, engine.Facts{})
	page := pages(t)["playback.md"]
	for title, value := range map[string]starlark.Value{
		"The argument": now, "Device": look.device, "Item": look.item, "Snapshot before": now.(*nowValue).previous(),
	} {
		_, section, ok := strings.Cut(page, "\n## "+title+"\n")
		if !ok {
			t.Errorf("playback.md has no section %q", title)
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		section, _, _ = strings.Cut(section, "\n### ") // the arguments of its methods
		var listed []string
		for _, m := range row.FindAllStringSubmatch(section, -1) {
			listed = append(listed, m[1])
		}
		slices.Sort(listed)
		names := value.(starlark.HasAttrs).AttrNames()
		if !slices.Equal(listed, names) {
			t.Errorf("%s: the page lists %v, there are %v", title, listed, names)
		}
		for _, name := range names {
			if v, err := value.(starlark.HasAttrs).Attr(name); v == nil || err != nil {
				t.Errorf("%s.%s: %v, %v", value.Type(), name, v, err)
			}
		}
	}
}
