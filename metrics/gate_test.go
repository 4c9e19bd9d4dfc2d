package metrics

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestWaitIsCountedDownAtTheScrape(t *testing.T) {
	now := noon
	reg := prometheus.NewPedanticRegistry()
	m, err := New(reg, Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	m.RateLimitWait(noon.Add(40 * time.Second))
	for _, step := range []struct{ passed, left time.Duration }{
		{0, 40 * time.Second},
		{39500 * time.Millisecond, 500 * time.Millisecond},
		{40 * time.Second, 0},
		{time.Hour, 0},
	} {
		now = noon.Add(step.passed)
		want(t, series(t, reg), map[string]float64{`gatefold_rate_limit_wait_seconds`: step.left.Seconds()})
	}
	m.RateLimitWait(now.Add(49861 * time.Second))
	want(t, series(t, reg), map[string]float64{`gatefold_rate_limit_wait_seconds`: 49861})
	m.RateLimitWait(time.Time{})
	want(t, series(t, reg), map[string]float64{`gatefold_rate_limit_wait_seconds`: 0})
}

func TestBudgetIsAskedForOncePerScrape(t *testing.T) {
	m, reg := daemon(t)
	absent(t, series(t, reg), "gatefold_budget_remaining")

	asked := 0
	m.BudgetSource(func() (int, int) { asked++; return asked, 6000 - asked })
	for i := 1; i <= 3; i++ {
		want(t, series(t, reg), map[string]float64{
			`gatefold_budget_remaining{window="30s"}`: float64(i),
			`gatefold_budget_remaining{window="24h"}`: float64(6000 - i),
		})
	}
	m.BudgetSource(nil)
	absent(t, series(t, reg), "gatefold_budget_remaining")
}

func TestBudgetLimitsFollowWhatIsInForce(t *testing.T) {
	m, reg := daemon(t)
	absent(t, series(t, reg), "gatefold_budget_limit")
	perDay := 6000
	m.BudgetLimitSource(func() (int, int) { return 8, perDay })
	for _, perDay = range []int{6000, 1200} { // discovered
		want(t, series(t, reg), map[string]float64{
			`gatefold_budget_limit{window="30s"}`: 8,
			`gatefold_budget_limit{window="24h"}`: float64(perDay),
		})
	}
	m.BudgetLimitSource(nil)
	absent(t, series(t, reg), "gatefold_budget_limit")
}

func TestOutboxIsSummedOverAccounts(t *testing.T) {
	m, reg := daemon(t)
	m.OutboxWaiting("home", 3)
	m.OutboxWaiting("office", 4)
	m.OutboxWaiting("home", 1)
	want(t, series(t, reg), map[string]float64{`gatefold_outbox_waiting`: 5})
}
