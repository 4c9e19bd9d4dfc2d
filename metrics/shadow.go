package metrics

// shadowDifferences are what the shadow rules may decide differently; an error is theirs alone.
func shadowDifferences() closed { return closedSet("calls", "verdict", "calls", "error") }

// ShadowDisagreed counts a turn that the shadow rules would have decided differently: "verdict", "calls" (with the same
// verdict), or "error" (they failed, and the rules in force did not). Anything else counts as "calls".
func (m *Metrics) ShadowDisagreed(account, what string) {
	if a := m.on(account); a != nil {
		a.shadow.of(what).Inc()
	}
}

// ShadowDropped counts a turn that the shadow rules did not see.
func (m *Metrics) ShadowDropped() { m.shadowDropped.Inc() }
