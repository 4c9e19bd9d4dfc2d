package metrics

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func get(t *testing.T, h http.Handler, accept string) (*http.Response, string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", accept)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	body, err := io.ReadAll(rec.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Result(), string(body)
}

func TestHandlerSpeaksTheScrapersFormat(t *testing.T) {
	m, reg := daemon(t)
	callAll(m)
	for _, tc := range []struct{ accept, contentType, has string }{
		{"", "text/plain", "gatefold_reaction_seconds_bucket{le=\"0.0003\"} 1\n"},
		{"application/openmetrics-text;version=1.0.0", "application/openmetrics-text", "\n# EOF\n"},
		{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", "application/vnd.google.protobuf", "gatefold_reaction_seconds"},
	} {
		res, body := get(t, Handler(reg), tc.accept)
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), tc.contentType) || !strings.Contains(body, tc.has) {
			t.Errorf("Accept %q: %s, %q, %d bytes without %q", tc.accept, res.Status, res.Header.Get("Content-Type"), len(body), tc.has)
		}
	}
}

// What the text format says is parsed back to what was gathered, whatever the names are.
func TestHostileNamesSurviveTheTextFormat(t *testing.T) {
	for _, name := range []string{"a\"} 1\ngatefold_verdict{account=\"home\",verdict=\"allow\"} 1\n# EOF\n", `back\slash\n`, "\xff\x00\u2028", strings.Repeat("\U0001f3b5", 100)} {
		m, reg := daemon(t)
		m.Playing("home", name, name, true)
		m.Rules(name, []string{name})
		_, body := get(t, Handler(reg), "")
		families := []string{"gatefold_playing_info", "gatefold_rules_info", "gatefold_rule_errors_total", "gatefold_verdict"}
		if err := testutil.GatherAndCompare(reg, strings.NewReader(body), families...); err != nil {
			t.Errorf("%.20q: %v", name, err)
		}
	}
}

// sick is a collector that cannot say what it should.
type sick struct{ desc *prometheus.Desc }

func (s sick) Describe(ch chan<- *prometheus.Desc) { ch <- s.desc }

func (s sick) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.NewInvalidMetric(s.desc, errors.New("out of order"))
}

func TestAnErrorDoesNotKillTheScrape(t *testing.T) {
	m, reg := daemon(t)
	reg.MustRegister(sick{prometheus.NewDesc("sick", "Always fails.", nil, nil)})
	m.LightChanged()
	if _, err := reg.Gather(); err == nil {
		t.Fatal("nothing is sick")
	}
	res, body := get(t, Handler(reg), "")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "gatefold_light_changes_total 1\n") {
		t.Errorf("%s: %s", res.Status, body)
	}
}
