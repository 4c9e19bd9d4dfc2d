package sim

import "time"

// window is a rolling limit: at most limit requests in any span of this length. A limit of 0 is none.
type window struct {
	length time.Duration
	limit  int
	taken  []time.Time // oldest first
}

// wait is how long until one more request is allowed; 0 = now.
func (w *window) wait(now time.Time) time.Duration {
	if w.limit <= 0 {
		return 0
	}
	gone := 0
	for gone < len(w.taken) && now.Sub(w.taken[gone]) >= w.length {
		gone++
	}
	w.taken = w.taken[gone:]
	if len(w.taken) < w.limit {
		return 0
	}
	return w.taken[len(w.taken)-w.limit].Add(w.length).Sub(now)
}

func (w *window) take(now time.Time) {
	if w.limit > 0 {
		w.taken = append(w.taken, now)
	}
}

// limited is the refusal that the developer account's limits demand, or none. Requests that are refused do not count.
func (s *Spotify) limited(now time.Time) (answer, bool) {
	if wait := s.day.wait(now); wait > 0 {
		return quotaExceeded().with("Retry-After", wholeSeconds(wait)), true
	}
	if wait := s.burst.wait(now); wait > 0 {
		return rateExceeded().with("Retry-After", wholeSeconds(wait)), true
	}
	s.burst.take(now)
	s.day.take(now)
	return answer{}, false
}
