package metrics

// TokenRefreshed counts a refresh of an access token: "ok"; "rotated" (it came
// with a new refresh token, which has to be kept); "failed", and so is
// everything else.
func (m *Metrics) TokenRefreshed(account, outcome string) {
	if a := m.on(account); a != nil {
		a.refreshes.of(outcome).Inc()
	}
}
