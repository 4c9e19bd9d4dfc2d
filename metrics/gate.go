package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// gate is what is asked of the gate at a scrape.
type gate struct {
	until  atomic.Pointer[time.Time]
	budget *windows
	limits *windows
}

func (g *group) gate(now func() time.Time) *gate {
	gt := &gate{}
	g.gaugeFunc("gatefold_rate_limit_wait_seconds", "Time for which no request may be made, because an answer said so.", func() float64 {
		until := gt.until.Load()
		if until == nil {
			return 0
		}
		return seconds(until.Sub(now()))
	})
	gt.budget = g.windows("gatefold_budget_remaining", "Requests that may still be made in the rolling window.")
	gt.limits = g.windows("gatefold_budget_limit", "Requests that may be made in the rolling window at all.")
	return gt
}

// RateLimited counts an answer of 429: kind "rate" for the rolling 30 s, "quota"
// for the day's. An unknown kind counts as "rate".
func (m *Metrics) RateLimited(account, kind string) {
	if a := m.on(account); a != nil {
		a.limits.of(kind).Inc()
	}
}

// RateLimitWait says until when no request may be made. A scrape shows what is
// left of it; a time that has passed, or the zero time, is no wait.
func (m *Metrics) RateLimitWait(until time.Time) { m.gate.until.Store(&until) }

// BudgetSource sets what a scrape asks for the requests left in the rolling 30 s
// and 24 h. It must not block and may be called from several goroutines. Until
// it is set there are no such series: 0 would be a lie. nil takes it away.
func (m *Metrics) BudgetSource(remaining func() (per30s, perDay int)) { m.gate.budget.ask(remaining) }

// BudgetLimitSource sets, in the same way, what a scrape asks for the limits in
// force: those of the configuration, or lower ones that were discovered.
func (m *Metrics) BudgetLimitSource(limits func() (per30s, perDay int)) { m.gate.limits.ask(limits) }

// windows is a family with a number for both rolling windows. It asks once per
// scrape, so that both tell of one moment.
type windows struct {
	desc   *prometheus.Desc
	source atomic.Pointer[func() (int, int)]
}

var _ prometheus.Collector = (*windows)(nil)

func (g *group) windows(name, help string) *windows {
	return add(g, &windows{desc: prometheus.NewDesc(name, help, []string{"window"}, nil)})
}

func (w *windows) ask(source func() (per30s, perDay int)) {
	if source == nil {
		w.source.Store(nil)
		return
	}
	w.source.Store(&source)
}

// Describe sends the family's description.
func (w *windows) Describe(ch chan<- *prometheus.Desc) { ch <- w.desc }

// Collect sends the numbers of both windows.
func (w *windows) Collect(ch chan<- prometheus.Metric) {
	source := w.source.Load()
	if source == nil {
		return
	}
	per30s, perDay := (*source)()
	ch <- prometheus.MustNewConstMetric(w.desc, prometheus.GaugeValue, float64(max(per30s, 0)), "30s")
	ch <- prometheus.MustNewConstMetric(w.desc, prometheus.GaugeValue, float64(max(perDay, 0)), "24h")
}
