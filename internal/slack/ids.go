package slack

import "strings"

// Forms of Slack's ids. They are checked because ids come from where strangers write (a press), and go where form
// matters (a mention).
const (
	digits   = "0123456789"
	idLetter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits
	maxID    = 32 // Slack's have 9 to 11 characters
)

// validUser reports that id is a user's: U0123ABCD, or W0123ABCD in an Enterprise organisation.
func validUser(id string) bool { return validID(id, "UW") }

// validChannel reports that id is a channel's (C), a direct message's (D) or a group's (G), and not a name.
func validChannel(id string) bool { return validID(id, "CDG") }

func validID(id, kinds string) bool {
	return len(id) > 1 && len(id) <= maxID && strings.IndexByte(kinds, id[0]) >= 0 && strings.Trim(id, idLetter) == ""
}

// validTS reports that ts is a message's: 1503435956.000247.
func validTS(ts string) bool {
	seconds, micros, ok := strings.Cut(ts, ".")
	return ok && len(ts) <= maxID && seconds != "" && micros != "" && strings.Trim(seconds+micros, digits) == ""
}
