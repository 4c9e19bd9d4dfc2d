package dashboards

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// leftOut are the metrics that no panel shows, and why.
func leftOut() map[string]string {
	return map[string]string{
		"gatefold_metrics_dropped_total":      "it is 0 but for a bug: the alert GatefoldObservationsDropped says so",
		"gatefold_rule_worker_restarts_total": "a rule that ends the worker shows among the errors of rules, and the log names it",
		"gatefold_rule_worker_memory_bytes":   "it is bounded, and for whoever wants to know what isolation costs",
	}
}

// ofGrafana are the panels that Grafana has without plugins, as far as they are used.
func ofGrafana() []string { return []string{"row", "stat", "state-timeline", "timeseries"} }

var label = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

func TestDashboardCanBeImported(t *testing.T) {
	b := dashboard(t)
	if b.ID != nil || b.UID == "" || b.Title == "" || b.SchemaVersion < 36 {
		t.Errorf("id %v, uid %q, title %q, schema %d", b.ID, b.UID, b.Title, b.SchemaVersion)
	}
	ids := map[int]string{}
	for i, p := range b.Panels {
		if p.ID <= 0 || ids[p.ID] != "" {
			t.Errorf("%s: the id %d is taken by %q", p.Title, p.ID, ids[p.ID])
		}
		ids[p.ID] = p.Title
		if p.Place.X < 0 || p.Place.W <= 0 || p.Place.H <= 0 || p.Place.X+p.Place.W > 24 {
			t.Errorf("%s does not fit the 24 columns: %+v", p.Title, p.Place)
		}
		for _, q := range b.Panels[:i] {
			if p.Place.overlaps(q.Place) {
				t.Errorf("%s lies on %s", p.Title, q.Title)
			}
		}
		if !slices.Contains(ofGrafana(), p.Type) || p.Title == "" {
			t.Errorf("panel %d: %q of type %q", p.ID, p.Title, p.Type)
		}
	}
}

func TestPanels(t *testing.T) {
	all := everything(t)
	for _, p := range dashboard(t).Panels {
		if p.Type == "row" {
			continue
		}
		d := p.Field.Defaults
		if p.Description == "" || d.Unit == "" || len(d.Thresholds.Steps) == 0 || d.Thresholds.Steps[0].Value != nil {
			t.Errorf("%s: a description, a unit, and thresholds that begin with a base are needed", p.Title)
		}
		if !chosen(p.Datasource) || len(p.Targets) == 0 {
			t.Errorf("%s: datasource %v, %d queries", p.Title, p.Datasource, len(p.Targets))
		}
		refs := map[string]bool{}
		for _, q := range p.Targets {
			if q.Ref == "" || refs[q.Ref] || !chosen(q.Datasource) || q.Instant == q.Range || q.Legend == "" {
				t.Errorf("%s: query %q: %v, instant %v, range %v, legend %q", p.Title, q.Ref, q.Datasource, q.Instant, q.Range, q.Legend)
			}
			refs[q.Ref] = true
			for _, l := range label.FindAllStringSubmatch(q.Legend, -1) {
				if !labelled(all, l[1]) {
					t.Errorf("%s: query %s: nothing has the label %s of the legend", p.Title, q.Ref, l[1])
				}
			}
		}
	}
}

// chosen says whether a datasource is the one of the variable.
func chosen(d *datasource) bool { return d != nil && *d == datasource{"prometheus", "${datasource}"} }

func TestVariables(t *testing.T) {
	list := dashboard(t).Templating.List
	if len(list) != 2 || list[0].Name != "datasource" || list[0].Type != "datasource" || list[0].Query != "prometheus" {
		t.Fatalf("%+v", list)
	}
	account := list[1]
	if account.Name != "account" || account.Type != "query" || !account.Multi || !account.IncludeAll || !chosen(account.Datasource) {
		t.Errorf("%+v", account)
	}
	name, _ := labelValues(t, account)
	if _, ok := everything(t)[name].labels["account"]; !ok {
		t.Errorf("%s has no label account", name)
	}
}

// labelValues gives the metric and the label of which a variable has the values.
func labelValues(t *testing.T, v variable) (metric, label string) {
	t.Helper()
	m := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`).FindStringSubmatch(v.Definition)
	q, _ := v.Query.(map[string]any)
	if m == nil || q["query"] != v.Definition {
		t.Fatalf("%s: definition %q, query %v", v.Name, v.Definition, v.Query)
	}
	return m[1], m[2]
}

func TestQueriesUseWhatIsExported(t *testing.T) {
	all, used := everything(t), map[string]bool{}
	for _, p := range dashboard(t).Panels {
		for _, q := range p.Targets {
			for _, problem := range problems(all, q.Expr, `account=~"$account"`, used) {
				t.Errorf("%s: query %s: %s", p.Title, q.Ref, problem)
			}
		}
	}
	for name := range all {
		if reason := leftOut()[name]; used[name] == (reason != "") {
			t.Errorf("%s: shown in a panel: %v; left out because: %s", name, used[name], cmp.Or(reason, "(it is not)"))
		}
	}
	for name := range leftOut() {
		if _, ok := all[name]; !ok {
			t.Errorf("%s is left out, and does not exist", name)
		}
	}
}

// A Prometheus that takes native histograms drops the classic series: a query of the one kind has an or for the other.
func TestHistogramsAreReadBothWays(t *testing.T) {
	all := everything(t)
	for _, p := range dashboard(t).Panels {
		for _, q := range p.Targets {
			kinds := map[string][2]bool{}
			for _, sel := range selector.FindAllStringSubmatch(q.Expr, -1) {
				if name, m, _ := find(all, sel[1]); m.histogram {
					k := kinds[name]
					kinds[name] = [2]bool{k[0] || sel[1] != name, k[1] || sel[1] == name}
				}
			}
			for name, k := range kinds {
				if k != [2]bool{true, true} || !strings.Contains(q.Expr, " or ") {
					t.Errorf("%s: query %s: %s: classic %v, native %v", p.Title, q.Ref, name, k[0], k[1])
				}
			}
		}
	}
}
