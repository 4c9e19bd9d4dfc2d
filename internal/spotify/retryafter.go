package spotify

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longest bounds what we wait for: far above anything seen (a day), far below an overflow.
const longest = 30 * 24 * time.Hour

// retryAfter reads the header of that name (RFC 9110, section 10.2.3): seconds, or a date.
// Fractions round up. false: absent or not understood.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" { // as nearly always: before dates are tried
		return 0, false
	}
	if date, err := http.ParseTime(v); err == nil {
		return min(max(date.Sub(now), 0), longest), true
	}
	seconds, err := strconv.ParseFloat(v, 64)
	if math.IsNaN(seconds) || seconds < 0 || err != nil && !math.IsInf(seconds, 1) {
		return 0, false
	}
	return time.Duration(min(math.Ceil(seconds), longest.Seconds())) * time.Second, true
}
