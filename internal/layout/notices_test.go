package layout

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNotices holds THIRD_PARTY_NOTICES.md against what the linker puts into the program: on every system that we
// build for, with cgo and without. make check runs it with -count=1, so that no cache hides a new import.
func TestNotices(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "THIRD_PARTY_NOTICES.md"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(filepath.Join(root, "go.mod")); err != nil { // another go.mod, another result
		t.Fatal(err)
	}
	listed := noticed(string(page))
	if len(listed) < 20 {
		t.Fatalf("only %d modules are in the table: %q", len(listed), listed)
	}
	for _, arch := range []string{"amd64", "arm64", "arm"} {
		for _, module := range linked(t, root, arch) {
			if !slices.ContainsFunc(listed, func(l string) bool {
				return module == l || l == "github.com/aws/aws-sdk-go-v2" && strings.HasPrefix(module, l+"/") // "with its modules"
			}) {
				t.Errorf("linux/%s: %s is linked in, and THIRD_PARTY_NOTICES.md does not name it", arch, module)
			}
		}
	}
}

// linked lists the modules of the program's packages.
func linked(t *testing.T, root, arch string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/gatefold")
	list.Dir = root
	list.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=1")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%s: %v", list, err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	if modules = slices.Compact(modules); len(modules) < 20 {
		t.Fatalf("linux/%s: only %d modules are linked in: %q", arch, len(modules), modules)
	}
	return modules
}

var (
	row    = regexp.MustCompile(`(?m)^\| (.*?) \|`)
	group  = regexp.MustCompile(`(\S+)\{([^}]*)\}`)
	domain = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(/|$)`)
)

// noticed reads the modules from the table. "a/{b, c}" is two, and "a/b, c" too, as a path or as what follows one.
func noticed(page string) (modules []string) {
	for _, r := range row.FindAllStringSubmatch(page, -1) {
		cell := group.ReplaceAllStringFunc(r[1], func(s string) string {
			m := group.FindStringSubmatch(s)
			return m[1] + strings.ReplaceAll(m[2], ", ", ", "+m[1])
		})
		folder := ""
		for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return r == ',' || r == ';' }) {
			name, _, _ := strings.Cut(strings.TrimSpace(part), " ")
			if domain.MatchString(name) {
				folder = name[:strings.LastIndex(name, "/")+1]
			} else {
				name = folder + name
			}
			modules = append(modules, name)
		}
	}
	return modules
}
