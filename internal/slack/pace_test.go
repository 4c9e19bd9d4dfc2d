package slack

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func wantWait(t *testing.T, err error, until time.Time, limited bool) {
	t.Helper()
	var w *WaitError
	if !errors.As(err, &w) || !w.RetryAt().Equal(until) || w.Limited != limited {
		t.Fatalf("got %v, want to wait until %s (limited: %v)", err, until, limited)
	}
}

func postTo(channel string) lane { return lane{method: methodPost, channel: channel} }

func TestOnePostASecondPerChannel(t *testing.T) {
	f := newFake(t)
	p, c := newPoster(t, f)
	post := func(channel string) error {
		_, err := p.Post(t.Context(), channel, card("x"))
		return err
	}
	if err := post("#a"); err != nil {
		t.Fatal(err)
	}
	due := c.Now().Add(time.Second)
	c.Advance(time.Second - time.Nanosecond)
	wantWait(t, post("#a"), due, false)
	if err := post("#b"); err != nil {
		t.Fatalf("another channel: %v", err)
	}
	if f.posts() != 2 {
		t.Fatalf("%d requests, want 2", f.posts())
	}
	c.Advance(time.Nanosecond)
	if err := post("#a"); err != nil {
		t.Fatalf("after a second: %v", err)
	}
}

// A slow request reaches Slack at its end; the next may not follow at its heels.
func TestSecondCountsFromTheAnswer(t *testing.T) {
	p := newPace()
	start := newClock().Now()
	if w := p.reserve(postTo("#a"), start); w != nil {
		t.Fatal(w)
	}
	p.sent(postTo("#a"), start.Add(900*time.Millisecond))
	wantWait(t, p.reserve(postTo("#a"), start.Add(time.Second)), start.Add(1900*time.Millisecond), false)
}

func TestRetryAfterHoldsTheWorkspace(t *testing.T) {
	date := newClock().Now().Add(90 * time.Second).Format("Mon, 02 Jan 2006 15:04:05 GMT")
	tests := []struct {
		name, header string
		status       int
		body         string
		want         time.Duration
	}{
		{"seconds", "40", 429, "", 40 * time.Second},
		{"none", "", 429, "", defaultHold},
		{"zero", "0", 429, "", time.Second},
		{"negative", "-5", 429, "", time.Second},
		{"not a number", "soon", 429, "", defaultHold},
		{"a date", date, 429, "", 90 * time.Second},
		{"for ever", "9223372036854775807", 429, "", maxHold},
		{"in the body", "7", 200, `{"ok":false,"error":"ratelimited"}`, 7 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, reply(tt.status, tt.body, "Retry-After", tt.header))
			p, c := newPoster(t, f)
			until := c.Now().Add(tt.want)
			_, err := p.Post(t.Context(), "#a", card("x"))
			wantWait(t, err, until, true)
			c.Advance(tt.want - time.Nanosecond)
			_, err = p.Post(t.Context(), "#b", card("x"))
			wantWait(t, err, until, true)
			if f.posts() != 1 {
				t.Fatalf("%d requests while held, want 1", f.posts())
			}
			c.Advance(time.Nanosecond)
			if _, err = p.Post(t.Context(), "#a", card("x")); err != nil {
				t.Errorf("after the wait: %v", err)
			}
		})
	}
}

func TestShorterRetryAfterDoesNotShorten(t *testing.T) {
	p := newPace()
	now := newClock().Now()
	p.limited(now, time.Minute)
	wantWait(t, p.limited(now, time.Second), now.Add(time.Minute), true)
}

// A clock that is set back must not hold messages for longer than was asked.
func TestClockSetBack(t *testing.T) {
	p := newPace()
	now := newClock().Now()
	p.sent(postTo("#a"), now)
	p.limited(now, 40*time.Second)
	earlier := now.Add(-time.Hour)
	wantWait(t, p.reserve(postTo("#b"), earlier), earlier.Add(40*time.Second), true)
	p.hold = deadline{}
	wantWait(t, p.reserve(postTo("#a"), earlier), earlier.Add(time.Second), false)
}

func TestPaceForgets(t *testing.T) {
	p := newPace()
	now := newClock().Now()
	for i := range maxLanes {
		if w := p.reserve(postTo(fmt.Sprint(i)), now); w != nil {
			t.Fatal(w)
		}
	}
	wantWait(t, p.reserve(postTo("one more"), now), now.Add(time.Second), false)
	if w := p.reserve(postTo("one more"), now.Add(time.Second)); w != nil || len(p.lanes) != 1 {
		t.Errorf("%v, %d channels kept, want 1", w, len(p.lanes))
	}
}

func TestManyAtOnceGetOneTurn(t *testing.T) {
	f := newFake(t)
	p, _ := newPoster(t, f)
	var posted, waited atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := p.Post(t.Context(), "#a", card("x"))
			var w *WaitError
			switch {
			case err == nil:
				posted.Add(1)
			case errors.As(err, &w):
				waited.Add(1)
			}
		})
	}
	wg.Wait()
	if posted.Load() != 1 || waited.Load() != 19 || f.posts() != 1 {
		t.Errorf("%d posted, %d told to wait, %d requests", posted.Load(), waited.Load(), f.posts())
	}
}
