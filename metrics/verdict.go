package metrics

import (
	"math"
	"time"
)

// Verdict says what stands on who holds the player: "allow", "deny", "idle" or
// "unknown". Anything else is "unknown", and so is what nobody said yet.
func (m *Metrics) Verdict(account, verdict string) {
	if a := m.on(account); a != nil {
		a.verdict.hold(verdict)
	}
}

// UnauthorizedSeconds adds time during which a denied device played. What is not
// a positive, finite number adds nothing: a counter never falls.
func (m *Metrics) UnauthorizedSeconds(account string, seconds float64) {
	if a := m.on(account); a != nil && seconds > 0 && !math.IsInf(seconds, 1) {
		a.unauthorized.Add(seconds)
	}
}

// Paused counts a pause that was sent: "paused"; "already" (it did not play any
// more); "restricted" (the device obeys nobody); "gone"; "premium" (the account
// may not); "failed", and so is everything else.
func (m *Metrics) Paused(account, outcome string) {
	if a := m.on(account); a != nil {
		a.pauses.of(outcome).Inc()
	}
}

// Resumed counts a denied device that played again, by the time since the pause that
// had stopped it.
func (m *Metrics) Resumed(account string, d time.Duration) {
	if a := m.on(account); a != nil {
		a.resumed.observe("", seconds(d))
	}
}

// Reaction counts a pause by the time from the answer received to the pause sent.
func (m *Metrics) Reaction(d time.Duration) { m.reaction.Observe(seconds(d)) }

// Fault says that something of gatefold's own is broken on an account, or works:
// "journal" (commits fail) or "rules" (the newest rules fail; older ones decide,
// or none can).
func (m *Metrics) Fault(account, kind string, broken bool) {
	if a := m.on(account); a != nil {
		a.faults.of(kind).Set(bit(broken))
	}
}
