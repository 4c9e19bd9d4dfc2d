package metrics

import "time"

const (
	outcomeOK = "ok"
	// outcomeDeferred is a look that the gate held back: it made no request.
	outcomeDeferred = "deferred"
)

// Looked counts a look at the player that took so long and ended at the given
// time: "ok", or the kind of blindness that it may lead to ("rate_limited",
// "quota", "unauthorized", "forbidden", "unreachable", "malformed"). Anything
// else counts as "malformed", save "deferred", which is no look at all.
func (m *Metrics) Looked(account, outcome string, took time.Duration, at time.Time) {
	a := m.on(account)
	if a == nil || outcome == outcomeDeferred {
		return
	}
	a.looks.observe(outcome, seconds(took))
	if outcome == outcomeOK {
		a.lastLook.Set(timestamp(at))
	}
}

// PollInterval says how long it is from one look to the next.
func (m *Metrics) PollInterval(account string, d time.Duration) {
	if a := m.on(account); a != nil {
		a.interval.Set(seconds(d))
	}
}

// PollCause says which reason gives that time: "start" (there was no look yet);
// "denied" (a denied device plays); "verify" (a pause is verified); "changed"
// (something just did); "playing", "paused", "idle" (what the player does);
// "restart" (after a visit a return is expected); "habit" (the hour of the week);
// "item_end" (the item ends); "rule" (poll() in a rule); "override" (an
// operator's); "failure" (the last look failed); "budget" (it, or a wait, allows no
// earlier look). Anything else is "idle".
func (m *Metrics) PollCause(account, cause string) {
	if a := m.on(account); a != nil {
		a.cause.hold(cause)
	}
}

// WorstDetection says how long it is at the worst until an intruder is seen. Zero or
// less says that this cannot be stated: the account is blind, or nothing is known yet.
func (m *Metrics) WorstDetection(account string, d time.Duration) {
	if a := m.on(account); a != nil {
		a.worst.Set(seconds(d))
	}
}

// Blind says that the account cannot be seen, and why (the failures that Looked
// knows), or with "" that it sees. An unknown kind is blind too: "malformed".
func (m *Metrics) Blind(account, kind string) {
	a := m.on(account)
	switch {
	case a == nil:
	case kind == "":
		a.blind.clear()
	default:
		a.blind.hold(kind)
	}
}

// seconds is d in seconds. A clock that was set back makes no negative time.
func seconds(d time.Duration) float64 { return max(d, 0).Seconds() }

// timestamp is t in seconds since the epoch; the zero time is 0, as if it had
// never been.
func timestamp(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1e3
}
