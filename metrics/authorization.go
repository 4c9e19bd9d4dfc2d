package metrics

import "time"

// AuthorizationExpires says when the authorization of an account dies, as far as
// that is known (zero: it is not).
func (m *Metrics) AuthorizationExpires(account string, at time.Time) {
	a := m.on(account)
	switch {
	case a == nil:
	case at.IsZero():
		a.expires.Set(0)
	default:
		a.expires.Set(float64(at.UnixMilli()) / 1000)
	}
}

// Enforcing says whether decisions about an account are enforced.
func (m *Metrics) Enforcing(account string, on bool) {
	if a := m.on(account); a != nil {
		a.enforcing.Set(bit(on))
	}
}

// Held says whether an account is on hold.
func (m *Metrics) Held(account string, on bool) {
	if a := m.on(account); a != nil {
		a.held.Set(bit(on))
	}
}
