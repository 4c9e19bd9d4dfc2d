package lab

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLimits compares the limits with what they mean: a call passes if and only if no lock-out stands and both windows
// have room for it, counted naively.
func TestLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		per30s, perDay := rapid.IntRange(1, 6).Draw(t, "per 30 s"), rapid.IntRange(3, 40).Draw(t, "per day")
		l := newLimits(per30s, perDay, newChance(1))
		var passed []time.Duration
		now, until := time.Duration(0), time.Duration(0)
		for range 200 {
			now += time.Duration(rapid.OneOf(rapid.Int64Range(0, 5e9), rapid.Int64Range(0, 40e9), rapid.Just(int64(30e9)), rapid.Int64Range(0, 4e12)).Draw(t, "gap"))
			room := count(passed, now, 30*time.Second) < per30s && count(passed, now, day) < perDay
			retry, quota, ok := l.take(now)
			if want := room && now >= until; ok != want {
				t.Fatalf("a call at %s: passed %v, want %v (locked out until %s)", now, ok, want, until)
			}
			if ok {
				passed = append(passed, now)
				continue
			}
			if now+retry < until {
				t.Fatalf("a call at %s brought the end of the lock-out from %s forward to %s", now, until, now+retry)
			}
			if now < until {
				if more := now + retry - until; more < time.Second || more > 2*time.Second {
					t.Fatalf("a call during the lock-out put its end off by %s", more)
				}
			} else if full := count(passed, now, day) >= perDay; quota != full {
				t.Fatalf("a 429 at %s is of the day: %v, want %v", now, quota, full)
			}
			until = now + retry
		}
	})
}

// count is how many calls lie in the span that ends now, and would share it with a call made now.
func count(calls []time.Duration, now, span time.Duration) int {
	n := 0
	for _, c := range calls {
		if now-c < span {
			n++
		}
	}
	return n
}

// When nobody calls during a lock-out, the Retry-After is to the point.
func TestRetryAfter(t *testing.T) {
	l := newLimits(10, 12, newChance(1))
	for range 10 {
		if _, _, ok := l.take(0); !ok {
			t.Fatal("ten calls do not pass")
		}
	}
	retry, quota, ok := l.take(time.Second)
	if ok || quota || retry < 6*time.Second || retry > 15*time.Second {
		t.Errorf("the eleventh: %s, quota %v, passed %v", retry, quota, ok)
	}
	for i := range 2 {
		if _, _, ok := l.take(time.Minute + time.Duration(i)); !ok {
			t.Error("after the window nothing passes")
		}
	}
	retry, quota, ok = l.take(time.Hour)
	if ok || !quota || retry != 23*time.Hour {
		t.Errorf("the thirteenth of a day: %s, quota %v, passed %v", retry, quota, ok)
	}
	if _, _, ok = l.take(24 * time.Hour); !ok {
		t.Error("a day later nothing passes")
	}
}

// freeBut is when that many calls and one more have room, counted naively.
func TestFreeBut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "limit")
		kept := rapid.IntRange(0, n-1).Draw(t, "kept")
		r := newRing(time.Minute, n)
		var calls []time.Duration
		now := time.Duration(0)
		for range 60 {
			now += time.Duration(rapid.Int64Range(0, 30e9).Draw(t, "gap"))
			at := r.freeBut(now, kept)
			if room := count(calls, at, time.Minute)+kept < n; !room {
				t.Fatalf("at %s, said to be free, there is no room", at)
			}
			if at > now && count(calls, at-1, time.Minute)+kept < n {
				t.Fatalf("there is room before %s", at)
			}
			if at == now {
				r.add(now)
				calls = append(calls, now)
			}
		}
	})
}
