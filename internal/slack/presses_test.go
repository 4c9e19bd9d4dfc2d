package slack

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func pressNo(n int) Press {
	return Press{ID: fmt.Sprint(n), Channel: "C1", MessageTS: fmt.Sprintf("%d.1", n)}
}

func TestPressMayNotTakeForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var took time.Duration
		p := newPresses(func(ctx context.Context, _ Press) {
			start := time.Now()
			<-ctx.Done()
			took = time.Since(start)
		}, time.Now)
		p.start(t.Context(), 30*time.Second)
		j := p.take(pressNo(1))
		p.wait()
		if took != 30*time.Second || !j.finished() {
			t.Errorf("it took %s, finished %v", took, j.finished())
		}
	})
}

func TestMemoryOfPressesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled := make(chan struct{}, 2*maxSeen)
		stuck := make(chan struct{})
		p := newPresses(func(_ context.Context, press Press) {
			if press.ID == "0" {
				<-stuck // one that hangs, whatever its context says, keeps nothing else in memory
			}
			handled <- struct{}{}
		}, time.Now)
		p.start(t.Context(), time.Minute)
		for i := range maxSeen + 50 {
			p.take(pressNo(i))
			synctest.Wait()
		}
		if n := len(p.seen); n > maxSeen+1 || n != len(p.order) {
			t.Errorf("%d seen in an order of %d", n, len(p.order))
		}
		if p.take(pressNo(maxSeen)); len(handled) != maxSeen+49 {
			t.Error("a recent press was handled again")
		}
		close(stuck)
		time.Sleep(seenFor)
		p.take(pressNo(5000))
		synctest.Wait()
		if len(p.seen) != 1 || len(p.queues) != 0 || p.waiting != 0 {
			t.Errorf("%d seen, %d queues, %d waiting", len(p.seen), len(p.queues), p.waiting)
		}
	})
}

// One that is still being handled is not forgotten, however old it is.
func TestUnfinishedPressIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		calls := 0
		p := newPresses(func(context.Context, Press) { calls++; <-release }, time.Now)
		p.start(t.Context(), 24*time.Hour)
		first := p.take(pressNo(1))
		time.Sleep(2 * seenFor)
		if again := p.take(pressNo(1)); again != first {
			t.Error("forgotten")
		}
		close(release)
		p.wait()
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
	})
}

// What waits when Run ends is not handled, and not remembered as if it were.
func TestPressesThatWaitedAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var calls []string
		p := newPresses(func(ctx context.Context, press Press) {
			calls = append(calls, press.Value)
			<-ctx.Done()
		}, time.Now)
		p.start(ctx, time.Hour)
		for _, v := range []string{"a", "b"} {
			p.take(Press{ID: v, Channel: "C1", MessageTS: "1.1", Value: v})
		}
		synctest.Wait()
		cancel()
		p.wait()
		if fmt.Sprint(calls) != "[a]" || len(p.seen) != 0 {
			t.Errorf("calls %v, %d remembered", calls, len(p.seen))
		}
	})
}
