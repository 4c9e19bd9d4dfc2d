package dashboards

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exported is a metric of docs/metrics.md.
type exported struct {
	histogram bool
	labels    map[string][]string // values of a closed set; none for an open one
}

// everything reads the table of docs/metrics.md.
func everything(t *testing.T) map[string]exported {
	t.Helper()
	all := map[string]exported{}
	quoted := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(read(t, "docs/metrics.md")) {
		if !strings.HasPrefix(line, "| `gatefold_") {
			continue
		}
		cells := strings.Split(line, "|")
		m := exported{histogram: strings.TrimSpace(cells[2]) == "histogram", labels: map[string][]string{}}
		for label := range strings.SplitSeq(cells[3], ";") {
			var names []string
			for _, q := range quoted.FindAllStringSubmatch(label, -1) {
				names = append(names, q[1])
			}
			if len(names) > 0 {
				m.labels[names[0]] = names[1:]
			}
		}
		all[quoted.FindStringSubmatch(cells[1])[1]] = m
	}
	if len(all) < 30 {
		t.Fatalf("only %d metrics were found in docs/metrics.md", len(all))
	}
	return all
}

// find gives the metric that a series belongs to: of a histogram there are three more.
func find(all map[string]exported, series string) (name string, m exported, ok bool) {
	if m, ok = all[series]; ok {
		return series, m, true
	}
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if base, cut := strings.CutSuffix(series, suffix); cut && all[base].histogram {
			return base, all[base], true
		}
	}
	return "", exported{}, false
}

// labelled says whether anything has this label: a metric, every series that is scraped, a classic bucket.
func labelled(all map[string]exported, label string) bool {
	if slices.Contains([]string{"job", "instance", "le"}, label) {
		return true
	}
	for _, m := range all {
		if _, ok := m.labels[label]; ok {
			return true
		}
	}
	return false
}

// read gives a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
