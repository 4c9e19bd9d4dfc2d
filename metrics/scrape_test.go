package metrics

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// family is what a scrape shows of one name.
type family struct {
	typ     string // "counter", "gauge", "histogram"
	help    string
	samples []sample
}

// tester is a test, a benchmark or one case of a property.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

type sample struct {
	labels map[string]string
	value  float64 // of a histogram: how often it was observed
}

func scrape(t tester, from prometheus.Gatherer) map[string]family {
	t.Helper()
	gathered, err := from.Gather()
	if err != nil {
		t.Fatalf("gathering: %v", err)
	}
	out := make(map[string]family)
	for _, mf := range gathered {
		f := family{typ: strings.ToLower(mf.GetType().String()), help: mf.GetHelp()}
		for _, metric := range mf.GetMetric() {
			s := sample{labels: make(map[string]string)}
			for _, l := range metric.GetLabel() {
				s.labels[l.GetName()] = l.GetValue()
			}
			switch f.typ {
			case "counter":
				s.value = metric.GetCounter().GetValue()
			case "gauge":
				s.value = metric.GetGauge().GetValue()
			case "histogram":
				s.value = float64(metric.GetHistogram().GetSampleCount())
			default:
				t.Fatalf("%s is a %s", mf.GetName(), f.typ)
			}
			f.samples = append(f.samples, s)
		}
		out[mf.GetName()] = f
	}
	return out
}

// series gives every sample by its name and labels: name{a="x",b="y"}.
func series(t tester, from prometheus.Gatherer) map[string]float64 {
	t.Helper()
	out := make(map[string]float64)
	for name, f := range scrape(t, from) {
		for _, s := range f.samples {
			var pairs []string
			for k, v := range s.labels {
				pairs = append(pairs, fmt.Sprintf("%s=%q", k, v))
			}
			sort.Strings(pairs)
			key := name
			if len(pairs) > 0 {
				key += "{" + strings.Join(pairs, ",") + "}"
			}
			out[key] = s.value
		}
	}
	return out
}

// want checks samples by their keys.
func want(t *testing.T, got map[string]float64, expected map[string]float64) {
	t.Helper()
	for key, value := range expected {
		if v, ok := got[key]; !ok || v != value {
			t.Errorf("%s = %v (there: %v), want %v", key, v, ok, value)
		}
	}
}

// absent checks that no sample's key contains any of the texts.
func absent(t *testing.T, got map[string]float64, texts ...string) {
	t.Helper()
	for key := range got {
		for _, text := range texts {
			if strings.Contains(key, text) {
				t.Errorf("there should be no %s", key)
			}
		}
	}
}

var noon = time.Unix(1_790_000_000, 0)

// daemon gives the metrics of a daemon with the accounts home and office, whose
// clock stands at noon, and their registry.
func daemon(t testing.TB) (*Metrics, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	m, err := New(reg, Options{
		Accounts: []string{"home", "office"}, Lights: []string{"default", "door"}, Version: "1.2.3", Revision: "abcdef", GoVersion: "go1.26",
		Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	return m, reg
}

// calls has every method of Metrics, called once with something usual.
func calls() map[string]func(*Metrics) {
	return map[string]func(*Metrics){
		"Looked":               func(m *Metrics) { m.Looked("home", "ok", 80*time.Millisecond, noon) },
		"PollInterval":         func(m *Metrics) { m.PollInterval("home", 15*time.Second) },
		"PollCause":            func(m *Metrics) { m.PollCause("home", "item_end") },
		"WorstDetection":       func(m *Metrics) { m.WorstDetection("home", 17*time.Second) },
		"Resumed":              func(m *Metrics) { m.Resumed("home", 3*time.Second) },
		"Fault":                func(m *Metrics) { m.Fault("home", "journal", true) },
		"Blind":                func(m *Metrics) { m.Blind("home", "quota") },
		"RateLimited":          func(m *Metrics) { m.RateLimited("home", "quota") },
		"RateLimitWait":        func(m *Metrics) { m.RateLimitWait(noon.Add(40 * time.Second)) },
		"BudgetSource":         func(m *Metrics) { m.BudgetSource(func() (int, int) { return 7, 5900 }) },
		"BudgetLimitSource":    func(m *Metrics) { m.BudgetLimitSource(func() (int, int) { return 8, 6000 }) },
		"Verdict":              func(m *Metrics) { m.Verdict("home", "deny") },
		"Playing":              func(m *Metrics) { m.Playing("home", "Bob's Laptop", "Computer", true) },
		"UnauthorizedSeconds":  func(m *Metrics) { m.UnauthorizedSeconds("home", 2.5) },
		"Paused":               func(m *Metrics) { m.Paused("home", "already") },
		"Reaction":             func(m *Metrics) { m.Reaction(200 * time.Microsecond) },
		"Alert":                func(m *Metrics) { m.Alert("sent") },
		"OutboxWaiting":        func(m *Metrics) { m.OutboxWaiting("home", 2) },
		"LightChanged":         func(m *Metrics) { m.LightChanged() },
		"LightConnected":       func(m *Metrics) { m.LightConnected(true) },
		"LightState":           func(m *Metrics) { m.LightState("door", "busy") },
		"Pressed":              func(m *Metrics) { m.Pressed("late") },
		"SlackRefused":         func(m *Metrics) { m.SlackRefused(true) },
		"SlackConnected":       func(m *Metrics) { m.SlackConnected(true) },
		"Alive":                func(m *Metrics) { m.Alive(true) },
		"RuleEvaluated":        func(m *Metrics) { m.RuleEvaluated(3 * time.Microsecond) },
		"WorkerReplaced":       func(m *Metrics) { m.WorkerReplaced("deadline") },
		"WorkerMemory":         func(m *Metrics) { m.WorkerMemory(func() int64 { return 12_000_000 }) },
		"RuleError":            func(m *Metrics) { m.RuleError("home.star") },
		"Rules":                func(m *Metrics) { m.Rules("beef", []string{"home.star"}) },
		"ReloadSucceeded":      func(m *Metrics) { m.ReloadSucceeded("cafe", []string{"home.star"}, noon) },
		"RulesWaiting":         func(m *Metrics) { m.RulesWaiting(true) },
		"ShadowDisagreed":      func(m *Metrics) { m.ShadowDisagreed("home", "verdict") },
		"ShadowDropped":        func(m *Metrics) { m.ShadowDropped() },
		"ReloadFailed":         func(m *Metrics) { m.ReloadFailed() },
		"AuthorizationExpires": func(m *Metrics) { m.AuthorizationExpires("home", noon.UTC().AddDate(0, 6, 0)) },
		"Enforcing":            func(m *Metrics) { m.Enforcing("home", true) },
		"ConfigRefused":        func(m *Metrics) { m.ConfigRefused() },
		"ConfigTaken":          func(m *Metrics) { m.ConfigTaken(noon) },
		"Held":                 func(m *Metrics) { m.Held("home", true) },
		"TokenRefreshed":       func(m *Metrics) { m.TokenRefreshed("home", "rotated") },
	}
}

// callAll calls every method once, in the order of their names.
func callAll(m *Metrics) {
	all := calls()
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		all[name](m)
	}
}
