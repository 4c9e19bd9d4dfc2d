//go:build contract

package contract

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// recorded is one line of the list of real answers.
type recorded struct {
	file, status, endpoint string
	body                   []byte
}

func recordings(t *testing.T) (all []recorded) {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(fixtures, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(list)), "\n")[1:] {
		col := strings.Split(line, "\t")
		body, err := os.ReadFile(filepath.Join(fixtures, col[0]))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, recorded{col[0], col[1], col[2], body})
	}
	return all
}

// What Spotify really said is held against the description too. It is no failure when that does not fit: the recordings are
// right, and what they say is what an exception has to say.
func TestRecordedAnswers(t *testing.T) {
	d := describe(t)
	inPath := regexp.MustCompile(`\{\w+\}`)
	matched, fit := 0, 0
	for _, r := range recordings(t) {
		method, path, _ := strings.Cut(r.endpoint, " ")
		if r.status != "200" || strings.ContainsAny(path, " (") || !strings.HasPrefix(path, "/") {
			continue // a fragment, another status, the accounts service
		}
		x := exchange{
			req: request(method, inPath.ReplaceAllString(path, playlistID), ""), status: http.StatusOK,
			header: http.Header{"Content-Type": {asJSON}}, got: r.body,
		}
		if _, _, _, err := d.find(x.req); err != nil {
			t.Logf("%s: %s is not described", r.file, r.endpoint)
			continue
		}
		matched++
		_, found := d.check(x)
		found = slices.DeleteFunc(found, func(f finding) bool { return f.part == "request" })
		if len(found) == 0 {
			fit++
			continue
		}
		t.Logf("%s does not fit: %s", r.file, digest(found))
	}
	t.Logf("%d of %d recorded answers fit the description", fit, matched)
	if matched < 20 || fit == 0 {
		t.Errorf("only %d recorded answers have an operation, and %d fit: is it read at all?", matched, fit)
	}
}

// digest puts findings together that differ only by a place in a list.
func digest(found []finding) string {
	index := regexp.MustCompile(`/\d+`)
	var lines []string
	for _, f := range found {
		line := strings.TrimPrefix(index.ReplaceAllString(f.at, "/N")+": "+f.says, ": ")
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	const most = 6
	if n := len(lines); n > most {
		lines = append(lines[:most], fmt.Sprintf("and %d more", n-most))
	}
	return strings.Join(lines, "; ")
}
