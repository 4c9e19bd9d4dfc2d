package sim

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRateLimit(t *testing.T) {
	bothWays(t, SpotifyOptions{Per30s: 3}, func(w *world) {
		other := w.s.AddAccount("other", AccountOptions{}).AccessToken()
		w.get("/v1/me").want(w.t, 200, "")
		w.clock.pass(10 * time.Second)
		w.token = other // the limit is the developer's, over all accounts
		w.get("/v1/me").want(w.t, 200, "")
		w.get("/v1/me").want(w.t, 200, "")
		w.clock.pass(500 * time.Millisecond)
		for range 5 { // refusals do not count
			r := w.put(pausePath)
			r.want(w.t, 429, "API rate limit exceeded")
			same(w.t, "Retry-After", r.header.Get("Retry-After"), "20")
		}
		w.refresh("refresh-home").want(w.t, 200, "") // another service
		w.clock.pass(19500 * time.Millisecond)
		w.get("/v1/me").want(w.t, 200, "")
		w.get("/v1/me").want(w.t, 429, "API rate limit exceeded")
	})
}

func TestDailyQuota(t *testing.T) {
	w := newWorld(t, SpotifyOptions{PerDay: 2})
	w.get("/v1/me").want(t, 200, "")
	w.clock.pass(time.Hour)
	w.get("/v1/me").want(t, 200, "")
	r := w.get("/v1/me")
	r.want(t, 429, "Too many requests")
	same(t, "reason", r.at(t, "error", "reason"), "QUOTA_EXCEEDED")
	same(t, "Retry-After", r.header.Get("Retry-After"), "82800")
	w.clock.pass(23 * time.Hour)
	w.get("/v1/me").want(t, 200, "")
	w.get("/v1/me").want(t, 429, "Too many requests")
}

// However requests arrive, no window ever holds more than the limit, and a wait is as long as it must be and no longer.
func TestWindowIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := window{length: 30 * time.Second, limit: rapid.IntRange(1, 5).Draw(t, "limit")}
		now := newManual().now()
		var taken []time.Time
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20000).Draw(t, "gap")) * time.Millisecond)
			inside := func(at time.Time) int {
				n := 0
				for _, x := range slices.Backward(taken) {
					if at.Sub(x) < w.length {
						n++
					}
				}
				return n
			}
			wait := w.wait(now)
			if (wait == 0) != (inside(now) < w.limit) {
				t.Fatalf("wait %s with %d of %d taken", wait, inside(now), w.limit)
			}
			if wait > 0 {
				if inside(now.Add(wait)) >= w.limit || inside(now.Add(wait-1)) < w.limit {
					t.Fatalf("wait %s is not the moment the window opens", wait)
				}
				continue
			}
			w.take(now)
			taken = append(taken, now)
		}
	})
}
