package metrics

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// row is a metric as docs/metrics.md has it.
type row struct {
	typ, unit string
	labels    map[string][]string // values of a closed set; nil for an open one
}

var quoted = regexp.MustCompile("`([^`]+)`")

// readDocs reads the table of docs/metrics.md and the text around it.
func readDocs(t *testing.T) (map[string]row, string) {
	t.Helper()
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, rest := make(map[string]row), ""
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| `gatefold_") {
			rest += line
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 || strings.TrimSpace(cells[4]) == "" {
			t.Fatalf("not a row of five: %s", line)
		}
		name := quoted.FindStringSubmatch(cells[0])[1]
		if _, twice := rows[name]; twice {
			t.Errorf("%s is documented twice", name)
		}
		r := row{typ: strings.TrimSpace(cells[1]), unit: strings.TrimSpace(cells[3]), labels: make(map[string][]string)}
		for part := range strings.SplitSeq(cells[2], ";") {
			var names []string
			for _, match := range quoted.FindAllStringSubmatch(part, -1) {
				names = append(names, match[1])
			}
			if len(names) > 0 {
				r.labels[names[0]] = slices.Sorted(slices.Values(names[1:]))
			}
		}
		rows[name] = r
	}
	return rows, rest
}

// measured reads the same from the code: from what is gathered after everything
// has happened, and each type of device has played.
func measured(t *testing.T) map[string]row {
	t.Helper()
	m, reg := daemon(t)
	callAll(m)
	values := make(map[string]map[string]map[string]bool) // family, label, value
	rows := make(map[string]row)
	for _, typ := range append(deviceTypes(), other) {
		m.Playing("home", "Kitchen", typ, true)
		for name, f := range scrape(t, reg) {
			rows[name] = row{typ: f.typ}
			if values[name] == nil {
				values[name] = make(map[string]map[string]bool)
			}
			for _, s := range f.samples {
				for label, value := range s.labels {
					if values[name][label] == nil {
						values[name][label] = make(map[string]bool)
					}
					values[name][label][value] = true
				}
			}
		}
	}
	open := []string{"account", "device", "file", "light", "hash", "version", "revision", "goversion"}
	for name, r := range rows {
		r.labels = make(map[string][]string)
		for label, set := range values[name] {
			r.labels[label] = nil
			if !slices.Contains(open, label) {
				r.labels[label] = slices.Sorted(maps.Keys(set))
			}
		}
		rows[name] = r
	}
	return rows
}

func TestDocsAndCodeAgree(t *testing.T) {
	documented, _ := readDocs(t)
	code := measured(t)
	for name, c := range code {
		d, ok := documented[name]
		if !ok {
			t.Errorf("docs/metrics.md lacks %s", name)
			continue
		}
		if d.typ != c.typ {
			t.Errorf("%s is a %s, documented as a %s", name, c.typ, d.typ)
		}
		if !maps.EqualFunc(d.labels, c.labels, slices.Equal) {
			t.Errorf("%s has labels %v, documented %v", name, c.labels, d.labels)
		}
		if inSeconds := strings.Contains(name, "_seconds"); inSeconds != strings.HasPrefix(d.unit, "seconds") {
			t.Errorf("%s is documented in %q", name, d.unit)
		}
	}
	for name := range documented {
		if _, ok := code[name]; !ok {
			t.Errorf("docs/metrics.md has %s, which does not exist", name)
		}
	}
}

// The example queries name only metrics, labels and values that exist.
func TestDocsExamples(t *testing.T) {
	rows, text := readDocs(t)
	queries := regexp.MustCompile("(?s)```promql\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(queries) < 5 {
		t.Fatalf("%d examples found", len(queries))
	}
	selector := regexp.MustCompile(`(gatefold_\w+)(?:\{([^}]*)\})?`)
	matcher := regexp.MustCompile(`(\w+)(?:=~|!=|=)"([^"]*)"`)
	for _, query := range queries {
		for _, sel := range selector.FindAllStringSubmatch(query[1], -1) {
			name := sel[1]
			r, ok := rows[name]
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if base, cut := strings.CutSuffix(name, suffix); cut && rows[base].typ == "histogram" {
					r, ok = rows[base], true
				}
			}
			if !ok {
				t.Errorf("an example uses %s, which does not exist", name)
			}
			for _, m := range matcher.FindAllStringSubmatch(sel[2], -1) {
				for value := range strings.SplitSeq(m[2], "|") {
					if !slices.Contains(r.labels[m[1]], value) {
						t.Errorf("an example uses %s{%s=%q}, which does not exist", name, m[1], value)
					}
				}
			}
		}
	}
}

// The names that the design fixed, by their labels.
func TestDesignNames(t *testing.T) {
	code := measured(t)
	for name, labels := range map[string]string{
		"gatefold_poll_duration_seconds":                       "account,outcome",
		"gatefold_rate_limit_hits_total":                       "account,kind",
		"gatefold_rate_limit_wait_seconds":                     "",
		"gatefold_budget_remaining":                            "window",
		"gatefold_poll_interval_seconds":                       "account",
		"gatefold_last_look_timestamp_seconds":                 "account",
		"gatefold_blind":                                       "account,kind",
		"gatefold_verdict":                                     "account,verdict",
		"gatefold_playing_info":                                "account,device,type",
		"gatefold_unauthorized_seconds_total":                  "account",
		"gatefold_pauses_total":                                "account,outcome",
		"gatefold_reaction_seconds":                            "",
		"gatefold_alerts_total":                                "outcome",
		"gatefold_outbox_waiting":                              "",
		"gatefold_light_changes_total":                         "",
		"gatefold_light_connected":                             "",
		"gatefold_light_state":                                 "light,state",
		"gatefold_alive":                                       "",
		"gatefold_rule_evaluation_seconds":                     "",
		"gatefold_rule_errors_total":                           "file",
		"gatefold_rule_worker_restarts_total":                  "reason",
		"gatefold_rule_worker_memory_bytes":                    "",
		"gatefold_rules_last_reload_successful":                "",
		"gatefold_rules_last_reload_success_timestamp_seconds": "",
		"gatefold_rules_info":                                  "hash",
		"gatefold_token_refreshes_total":                       "account,outcome",
		"gatefold_build_info":                                  "goversion,revision,version",
	} {
		if got := strings.Join(slices.Sorted(maps.Keys(code[name].labels)), ","); got != labels {
			t.Errorf("%s has the labels %q, want %q", name, got, labels)
		}
		if _, ok := code[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
}
