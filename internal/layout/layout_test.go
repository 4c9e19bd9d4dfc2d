// Package layout holds the test that keeps the import table: who may know whom. It parses the files itself, so that no test cache hides a change.
package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "gatefold/"

// may says what each folder may import of ours. What is not named here may not
// exist; "*" is anything.
var may = map[string][]string{
	"engine":              {},
	"builtins":            {"engine"},
	"metrics":             {"engine"},
	"internal/journal":    {"engine", "internal/owner", "internal/lockfile"},
	"internal/reload":     {"engine"},
	"hardware":            {},
	"hardware/fakeusb":    {},
	"rules":               {},
	"docs":                {},
	"internal/spotify":    {},
	"internal/slack":      {},
	"internal/notify":     {},
	"internal/sim":        {},
	"internal/config":     {},
	"internal/control":    {},
	"internal/secrets":    {"internal/owner", "internal/lockfile"},
	"internal/lockfile":   {"internal/owner"},
	"internal/owner":      {},
	"internal/sources":    {"engine", "builtins", "internal/poller", "internal/spotify"},
	"internal/poller":     {"engine"},
	"internal/timeline":   {"engine", "builtins", "internal/poller", "internal/sources", "internal/journal", "internal/sim", "internal/spotify"},
	"internal/replay":     {"engine", "builtins", "internal/journal"},
	"internal/worker":     {"engine", "builtins", "internal/timeline"},
	"internal/startest":   {"engine", "builtins"},
	"internal/coverage":   {"engine"},
	"internal/format":     {},
	"internal/manual":     {"engine", "builtins", "docs", "internal/startest"},
	"internal/lsp":        {"engine", "builtins", "internal/format", "internal/manual", "internal/startest"},
	"internal/lab":        {"engine", "builtins", "rules", "internal/journal", "internal/poller", "internal/sources", "internal/spotify"},
	"internal/layout":     {},
	"internal/contract":   {}, // tests only
	"internal/dashboards": {}, // tests only
	"internal/peer":       {}, // tests only
	"cmd/gatefold":        {"*"},
	"examples":            {"*"},
}

// topLevel is what may lie beside go.mod.
var topLevel = []string{
	".ci", ".git", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "THIRD_PARTY_NOTICES.md",
	"builtins", "cmd", "docs", "engine", "examples", "go.mod", "go.sum", "hardware", "internal", "metrics", "rules",
	"bin", "dist", "gatefold", // built, and ignored by git
}

func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || p != "." && strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(p) != ".go" {
			return nil
		}
		files++
		checkFile(t, root, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d Go files were found below %s: is this the repository?", files, root)
	}
}

func checkFile(t *testing.T, root, p string) {
	t.Helper()
	folder := path.Dir(p)
	allowed, ok := may[folder]
	if !ok {
		t.Errorf("%s: the folder %s is not in the import table: say in internal/layout what it may import", p, folder)
		return
	}
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, p), nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	test := strings.HasSuffix(p, "_test.go")
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if name == "testing" && !test {
			t.Errorf("%s: production code imports testing", p)
		}
		ours, ok := strings.CutPrefix(name, module)
		if !ok || test || ours == folder || slices.Contains(allowed, "*") {
			continue // a test may import anything of ours
		}
		if !slices.Contains(allowed, ours) {
			t.Errorf("%s imports %s: %s may import of ours only %v", p, ours, folder, allowed)
		}
	}
}

func TestEveryFolderExists(t *testing.T) {
	for folder := range may {
		if info, err := os.Stat(filepath.Join("..", "..", folder)); err != nil || !info.IsDir() {
			t.Errorf("%s is in the import table and not in the repository", folder)
		}
	}
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 10 {
		t.Fatalf("only %d entries beside go.mod", len(entries))
	}
	for _, e := range entries {
		if !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s lies at the top level: what is ours goes under internal/", e.Name())
		}
	}
}

// docs/original.md names tests and timelines: each of them exists.
func TestOriginalPage(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "original.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, "_test.go") {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(src, -1) {
			tests[string(m[1])] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w+|rules/\\w+\\.timeline)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 20 {
		t.Fatalf("only %d tests are named", len(named))
	}
	for _, m := range named {
		if strings.HasPrefix(m[1], "Test") {
			if !tests[m[1]] {
				t.Errorf("there is no %s", m[1])
			}
		} else if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Error(err)
		}
	}
}
