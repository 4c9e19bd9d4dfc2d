package metrics

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestEverySeriesOfAClosedSetIsThereFromTheStart(t *testing.T) {
	_, reg := daemon(t)
	got := series(t, reg)
	sets := map[string][]string{
		`gatefold_poll_duration_seconds{account="%a",outcome="%v"}`:      {"ok", "rate_limited", "quota", "unauthorized", "forbidden", "unreachable", "malformed"},
		`gatefold_rate_limit_hits_total{account="%a",kind="%v"}`:         {"rate", "quota"},
		`gatefold_blind{account="%a",kind="%v"}`:                         {"rate_limited", "quota", "unauthorized", "forbidden", "unreachable", "malformed"},
		`gatefold_verdict{account="%a",verdict="%v"}`:                    {"allow", "deny", "idle"},
		`gatefold_pauses_total{account="%a",outcome="%v"}`:               {"paused", "already", "restricted", "gone", "premium", "failed"},
		`gatefold_token_refreshes_total{account="%a",outcome="%v"}`:      {"ok", "rotated", "failed"},
		`gatefold_alerts_total{outcome="%v"}`:                            {"sent", "throttled", "failed", "expired"},
		`gatefold_last_look_timestamp_seconds{account="%a"}`:             {""},
		`gatefold_enforcing{account="%a"}`:                               {""},
		`gatefold_held{account="%a"}`:                                    {""},
		`gatefold_authorization_expires_timestamp_seconds{account="%a"}`: {""},
		`gatefold_fault{account="%a",kind="%v"}`:                         {"journal", "rules"},
		`gatefold_poll_interval_seconds{account="%a"}`:                   {""},
		`gatefold_unauthorized_seconds_total{account="%a"}`:              {""},
		`gatefold_detection_worst_seconds{account="%a"}`:                 {""},
		`gatefold_resumed_seconds{account="%a"}`:                         {""},
		`gatefold_poll_cause{account="%a",cause="%v"}`: {"denied", "verify", "changed", "playing", "paused", "idle", "restart", "habit",
			"item_end", "rule", "override", "failure", "budget"},
		`gatefold_rule_errors_total{file="other"}`:                    {""},
		`gatefold_rate_limit_wait_seconds`:                            {""},
		`gatefold_reaction_seconds`:                                   {""},
		`gatefold_outbox_waiting`:                                     {""},
		`gatefold_light_changes_total`:                                {""},
		`gatefold_light_connected`:                                    {""},
		`gatefold_light_state{light="default",state="%v"}`:            {"connected", "absent", "other", "busy", "forbidden", "hidden", "silent", "unsupported"},
		`gatefold_light_state{light="door",state="%v"}`:               {"connected", "absent", "other", "busy", "forbidden", "hidden", "silent", "unsupported"},
		`gatefold_rule_evaluation_seconds`:                            {""},
		`gatefold_rules_last_reload_successful`:                       {""},
		`gatefold_rules_last_reload_success_timestamp_seconds`:        {""},
		`gatefold_rules_waiting`:                                      {""},
		`gatefold_shadow_dropped_total`:                               {""},
		`gatefold_shadow_disagreements_total{account="%a",what="%v"}`: {"verdict", "calls", "error"},
		`gatefold_metrics_dropped_total`:                              {""},
		`gatefold_config_last_reload_successful`:                      {""},
		`gatefold_config_last_reload_success_timestamp_seconds`:       {""},
		`gatefold_rule_worker_restarts_total{reason="%v"}`:            {"memory", "stack", "deadline", "protocol", "killed", "crash"},
		`gatefold_rule_worker_memory_bytes`:                           {""},
	}
	expected := map[string]float64{
		`gatefold_build_info{goversion="go1.26",revision="abcdef",version="1.2.3"}`: 1,
		`gatefold_poll_cause{account="home",cause="start"}`:                         1,
		`gatefold_light_state{light="default",state="none"}`:                        1,
		`gatefold_light_state{light="door",state="none"}`:                           1,
		`gatefold_alive`: 1,
		`gatefold_poll_cause{account="office",cause="start"}`:  1,
		`gatefold_verdict{account="home",verdict="unknown"}`:   1,
		`gatefold_verdict{account="office",verdict="unknown"}`: 1,
	}
	for _, outcome := range []string{"decided", "late", "refused", "unknown", "failed"} {
		expected[`gatefold_presses_total{outcome="`+outcome+`"}`] = 0
	}
	expected["gatefold_slack_connected"], expected["gatefold_slack_refused"] = 0, 0
	for pattern, values := range sets {
		for _, account := range []string{"home", "office"} {
			for _, value := range values {
				expected[strings.NewReplacer("%a", account, "%v", value).Replace(pattern)] = 0
			}
		}
	}
	want(t, got, expected)
	for key := range got {
		if _, ok := expected[key]; !ok {
			t.Errorf("%s is there before anything happened", key)
		}
	}
}

