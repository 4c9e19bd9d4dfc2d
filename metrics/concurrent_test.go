package metrics

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"
)

func TestEverythingAtOnce(t *testing.T) {
	m, reg := daemon(t)
	const workers, rounds = 8, 100
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				callAll(m)
				m.Playing("home", fmt.Sprint("player ", w*rounds+i), "tv", i%3 > 0)
				m.Rules(fmt.Sprint(w), []string{"home.star", fmt.Sprint(w, "-", i, ".star")})
				m.PollCause("home", []string{"verify", "rule", "habit"}[i%3])
				m.Verdict("home", []string{"allow", "deny", "idle", ""}[i%4])
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		checkOneHolds(t, scrape(t, reg))
	}
	want(t, series(t, reg), map[string]float64{
		`gatefold_poll_duration_seconds{account="home",outcome="ok"}`: workers * rounds,
		`gatefold_unauthorized_seconds_total{account="home"}`:         workers * rounds * 2.5,
		`gatefold_pauses_total{account="home",outcome="already"}`:     workers * rounds,
		`gatefold_rule_errors_total{file="home.star"}`:                workers * rounds,
		`gatefold_reaction_seconds`:                                   workers * rounds,
	})
}

// checkOneHolds wants exactly one verdict and one cause per account in every scrape, and at
// most one ruleset and one device that plays.
func checkOneHolds(t *testing.T, got map[string]family) {
	t.Helper()
	holds := make(map[string]float64)
	for _, s := range got["gatefold_verdict"].samples {
		holds[s.labels["account"]] += s.value
	}
	causes := make(map[string]float64)
	for _, s := range got["gatefold_poll_cause"].samples {
		causes[s.labels["account"]] += s.value
	}
	for _, account := range []string{"home", "office"} {
		if holds[account] != 1 || causes[account] != 1 {
			t.Fatalf("%v verdicts and %v causes hold on %s", holds[account], causes[account], account)
		}
	}
	if n := len(got["gatefold_rules_info"].samples); n > 1 {
		t.Fatalf("%d rulesets in force", n)
	}
	if n := len(got["gatefold_playing_info"].samples); n > 1 {
		t.Fatalf("%d devices play on home", n)
	}
}

func TestALookAllocatesNothing(t *testing.T) {
	m, _ := daemon(t)
	callAll(m)
	look := func() {
		m.Looked("home", "unreachable", 80*time.Millisecond, noon)
		m.Looked("home", "ok", 80*time.Millisecond, noon)
		m.PollInterval("home", time.Second)
		m.PollCause("home", "denied")
		m.WorstDetection("home", time.Second)
		m.Resumed("home", time.Second)
		m.Blind("home", "")
		m.Verdict("home", "deny")
		m.Playing("home", "Bob's Laptop", "Computer", true)
		m.UnauthorizedSeconds("home", 1)
		m.Paused("home", "paused")
		m.Reaction(time.Millisecond)
		m.RuleEvaluated(time.Microsecond)
		m.OutboxWaiting("home", 1)
	}
	look()
	if n := testing.AllocsPerRun(100, look); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Observations of every magnitude: both kinds of buckets are there, and the
// native ones stay bounded.
func TestHistogramsAreNativeAndBounded(t *testing.T) {
	m, reg := daemon(t)
	observed := 0
	for d := time.Duration(1); d < math.MaxInt64/3; d = d + d/20 + 1 {
		m.Reaction(d)
		observed++
	}
	gathered, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, mf := range gathered {
		if mf.GetName() != "gatefold_reaction_seconds" {
			continue
		}
		h := mf.GetMetric()[0].GetHistogram()
		native := 0
		for _, span := range h.GetPositiveSpan() {
			native += int(span.GetLength())
		}
		if native < 20 || native > 2*160 { // gaps of up to two buckets are filled in the encoding
			t.Errorf("%d native buckets", native)
		}
		if len(h.GetBucket()) != len(reactionBuckets()) || h.GetSampleCount() != uint64(observed) {
			t.Errorf("%d classic buckets, %d of %d observations", len(h.GetBucket()), h.GetSampleCount(), observed)
		}
		return
	}
	t.Fatal("no gatefold_reaction_seconds")
}

func BenchmarkLooked(b *testing.B) {
	m, _ := daemon(b)
	for b.Loop() {
		m.Looked("home", "ok", 80*time.Millisecond, noon)
	}
}
