package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// account holds the series of one account, so that a look costs one map lookup
// and no allocation.
type account struct {
	looks        children[prometheus.Observer] // by outcome
	lastLook     prometheus.Gauge
	interval     prometheus.Gauge
	cause        *state
	worst        prometheus.Gauge
	resumed      prometheus.Observer
	limits       children[prometheus.Counter] // by kind
	faults       children[prometheus.Gauge]   // by kind
	blind        *state
	verdict      *state
	unauthorized prometheus.Counter
	pauses       children[prometheus.Counter] // by outcome
	refreshes    children[prometheus.Counter] // by outcome
	expires      prometheus.Gauge
	enforcing    prometheus.Gauge
	held         prometheus.Gauge
	playing      *playing
	waiting      atomic.Int64 // in the outbox
}

// accounts makes every series of every account.
func (g *group) accounts(names []string) map[string]*account {
	looks := g.histogramVec("gatefold_poll_duration_seconds", "Duration of looks at the player, by outcome.", lookBuckets(), "account", "outcome")
	last := g.gaugeVec("gatefold_last_look_timestamp_seconds", "When the player was last seen; 0 before the first good look.", "account")
	interval := g.gaugeVec("gatefold_poll_interval_seconds", "Time from one look to the next, as it stands.", "account")
	cause := g.states("gatefold_poll_cause", "Which reason gives the time from one look to the next: 1 for the one that does, 0 for the others.", "account", "cause")
	worst := g.gaugeVec("gatefold_detection_worst_seconds", "Longest time until an intruder is seen; 0 while that cannot be said.", "account")
	resumed := g.histogramVec("gatefold_resumed_seconds", "Time after a pause until the denied device played again.", resumedBuckets(), "account")
	limits := g.counterVec("gatefold_rate_limit_hits_total", "Answers that said there were too many requests.", "account", "kind")
	faults := g.gaugeVec("gatefold_fault", "Whether something of gatefold's own is broken (1) or not (0).", "account", "kind")
	blind := g.states("gatefold_blind", "Whether the account is blind in this way (1) or not (0).", "account", "kind")
	verdict := g.states("gatefold_verdict", "The verdict on who holds the player: 1 for the one that stands, 0 for the others.", "account", "verdict")
	unauthorized := g.counterVec("gatefold_unauthorized_seconds_total", "Time during which a denied device played.", "account")
	pauses := g.counterVec("gatefold_pauses_total", "Pauses sent, by outcome.", "account", "outcome")
	refreshes := g.counterVec("gatefold_token_refreshes_total", "Refreshes of the access token, by outcome.", "account", "outcome")
	expires := g.gaugeVec("gatefold_authorization_expires_timestamp_seconds", "When the owner's authorization dies; 0 while that is not known.", "account")
	enforcing := g.gaugeVec("gatefold_enforcing", "Whether decisions are enforced (1) or only said (0).", "account")
	held := g.gaugeVec("gatefold_held", "Whether the account is on hold (1), so that nothing is enforced or announced, or not (0).", "account")
	playing := g.playingInfo("gatefold_playing_info", "The device that plays.", "account", "device", "type")

	out := make(map[string]*account, len(names))
	for _, name := range names {
		out[name] = &account{
			looks:        childrenOf(lookOutcomes(), looks.WithLabelValues, name),
			lastLook:     last.WithLabelValues(name),
			interval:     interval.WithLabelValues(name),
			cause:        cause.of(name, pollCauses(), pollCauses().index("start")),
			worst:        worst.WithLabelValues(name),
			resumed:      resumed.WithLabelValues(name),
			limits:       childrenOf(limitKinds(), limits.WithLabelValues, name),
			faults:       childrenOf(faultKinds(), faults.WithLabelValues, name),
			blind:        blind.of(name, blindKinds(), none),
			verdict:      verdict.of(name, verdictNames(), verdictNames().fallback),
			unauthorized: unauthorized.WithLabelValues(name),
			pauses:       childrenOf(pauseOutcomes(), pauses.WithLabelValues, name),
			refreshes:    childrenOf(refreshOutcomes(), refreshes.WithLabelValues, name),
			expires:      expires.WithLabelValues(name),
			enforcing:    enforcing.WithLabelValues(name),
			held:         held.WithLabelValues(name),
			playing:      playing.of(name),
		}
	}
	return out
}

// on gives an account's series, or nil for one that is not configured: that is
// counted, because the host made a mistake that nobody would see otherwise.
func (m *Metrics) on(name string) *account {
	a := m.accounts[name]
	if a == nil {
		m.dropped.Inc()
	}
	return a
}
