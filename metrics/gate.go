package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// gate is what is asked of the gate at a scrape.
type gate struct {
	until  atomic.Pointer[time.Time]
	budget *budget
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
	gt.budget = add(g, &budget{desc: prometheus.NewDesc("gatefold_budget_remaining",
		"Requests that may still be made in the rolling window.", []string{"window"}, nil)})
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
func (m *Metrics) BudgetSource(remaining func() (per30s, perDay int)) {
	if remaining == nil {
		m.gate.budget.remaining.Store(nil)
		return
	}
	m.gate.budget.remaining.Store(&remaining)
}

// budget asks once per scrape, so that both windows tell of one moment.
type budget struct {
	desc      *prometheus.Desc
	remaining atomic.Pointer[func() (int, int)]
}

var _ prometheus.Collector = (*budget)(nil)

// Describe sends the family's description.
func (b *budget) Describe(ch chan<- *prometheus.Desc) { ch <- b.desc }

// Collect sends what is left in both windows.
func (b *budget) Collect(ch chan<- prometheus.Metric) {
	remaining := b.remaining.Load()
	if remaining == nil {
		return
	}
	per30s, perDay := (*remaining)()
	ch <- prometheus.MustNewConstMetric(b.desc, prometheus.GaugeValue, float64(max(per30s, 0)), "30s")
	ch <- prometheus.MustNewConstMetric(b.desc, prometheus.GaugeValue, float64(max(perDay, 0)), "24h")
}
