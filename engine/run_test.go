package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// bubble is the clock of a synctest bubble.
type bubble struct{}

func (bubble) Now() time.Time { return time.Now() }
func (bubble) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// outside is a source, a journal and an observer that write down what is asked.
type outside struct {
	mu      sync.Mutex
	trace   []string
	look    func(context.Context) Input
	commit  func(context.Context, Record) (Receipt, error)
	done    func(context.Context, string) error
	reports []Report
}

func (o *outside) say(s string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.trace = append(o.trace, s)
}

func (o *outside) said() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.trace
	o.trace = nil
	return out
}

func (o *outside) Look(ctx context.Context, _ bool) Input {
	o.say("look")
	o.mu.Lock()
	look := o.look
	o.mu.Unlock()
	return look(ctx)
}

func (o *outside) Pause(_ context.Context, p PauseNow) PauseDone {
	o.say("pause " + p.Holder)
	return PauseDone{Holder: p.Holder, Sent: time.Now(), Outcome: "paused"}
}

func (o *outside) Recover(context.Context, string) (Recovered, error) { return Recovered{}, nil }

func (o *outside) Commit(ctx context.Context, r Record) (Receipt, error) {
	if r.Event == nil {
		o.say("commit facts")
	} else {
		o.say("commit " + r.Event.Kind)
	}
	if o.commit == nil {
		return Receipt{}, nil
	}
	return o.commit(ctx, r)
}

func (o *outside) Done(ctx context.Context, _, id string, outcome Outcome) error {
	o.say("done " + outcome.Result)
	if o.done == nil {
		return ctx.Err()
	}
	return o.done(ctx, id)
}

func (o *outside) Observe(_ string, r Report) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reports = append(o.reports, r)
}

// runs a loop in a bubble until the story ends.
func runs(t *testing.T, src string, o *outside, f *fakes, story func(r *Runner, stop func() error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if o.look == nil {
			o.look = func(context.Context) Input { return Looked{Data: bob, Got: time.Now()} }
		}
		r := &Runner{
			Loop:    NewLoop(LoopOptions{Account: "home", Enforce: true, Pacer: pacer(time.Minute)}, Recovered{}, time.Now()),
			Account: "home", Clock: bubble{}, Source: o, Journal: o, Modules: f.modules, Observer: o,
		}
		set, err := Load(snapshot("home.star", src), Limits{}, f.modules...)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Send(context.Background(), Installed{Ruleset: set}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		story(r, func() error {
			cancel()
			return <-ended
		})
		cancel()
		synctest.Wait() // the bubble fails the test when a goroutine is left
	})
}

