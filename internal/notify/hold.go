package notify

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// defaultHold is how long a 429 holds that does not say it.
	defaultHold = 30 * time.Second
	// maxHold bounds what a Retry-After can ask for: a target must not be able to silence an alarm for its whole day.
	maxHold = time.Hour
)

// hold is until when a target wants nothing. It keeps its length, so that a clock that was set back does not prolong it.
type hold struct {
	mu     sync.Mutex
	until  time.Time
	length time.Duration
}

// left is how long there is still to wait at now: between 0 and the length of the hold.
func (h *hold) left(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return min(max(h.until.Sub(now), 0), h.length)
}

// set notes that the target wants nothing for as long as length, and gives how long that is. A longer wait in force stands.
func (h *hold) set(now time.Time, length time.Duration) time.Duration {
	left := h.left(now)
	h.mu.Lock()
	defer h.mu.Unlock()
	if left < length {
		h.until, h.length, left = now.Add(length), length, length
	}
	return left
}

// readRetryAfter reads the header: seconds, or a date (RFC 9110, 10.2.3). Between one second and an hour.
func readRetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseInt(header, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 1), int64(maxHold/time.Second))) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(date.Sub(now), time.Second), maxHold)
	}
	return defaultHold
}
