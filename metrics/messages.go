package metrics

import "github.com/prometheus/client_golang/prometheus"

// Alert counts a message to people by what became of it: "sent", "throttled",
// "expired" (it waited too long) or "failed", and so is everything else.
func (m *Metrics) Alert(outcome string) { m.alerts.of(outcome).Inc() }

func (g *group) alerts() children[prometheus.Counter] {
	alerts := g.counterVec("gatefold_alerts_total", "Messages to people, by what became of them.", "outcome")
	return childrenOf(alertOutcomes(), alerts.WithLabelValues)
}

// OutboxWaiting says how many effects of the account wait to be carried out. The
// series is the sum over all accounts.
func (m *Metrics) OutboxWaiting(account string, n int) {
	if a := m.on(account); a != nil {
		a.waiting.Store(int64(max(n, 0)))
	}
}

func (g *group) outboxWaiting(accounts map[string]*account) {
	g.gaugeFunc("gatefold_outbox_waiting", "Effects that were committed and wait to be carried out, of all accounts.", func() float64 {
		var sum int64
		for _, a := range accounts {
			sum += a.waiting.Load()
		}
		return float64(sum)
	})
}