func TestRunner(t *testing.T) {
	o, f := &outside{}, newFakes()
	runs(t, intruder, o, f, func(r *Runner, stop func() error) {
		begin := time.Now()
		got := o.said()
		slices.Sort(got)
		equals(t, "at once", got, "commit pause", "commit playback", "done sent", "look", "pause bob")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		equals(t, "after ten seconds", o.said(), "look", "pause bob", "commit pause")
		o.mu.Lock()
		o.look = func(context.Context) Input { return Looked{Data: ann, Got: time.Now()} }
		o.mu.Unlock()
		if err := r.Send(context.Background(), LookSoon{}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		equals(t, "news from outside", o.said(), "look", "commit playback")
		time.Sleep(90 * time.Second)
		synctest.Wait()
		equals(t, "quiet", o.said(), "look")
		equal(t, "stop", stop(), nil)
		equals(t, "the last commit", o.said(), "commit facts")
		equal(t, "without waiting", time.Since(begin), 100*time.Second)
	})
	equal(t, "stands", f.stood[len(f.stood)-1].Verdict.Kind, Allow)
	equal(t, "reports", len(o.reports) > 5, true)
}

func TestSendGivesUp(t *testing.T) {
	r := &Runner{}
	ctx, cancel := context.WithCancel(t.Context())
	for range 16 {
		if err := r.Send(ctx, LookSoon{}); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := r.Send(ctx, LookSoon{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A look that hangs is cancelled after the grace.
func TestHangingLookIsCancelled(t *testing.T) {
	o := &outside{look: func(ctx context.Context) Input {
		<-ctx.Done()
		return LookFailed{Kind: BlindUnreachable}
	}}
	runs(t, intruder, o, newFakes(), func(_ *Runner, stop func() error) {
		time.Sleep(time.Hour)
		begin := time.Now()
		equal(t, "stop", stop(), nil)
		equal(t, "took", time.Since(begin), grace)
	})
}

// One that does not even heed that is left alone.
func TestSourceThatHangsForGood(t *testing.T) {
	release := make(chan struct{})
	o := &outside{}
	runs(t, intruder, o, newFakes(), func(r *Runner, stop func() error) {
		release = make(chan struct{})
		o.mu.Lock()
		o.look = func(context.Context) Input {
			<-release
			return LookFailed{}
		}
		o.mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		begin := time.Now()
		if err := stop(); err == nil {
			t.Error("no error")
		}
		equal(t, "took", time.Since(begin), stopping)
		close(release)
	})
}

// Commits are written one after the other, in order, also those of the stop.
func TestCommitsInOrder(t *testing.T) {
	var at []time.Time // of the one goroutine that writes
	n := 0             // of the one look at a time
	o := &outside{}
	o.look = func(context.Context) Input {
		n++
		return Looked{Data: snap{Who: "bob", Item: string(rune('a' + n))}, Got: time.Now()}
	}
	o.commit = func(_ context.Context, r Record) (Receipt, error) {
		time.Sleep(700 * time.Millisecond)
		at = append(at, r.At)
		return Receipt{}, nil
	}
	runs(t, "def on_playback(now):\n\tallow()\n\tpoll(every='500ms')", o, newFakes(), func(_ *Runner, stop func() error) {
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	if len(at) < 5 || !slices.IsSortedFunc(at, func(a, b time.Time) int { return a.Compare(b) }) {
		t.Errorf("%d commits at %v", len(at), at)
	}
}

func TestJournalThatHangsAtTheStop(t *testing.T) {
	o := &outside{commit: func(ctx context.Context, _ Record) (Receipt, error) {
		<-ctx.Done()
		return Receipt{}, ctx.Err()
	}}
	runs(t, intruder, o, newFakes(), func(_ *Runner, stop func() error) {
		begin := time.Now()
		if err := stop(); err == nil {
			t.Error("no error")
		}
		equal(t, "took", time.Since(begin), stopping)
	})
}

// A message that was sent while we stop is marked done: it must not be sent
// again after the start.
func TestSentAtTheStop(t *testing.T) {
	f := newFakes()
	f.apply = func(context.Context, Effect) (json.RawMessage, error) {
		time.Sleep(300 * time.Millisecond)
		return nil, nil
	}
	o := &outside{}
	runs(t, "def on_playback(now):\n\tallow()\n\tmail.send('x')", o, f, func(_ *Runner, stop func() error) {
		equals(t, "before", o.said(), "look", "commit playback")
		equal(t, "stop", stop(), nil)
		equals(t, "marked", o.said(), "done sent")
	})
	f.apply = func(ctx context.Context, _ Effect) (json.RawMessage, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	o = &outside{}
	runs(t, "def on_playback(now):\n\tallow()\n\tmail.send('x')", o, f, func(_ *Runner, stop func() error) {
		o.said()
		equal(t, "stop", stop(), nil)
		equals(t, "one that was not sent waits in the journal", o.said())
	})
}

// What the journal could not mark is marked with the next commit.
func TestJournalFailsToMark(t *testing.T) {
	var mended atomic.Bool
	o := &outside{done: func(context.Context, string) error {
		if mended.Load() {
			return nil
		}
		return errDisk
	}}
	runs(t, "def on_playback(now):\n\tallow()\n\tmail.send('x')", o, newFakes(), func(_ *Runner, stop func() error) {
		equals(t, "first", o.said(), "look", "commit playback", "done sent")
		mended.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		equals(t, "then", o.said(), "look", "commit playback", "done sent")
		time.Sleep(time.Minute)
		synctest.Wait()
		equals(t, "once", o.said(), "look")
		equal(t, "stop", stop(), nil)
	})
}
