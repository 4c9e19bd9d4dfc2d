package dashboards

import (
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
)

// alert is one rule of gatefold.rules.yaml.
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// alerts reads them all.
func alerts(t *testing.T) (all []alert) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string  `yaml:"name"`
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	decode(t, "metrics/prometheus/gatefold.rules.yaml", &file)
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) < 15 {
		t.Fatalf("only %d alerts were found", len(all))
	}
	return all
}

// decode reads a YAML file of the repository.
func decode(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, path)), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestAlerts(t *testing.T) {
	all := everything(t)
	for _, a := range alerts(t) {
		for _, p := range problems(all, a.Expr, "", map[string]bool{}, "up") {
			t.Errorf("%s: %s", a.Alert, p)
		}
		if _, err := withoutThreshold(a.Expr); err != nil {
			t.Errorf("%s: %s: %v", a.Alert, a.Expr, err)
		}
		if !slices.Contains([]string{"info", "warning", "critical"}, a.Labels["severity"]) {
			t.Errorf("%s: severity %q", a.Alert, a.Labels["severity"])
		}
		if a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
			t.Errorf("%s: a summary, and a description that says what to do, are needed", a.Alert)
		}
	}
}

// Every alert has a unit test in which it fires, at each of its severities, and one in which it does not.
func TestAlertsAreTestedBothWays(t *testing.T) {
	var file struct {
		Tests []struct {
			Alerts []struct {
				Name   string `yaml:"alertname"`
				Expect []struct {
					Labels map[string]string `yaml:"exp_labels"`
				} `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		} `yaml:"tests"`
	}
	decode(t, "metrics/prometheus/gatefold.test.yaml", &file)
	fires, quiet := map[[2]string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, a := range test.Alerts {
			quiet[a.Name] = quiet[a.Name] || len(a.Expect) == 0
			for _, e := range a.Expect {
				fires[[2]string{a.Name, e.Labels["severity"]}] = true
			}
		}
	}
	for _, a := range alerts(t) {
		if !fires[[2]string{a.Alert, a.Labels["severity"]}] {
			t.Errorf("there is no test in which %s fires as %s", a.Alert, a.Labels["severity"])
		}
		if !quiet[a.Alert] {
			t.Errorf("there is no test in which %s does not fire", a.Alert)
		}
	}
}
