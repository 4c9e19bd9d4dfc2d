package metrics

import (
	"fmt"
	"strings"
	"testing"
)

func TestOnlyTheRulesetInForceHasSeries(t *testing.T) {
	m, reg := daemon(t)
	m.RuleError("home.star") // before there are any rules
	m.ReloadSucceeded("aaa", []string{"home.star", "10-party.star", "home.star"}, noon)
	m.RuleError("home.star")
	m.RuleError("10-party.star")
	want(t, series(t, reg), map[string]float64{
		`gatefold_rules_info{hash="aaa"}`:                  1,
		`gatefold_rule_errors_total{file="home.star"}`:     1,
		`gatefold_rule_errors_total{file="10-party.star"}`: 1,
		`gatefold_rule_errors_total{file="other"}`:         1,
		`gatefold_rules_last_reload_successful`:            1,
	})

	m.ReloadFailed()
	got := series(t, reg)
	want(t, got, map[string]float64{
		`gatefold_rules_info{hash="aaa"}`:                      1, // it stays in force
		`gatefold_rules_last_reload_successful`:                0,
		`gatefold_rules_last_reload_success_timestamp_seconds`: 1_790_000_000,
	})

	m.ReloadSucceeded("bbb", []string{"home.star", "lib/devices.star"}, noon.Add(1500e6))
	m.RuleError("10-party.star") // a turn that began before
	got = series(t, reg)
	absent(t, got, "10-party.star", "aaa")
	want(t, got, map[string]float64{
		`gatefold_rules_info{hash="bbb"}`:                      1,
		`gatefold_rule_errors_total{file="home.star"}`:         1, // kept: it stayed
		`gatefold_rule_errors_total{file="lib/devices.star"}`:  0,
		`gatefold_rule_errors_total{file="other"}`:             2,
		`gatefold_rules_last_reload_successful`:                1,
		`gatefold_rules_last_reload_success_timestamp_seconds`: 1_790_000_001.5,
	})
}

func TestRulesThatWereKeptAreNoSuccessfulReload(t *testing.T) {
	m, reg := daemon(t)
	m.ReloadFailed()
	m.Rules("old", []string{"home.star"})
	want(t, series(t, reg), map[string]float64{
		`gatefold_rules_info{hash="old"}`:                      1,
		`gatefold_rule_errors_total{file="home.star"}`:         0,
		`gatefold_rules_last_reload_successful`:                0,
		`gatefold_rules_last_reload_success_timestamp_seconds`: 0,
	})
	m.Rules("", nil)
	absent(t, series(t, reg), "gatefold_rules_info", "home.star")
}

func TestRuleFilesAreBounded(t *testing.T) {
	m, reg := daemon(t)
	for generation := range 3 { // a new hundred and fifty each time
		var files []string
		for i := range 150 {
			files = append(files, fmt.Sprintf("%d-%03d.star", generation, i))
		}
		files = append(files, "z\xff\n"+strings.Repeat("ü", 300), "")
		m.ReloadSucceeded(fmt.Sprint("\xff", generation), files, noon)
		for _, file := range files {
			m.RuleError(file)
		}
		f := scrape(t, reg)["gatefold_rule_errors_total"]
		if len(f.samples) != maxFiles+1 {
			t.Fatalf("%d series, want %d and other", len(f.samples), maxFiles)
		}
		if n := len(scrape(t, reg)["gatefold_rules_info"].samples); n != 1 {
			t.Fatalf("%d rulesets in force", n)
		}
	}
	want(t, series(t, reg), map[string]float64{
		`gatefold_rule_errors_total{file="unnamed"}`:    3, // it stayed
		`gatefold_rule_errors_total{file="2-098.star"}`: 1,
		`gatefold_rule_errors_total{file="other"}`:      3 * 52,
	})
}

func TestRuleFileNamesAreCleaned(t *testing.T) {
	m, reg := daemon(t)
	long := strings.Repeat("x", 200)
	m.Rules("h", []string{"a\nb.star", "\xff.star", long + "1", long + "2"})
	for _, file := range []string{"a\nb.star", "\xff.star", long + "1", long + "2"} {
		m.RuleError(file)
	}
	want(t, series(t, reg), map[string]float64{
		"gatefold_rule_errors_total{file=\"a\ufffdb.star\"}":                  1,
		"gatefold_rule_errors_total{file=\"\ufffd.star\"}":                    1,
		`gatefold_rule_errors_total{file="` + strings.Repeat("x", 63) + `…"}`: 2,
	})
}
