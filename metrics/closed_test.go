package metrics

import (
	"math"
	"testing"
	"time"
)

func TestUnknownValuesMakeNoSeries(t *testing.T) {
	m, reg := daemon(t)
	callAll(m)
	before := series(t, reg)
	for _, odd := range []string{"", "other", "OK", "ok ", "\xff\x00", "denied", `"} evil 1`} {
		m.Looked("home", odd, time.Second, noon.Add(time.Hour))
		m.RateLimited("home", odd)
		m.Verdict("home", odd)
		m.Paused("home", odd)
		m.PollCause("home", odd)
		m.Alert(odd)
		m.Pressed(odd)
		m.TokenRefreshed("home", odd)
		m.RuleError(odd)
		if odd != "" { // "" is sight
			m.Blind("home", odd)
		}
	}
	after := series(t, reg)
	for key := range after {
		if _, ok := before[key]; !ok {
			t.Errorf("a new series: %s", key)
		}
	}
	want(t, after, map[string]float64{
		`gatefold_poll_duration_seconds{account="home",outcome="malformed"}`: 7,
		`gatefold_poll_duration_seconds{account="home",outcome="ok"}`:        1,
		`gatefold_last_look_timestamp_seconds{account="home"}`:               1_790_000_000, // no good look
		`gatefold_rate_limit_hits_total{account="home",kind="rate"}`:         7,
		`gatefold_verdict{account="home",verdict="unknown"}`:                 1,
		`gatefold_verdict{account="home",verdict="deny"}`:                    0,
		`gatefold_pauses_total{account="home",outcome="failed"}`:             7,
		`gatefold_poll_cause{account="home",cause="idle"}`:                   1,
		`gatefold_poll_cause{account="home",cause="denied"}`:                 0,
		`gatefold_alerts_total{outcome="failed"}`:                            7,
		`gatefold_token_refreshes_total{account="home",outcome="failed"}`:    7,
		`gatefold_rule_errors_total{file="other"}`:                           7,
		`gatefold_blind{account="home",kind="malformed"}`:                    1,
		`gatefold_blind{account="home",kind="quota"}`:                        0,
	})
}

func TestUnknownAccountIsDroppedAndCounted(t *testing.T) {
	m, reg := daemon(t)
	before := series(t, reg)
	for _, account := range []string{"", "nobody", "\xff", "HOME"} {
		m.Looked(account, "ok", time.Second, noon)
		m.PollInterval(account, time.Second)
		m.PollCause(account, "denied")
		m.WorstDetection(account, time.Second)
		m.Resumed(account, time.Second)
		m.Fault(account, "rules", true)
		m.Blind(account, "quota")
		m.Blind(account, "")
		m.RateLimited(account, "rate")
		m.Verdict(account, "allow")
		m.Playing(account, "Kitchen", "speaker", true)
		m.UnauthorizedSeconds(account, 1)
		m.Paused(account, "paused")
		m.OutboxWaiting(account, 3)
		m.TokenRefreshed(account, "ok")
	}
	before["gatefold_metrics_dropped_total"] = 60
	after := series(t, reg)
	want(t, after, before)
	if len(after) != len(before) {
		t.Errorf("%d series, before there were %d", len(after), len(before))
	}
}

func TestDeferredLookIsNoLook(t *testing.T) {
	m, reg := daemon(t)
	before := series(t, reg)
	m.Looked("home", "deferred", 0, noon)
	want(t, series(t, reg), before)
}

// A counter that is told to fall panics in the client library, and one that once
// was NaN or infinite stays it.
func TestOddNumbers(t *testing.T) {
	m, reg := daemon(t)
	for _, odd := range []float64{-1, 0, math.NaN(), math.Inf(1), math.Inf(-1)} {
		m.UnauthorizedSeconds("home", odd)
	}
	m.UnauthorizedSeconds("home", 1.5)
	m.Looked("home", "ok", -time.Hour, time.Time{})
	m.Reaction(-1)
	m.RuleEvaluated(math.MaxInt64)
	m.PollInterval("home", -time.Second)
	m.OutboxWaiting("home", -3)
	m.WorstDetection("home", -time.Second)
	m.Resumed("home", math.MinInt64)
	m.BudgetSource(func() (int, int) { return -1, math.MinInt })
	m.BudgetLimitSource(func() (int, int) { return 0, -1 })
	m.RateLimitWait(time.Time{})
	want(t, series(t, reg), map[string]float64{
		`gatefold_unauthorized_seconds_total{account="home"}`:         1.5,
		`gatefold_poll_duration_seconds{account="home",outcome="ok"}`: 1,
		`gatefold_last_look_timestamp_seconds{account="home"}`:        0,
		`gatefold_reaction_seconds`:                                   1,
		`gatefold_rule_evaluation_seconds`:                            1,
		`gatefold_poll_interval_seconds{account="home"}`:              0,
		`gatefold_detection_worst_seconds{account="home"}`:            0,
		`gatefold_resumed_seconds{account="home"}`:                    1,
		`gatefold_budget_limit{window="24h"}`:                         0,
		`gatefold_outbox_waiting`:                                     0,
		`gatefold_budget_remaining{window="30s"}`:                     0,
		`gatefold_budget_remaining{window="24h"}`:                     0,
		`gatefold_rate_limit_wait_seconds`:                            0,
	})
}