func TestEveryMethodShows(t *testing.T) {
	m, reg := daemon(t)
	methods := make(map[string]bool)
	for i := range reflect.TypeOf(m).NumMethod() {
		methods[reflect.TypeOf(m).Method(i).Name] = true
	}
	all := calls()
	if !slices.Equal(slices.Sorted(maps.Keys(methods)), slices.Sorted(maps.Keys(all))) {
		t.Fatalf("calls() has %v, Metrics has %v", slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(methods)))
	}
	callAll(m) // Rules after RuleError, and after the reloads: in the order of names
	want(t, series(t, reg), map[string]float64{
		`gatefold_presses_total{outcome="late"}`:                                      1,
		`gatefold_slack_refused`:                                                      1,
		`gatefold_slack_connected`:                                                    1,
		`gatefold_poll_duration_seconds{account="home",outcome="ok"}`:                 1,
		`gatefold_last_look_timestamp_seconds{account="home"}`:                        1_790_000_000,
		`gatefold_enforcing{account="home"}`:                                          1,
		`gatefold_held{account="home"}`:                                               1,
		`gatefold_authorization_expires_timestamp_seconds{account="home"}`:            1805638400,
		`gatefold_last_look_timestamp_seconds{account="office"}`:                      0,
		`gatefold_poll_interval_seconds{account="home"}`:                              15,
		`gatefold_poll_cause{account="home",cause="item_end"}`:                        1,
		`gatefold_poll_cause{account="home",cause="start"}`:                           0,
		`gatefold_poll_cause{account="office",cause="start"}`:                         1,
		`gatefold_detection_worst_seconds{account="home"}`:                            17,
		`gatefold_resumed_seconds{account="home"}`:                                    1,
		`gatefold_fault{account="home",kind="journal"}`:                               1,
		`gatefold_fault{account="home",kind="rules"}`:                                 0,
		`gatefold_blind{account="home",kind="quota"}`:                                 1,
		`gatefold_blind{account="home",kind="rate_limited"}`:                          0,
		`gatefold_blind{account="office",kind="quota"}`:                               0,
		`gatefold_rate_limit_hits_total{account="home",kind="quota"}`:                 1,
		`gatefold_rate_limit_hits_total{account="home",kind="rate"}`:                  0,
		`gatefold_rate_limit_wait_seconds`:                                            40,
		`gatefold_budget_remaining{window="30s"}`:                                     7,
		`gatefold_budget_remaining{window="24h"}`:                                     5900,
		`gatefold_budget_limit{window="30s"}`:                                         8,
		`gatefold_budget_limit{window="24h"}`:                                         6000,
		`gatefold_verdict{account="home",verdict="deny"}`:                             1,
		`gatefold_verdict{account="home",verdict="unknown"}`:                          0,
		`gatefold_verdict{account="office",verdict="unknown"}`:                        1,
		`gatefold_playing_info{account="home",device="Bob's Laptop",type="computer"}`: 1,
		`gatefold_unauthorized_seconds_total{account="home"}`:                         2.5,
		`gatefold_pauses_total{account="home",outcome="already"}`:                     1,
		`gatefold_reaction_seconds`:                                                   1,
		`gatefold_alerts_total{outcome="sent"}`:                                       1,
		`gatefold_outbox_waiting`:                                                     2,
		`gatefold_light_changes_total`:                                                1,
		`gatefold_light_connected`:                                                    1,
		`gatefold_rule_evaluation_seconds`:                                            1,
		`gatefold_rule_errors_total{file="home.star"}`:                                1,
		`gatefold_rule_worker_restarts_total{reason="deadline"}`:                      1,
		`gatefold_rule_worker_restarts_total{reason="crash"}`:                         0,
		`gatefold_rule_worker_memory_bytes`:                                           12_000_000,
		`gatefold_rules_info{hash="beef"}`:                                            1,
		`gatefold_rules_last_reload_success_timestamp_seconds`:                        1_790_000_000,
		`gatefold_rules_last_reload_successful`:                                       1,
		`gatefold_token_refreshes_total{account="home",outcome="rotated"}`:            1,
		`gatefold_rules_waiting`:                                                      1,
		`gatefold_shadow_dropped_total`:                                               1,
		`gatefold_shadow_disagreements_total{account="home",what="verdict"}`:          1,
		`gatefold_shadow_disagreements_total{account="home",what="calls"}`:            0,
		`gatefold_metrics_dropped_total`:                                              0,
		`gatefold_config_last_reload_successful`:                                      1,
		`gatefold_config_last_reload_success_timestamp_seconds`:                       1_790_000_000,
	})
	m.ConfigRefused()
	want(t, series(t, reg), map[string]float64{
		`gatefold_config_last_reload_successful`:                0,
		`gatefold_config_last_reload_success_timestamp_seconds`: 1_790_000_000,
	})
}

