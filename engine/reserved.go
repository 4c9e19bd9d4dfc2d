package engine

import "strings"

// Reserved keys of the rule state hold what is not a rule's own: approvals, the
// ledger, habits, the switches, messages that more may come of and their stories. They are kept, expire and are given back like
// the others, and no rule can read or write them.
const (
	reserved         = "\x00"
	reservedApproval = reserved + "approval "
	reservedLedger   = reserved + "ledger "
	reservedEnforce  = reserved + "enforce"
	reservedHabits   = reserved + "habits"
	reservedHold     = reserved + "hold"
	reservedOverride = reserved + "override"
	reservedPost     = reserved + "post "
	reservedStory    = reserved + "story "
)

func isReserved(key string) bool { return strings.HasPrefix(key, reserved) }
