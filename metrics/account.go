package metrics

import "sync/atomic"

// account holds the series of one account, so that a look costs one map lookup
// and no allocation.
type account struct {
	looks        *accountDurations // by outcome
	lastLook     *cell
	interval     *cell
	cause        *state
	worst        *cell
	resumed      *accountDurations
	limits       *cells // by kind
	faults       *cells // by kind
	blind        *state
	verdict      *state
	unauthorized *cell
	pauses       *cells // by outcome
	refreshes    *cells // by outcome
	expires      *cell
	enforcing    *cell
	held         *cell
	shadow       *cells // by what differs
	playing      *playing
	waiting      atomic.Int64 // in the outbox
}

// accounts makes every series of every account.
func (g *group) accounts(names []string) map[string]*account {
	looks := g.accountDurations("gatefold_poll_duration_seconds", "Duration of looks at the player, by outcome.", lookBuckets(), labelled{"outcome", lookOutcomes()})
	last := g.accountGauges("gatefold_last_look_timestamp_seconds", "When the player was last seen; 0 before the first good look.")
	interval := g.accountGauges("gatefold_poll_interval_seconds", "Time from one look to the next, as it stands.")
	cause := g.states("gatefold_poll_cause", "Which reason gives the time from one look to the next: 1 for the one that does, 0 for the others.", labelled{"cause", pollCauses()})
	worst := g.accountGauges("gatefold_detection_worst_seconds", "Longest time until an intruder is seen; 0 while that cannot be said.")
	resumed := g.accountDurations("gatefold_resumed_seconds", "Time after a pause until the denied device played again.", resumedBuckets())
	limits := g.accountCounters("gatefold_rate_limit_hits_total", "Answers that said there were too many requests.", labelled{"kind", limitKinds()})
	faults := g.accountGauges("gatefold_fault", "Whether something of gatefold's own is broken (1) or not (0).", labelled{"kind", faultKinds()})
	blind := g.states("gatefold_blind", "Whether the account is blind in this way (1) or not (0).", labelled{"kind", blindKinds()})
	verdict := g.states("gatefold_verdict", "The verdict on who holds the player: 1 for the one that stands, 0 for the others.", labelled{"verdict", verdictNames()})
	unauthorized := g.accountCounters("gatefold_unauthorized_seconds_total", "Time during which a denied device played.")
	pauses := g.accountCounters("gatefold_pauses_total", "Pauses sent, by outcome.", labelled{"outcome", pauseOutcomes()})
	refreshes := g.accountCounters("gatefold_token_refreshes_total", "Refreshes of the access token, by outcome.", labelled{"outcome", refreshOutcomes()})
	expires := g.accountGauges("gatefold_authorization_expires_timestamp_seconds", "When the owner's authorization dies; 0 while that is not known.")
	enforcing := g.accountGauges("gatefold_enforcing", "Whether decisions are enforced (1) or only said (0).")
	held := g.accountGauges("gatefold_held", "Whether the account is on hold (1), so that nothing is enforced or announced, or not (0).")
	shadow := g.accountCounters("gatefold_shadow_disagreements_total", "Turns that the shadow rules would have decided differently, by what differs.", labelled{"what", shadowDifferences()})
	playing := g.playingInfo("gatefold_playing_info", "The device that plays.")

	out := make(map[string]*account, len(names))
	for _, name := range names {
		out[name] = &account{
			looks:        looks.of(name),
			lastLook:     last.of(name).the(),
			interval:     interval.of(name).the(),
			cause:        cause.of(name, pollCauses().index("start")),
			worst:        worst.of(name).the(),
			resumed:      resumed.of(name),
			limits:       limits.of(name),
			faults:       faults.of(name),
			blind:        blind.of(name, none),
			verdict:      verdict.of(name, verdictNames().fallback),
			unauthorized: unauthorized.of(name).the(),
			pauses:       pauses.of(name),
			refreshes:    refreshes.of(name),
			expires:      expires.of(name).the(),
			enforcing:    enforcing.of(name).the(),
			held:         held.of(name).the(),
			shadow:       shadow.of(name),
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
