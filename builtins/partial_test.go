package builtins

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"gatefold/engine"
)

// folderOf is a rules folder of this repository.
func folderOf(t testing.TB, dir string) engine.Snapshot {
	var out engine.Snapshot
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".star" {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out = append(out, engine.File{Path: filepath.ToSlash(rel), Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func folders(t testing.TB) []string {
	dirs, err := filepath.Glob("../examples/rules/*")
	if err != nil || len(dirs) < 5 {
		t.Fatalf("%v: %v", dirs, err)
	}
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { info, err := os.Stat(dir); return err != nil || !info.IsDir() })
	return append(dirs, "../rules")
}

// words are the places of a text at which a word or a sign begins, and those where they end.
func words(src string) (out [][2]int) {
	class := func(r rune) int {
		switch {
		case unicode.IsSpace(r):
			return 0
		case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return 1
		}
		return 2
	}
	before, begin := 0, 0
	for i, r := range src {
		c := class(r)
		if c == before && c != 2 {
			continue
		}
		if before != 0 {
			out = append(out, [2]int{begin, i})
		}
		before, begin = c, i
	}
	if before != 0 {
		out = append(out, [2]int{begin, len(src)})
	}
	return out
}

// Whatever is missing in a rule file that was in order, what is told is a syntax error and nothing that follows from it.
func TestOneSyntaxErrorHasNoFollowers(t *testing.T) {
	modules := All(Deps{})
	const every = 11 // all of them are many
	broken, several := 0, 0
	for _, dir := range folders(t) {
		files := folderOf(t, dir)
		for i, f := range files {
			if engine.IsTest(f.Path) {
				continue
			}
			src := string(f.Data)
			for n, w := range words(src) {
				if n%every != 0 {
					continue
				}
				files[i].Data = []byte(src[:w[0]] + " " + src[w[1]:])
				problems := engine.Vet(files, modules...)
				wrong := slices.IndexFunc(problems, func(p engine.Problem) bool { return p.Code == engine.CodeSyntax })
				if wrong < 0 {
					continue
				}
				broken++
				n := 0
				for _, p := range problems {
					if p.Code == engine.CodeSyntax && p.File == f.Path {
						n++
						continue
					}
					t.Errorf("%s/%s without %q in line %d: %s [%s]", dir, f.Path, src[w[0]:w[1]], 1+strings.Count(src[:w[0]], "\n"), p, p.Code)
				}
				if n > 1 {
					several++
				}
			}
			files[i].Data = f.Data
		}
	}
	if broken < 100 || several > broken/20 {
		t.Errorf("%d are no Starlark, and of %d of them several errors are told", broken, several)
	}
}