func TestLint(t *testing.T) {
	m, reg := daemon(t)
	callAll(m)
	problems, err := testutil.GatherAndLint(reg)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestTwoInstancesInOneProcess(t *testing.T) {
	a, regA := daemon(t)
	_, regB := daemon(t)
	a.LightChanged()
	want(t, series(t, regA), map[string]float64{`gatefold_light_changes_total`: 1})
	want(t, series(t, regB), map[string]float64{`gatefold_light_changes_total`: 0})
}

func TestNewRefuses(t *testing.T) {
	now := time.Now
	for name, tc := range map[string]struct {
		o    Options
		says string
	}{
		"no clock":           {Options{Accounts: []string{"home"}}, "no clock"},
		"twice":              {Options{Accounts: []string{"home", "home"}, Now: now}, `"home" is given twice`},
		"no name":            {Options{Accounts: []string{""}, Now: now}, "without a name"},
		"not UTF-8":          {Options{Accounts: []string{"a\xff"}, Now: now}, "not valid UTF-8"},
		"names taken in reg": {Options{Now: now}, "registering the metrics"},
	} {
		t.Run(name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			taken := prometheus.NewGauge(prometheus.GaugeOpts{Name: "gatefold_light_connected", Help: "Somebody else's."})
			reg.MustRegister(taken)
			m, err := New(reg, tc.o)
			if m != nil || err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("New = %v, %v; want an error with %q", m, err, tc.says)
			}
			if got := series(t, reg); len(got) != 1 {
				t.Errorf("something was registered all the same: %v", got)
			}
		})
	}
}

func TestEmptyOptionsAreEnough(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	m, err := New(reg, Options{Now: func() time.Time { return noon }, Version: "\xff\n"})
	if err != nil {
		t.Fatal(err)
	}
	callAll(m) // without accounts, whatever names one is dropped
	got := series(t, reg)
	absent(t, got, "account=")
	want(t, got, map[string]float64{
		"gatefold_build_info{goversion=\"unknown\",revision=\"unknown\",version=\"\ufffd\"}": 1,
		`gatefold_metrics_dropped_total`: 18,
	})
}
