package metrics

import "github.com/prometheus/client_golang/prometheus"

// SlackConnected says whether presses of Slack buttons arrive.
func (m *Metrics) SlackConnected(yes bool) { m.slackConnected.Set(bit(yes)) }

// SlackRefused says whether Slack refuses the bot's token or the app's.
func (m *Metrics) SlackRefused(yes bool) { m.slackRefused.Set(bit(yes)) }

// Pressed counts a press of a Slack button by what became of it: "decided", "late" (somebody had decided before),
// "refused" (by somebody who may not), "unknown" (a message that is too old, or of another program) or "failed", and so
// is everything else.
func (m *Metrics) Pressed(outcome string) { m.pressed.of(outcome).Inc() }

func (g *group) presses() children[prometheus.Counter] {
	presses := g.counterVec("gatefold_presses_total", "Presses of Slack buttons, by what became of them.", "outcome")
	return childrenOf(pressOutcomes(), presses.WithLabelValues)
}

func pressOutcomes() closed {
	return closedSet("failed", "decided", "late", "refused", "unknown", "failed")
}
