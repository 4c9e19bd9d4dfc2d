//go:build prometheus

package dashboards

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// question is a query as it is sent.
type question struct {
	where, expr string
	instant     bool
	legend      []string // labels that every series must have
}

// questions are all queries of all panels, with the values that Grafana would put in, and those of all alerts.
func questions(t *testing.T) (all []question) {
	t.Helper()
	grafana := strings.NewReplacer("$account", "(home|office)", "$__rate_interval", "1m", "$__range", "5m")
	for _, p := range dashboard(t).Panels {
		for _, q := range p.Targets {
			x := question{where: fmt.Sprintf("%s: query %s", p.Title, q.Ref), expr: grafana.Replace(q.Expr), instant: q.Instant}
			for _, l := range label.FindAllStringSubmatch(q.Legend, -1) {
				x.legend = append(x.legend, l[1])
			}
			if strings.Contains(x.expr, "$") {
				t.Errorf("%s: a variable that is not known here: %s", x.where, x.expr)
			}
			all = append(all, x)
		}
	}
	for _, a := range alerts(t) {
		left, err := withoutThreshold(a.Expr)
		if err != nil {
			t.Errorf("%s: %v", a.Alert, err)
			continue
		}
		all = append(all, question{where: "alert " + a.Alert, expr: left, instant: true})
	}
	return all
}

// try sends a question and says what is wrong with the answer.
func (s *server) try(q question) error {
	series, err := s.ask(q.expr, q.instant)
	if err != nil {
		return err
	}
	numbers := 0
	for _, a := range series {
		numbers += a.numbers
		for _, l := range q.legend {
			if a.labels[l] == "" {
				return fmt.Errorf("a series without the label %s of the legend: %v", l, a.labels)
			}
		}
	}
	switch {
	case len(series) == 0:
		return fmt.Errorf("no data")
	case numbers == 0:
		return fmt.Errorf("%d series and no number in them", len(series))
	}
	return nil
}

func TestEveryQueryReturnsData(t *testing.T) {
	target := demo(t)
	for name, args := range map[string][]string{
		"classic": nil,
		"native":  {"--enable-feature=native-histograms"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, target, args...)
			s.takes(t, name)
			s.answers(t, questions(t))
			s.knowsAccounts(t)
			s.evaluates(t)
		})
	}
}

// takes wants histograms of one kind and not of the other.
func (s *server) takes(t *testing.T, kind string) {
	t.Helper()
	is := map[string]string{"classic": "gatefold_reaction_seconds_bucket", "native": "histogram_count(gatefold_reaction_seconds)"}
	s.until(t, "there are no histograms", func() bool {
		series, err := s.ask(is[kind], true)
		return err == nil && len(series) > 0
	})
	for other, expr := range is {
		if series, err := s.ask(expr, true); other != kind && (err != nil || len(series) > 0) {
			t.Errorf("%s histograms are taken too (%v): this is no test of the %s ones", other, err, kind)
		}
	}
}

// answers wants data for every question. The demo needs some seconds until everything has happened in it.
func (s *server) answers(t *testing.T, all []question) {
	t.Helper()
	if len(all) < 60 {
		t.Fatalf("only %d queries were found", len(all))
	}
	open := map[int]error{}
	for i := range all {
		open[i] = nil
	}
	defer func() {
		for i, err := range open {
			t.Errorf("%s: %v\n%s", all[i].where, err, all[i].expr)
		}
	}()
	s.until(t, "not every query returned data", func() bool {
		for i := range open {
			if open[i] = s.try(all[i]); open[i] == nil {
				delete(open, i)
			}
		}
		return len(open) == 0
	})
	t.Logf("%d queries returned data", len(all))
}

// knowsAccounts wants the values of the variable.
func (s *server) knowsAccounts(t *testing.T) {
	t.Helper()
	for _, v := range dashboard(t).Templating.List {
		if v.Type != "query" {
			continue
		}
		metric, of := labelValues(t, v)
		var values []string
		if err := s.get("/api/v1/label/"+of+"/values", url.Values{"match[]": {metric}}, &values); err != nil || !slices.Equal(values, []string{"home"}) {
			t.Errorf("%s: %q, %v", v.Name, values, err)
		}
	}
}

// evaluates wants every alert to be in force and without an error.
func (s *server) evaluates(t *testing.T) {
	t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	rules := 0
	s.until(t, "the alerts are not evaluated", func() bool {
		rules = 0
		if err := s.get("/api/v1/rules", nil, &data); err != nil {
			t.Fatal(err)
		}
		for _, g := range data.Groups {
			for _, r := range g.Rules {
				if r.Health == "err" {
					t.Fatalf("%s: %s", r.Name, r.LastError)
				}
				if r.Health == "ok" {
					rules++
				}
			}
		}
		return rules == len(alerts(t))
	})
}
