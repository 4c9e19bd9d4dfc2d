package spotify

import (
	"errors"
	"strings"
)

// PauseOutcome says what became of a pause, in the words of gatefold_pauses_total.
// nil is "paused". A pause that the gate refused was never sent: it counts as "failed"
// here, so ask for a *WaitError first.
func PauseOutcome(err error) string {
	if err == nil {
		return "paused"
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.PauseOutcome()
	}
	return "failed"
}

// PauseOutcome is "already" (nothing was playing), "restricted" (that device takes no
// commands), "gone" (no such device any more), "premium" or "failed". Reasons are often
// missing or UNKNOWN, so the message counts as well; "already" is worth a look to confirm.
func (e *Error) PauseOutcome() string {
	message := strings.ToLower(e.Message)
	switch e.Status {
	case 404:
		return "gone"
	case 403:
	default:
		return "failed"
	}
	switch {
	case e.Reason == "DEVICE_NOT_CONTROLLABLE", e.Reason == "REMOTE_CONTROL_DISALLOW",
		strings.Contains(message, "restricted device"):
		return "restricted"
	case e.Reason == "PREMIUM_REQUIRED", strings.Contains(message, "premium required"):
		return "premium"
	case e.Reason == "ALREADY_PAUSED",
		strings.Contains(message, "restriction violated") && (e.Reason == "" || e.Reason == "UNKNOWN"):
		return "already"
	}
	return "failed"
}
