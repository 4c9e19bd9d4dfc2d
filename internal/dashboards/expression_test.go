package dashboards

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	selector = regexp.MustCompile(`(gatefold_\w+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"`)
	grouping = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	// What has names in it that are no metrics.
	aside = regexp.MustCompile(`"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b[0-9][0-9.e]*\b`)
	word  = regexp.MustCompile(`[a-zA-Z_]\w*\s*\(?`)
)

// operators are the words of PromQL that are neither functions nor names.
func operators() []string { return []string{"and", "or", "unless", "bool"} }

// problems says what in an expression is not exported by gatefold; used gets the metrics that it uses. selected is
// what every selector has to say about the account, if the metric has one ("" nothing).
func problems(all map[string]exported, expr, selected string, used map[string]bool, also ...string) (out []string) {
	for _, sel := range selector.FindAllStringSubmatch(expr, -1) {
		name, m, ok := find(all, sel[1])
		if !ok {
			continue // found among the words below
		}
		used[name] = true
		_, has := m.labels["account"]
		if says := strings.Contains(sel[2], "account"); has && (says && selected == "" || !strings.Contains(sel[2], selected)) {
			out = append(out, fmt.Sprintf("%s{%s}: want %q for the account", sel[1], sel[2], selected))
		}
		for _, match := range matcher.FindAllStringSubmatch(sel[2], -1) {
			values, ok := m.labels[match[1]]
			if !ok {
				out = append(out, fmt.Sprintf("%s has no label %s", name, match[1]))
			}
			for value := range strings.SplitSeq(match[2], "|") {
				if len(values) > 0 && !slices.Contains(values, value) {
					out = append(out, fmt.Sprintf("%s has no %s=%q", name, match[1], value))
				}
			}
		}
	}
	for _, group := range grouping.FindAllStringSubmatch(expr, -1) {
		for label := range strings.SplitSeq(group[1], ",") {
			if label = strings.TrimSpace(label); label != "" && !labelled(all, label) {
				out = append(out, fmt.Sprintf("nothing has the label %s", label))
			}
		}
	}
	for _, w := range word.FindAllString(grouping.ReplaceAllString(aside.ReplaceAllString(expr, " "), " "), -1) {
		if strings.HasSuffix(w, "(") {
			w = strings.TrimSpace(strings.TrimSuffix(w, "("))
			if !slices.Contains(operators(), w) && !strings.HasPrefix(w, "gatefold_") {
				continue // a function
			}
		}
		w = strings.TrimSpace(w)
		if _, _, ok := find(all, w); !ok && !slices.Contains(operators(), w) && !slices.Contains(also, w) {
			out = append(out, fmt.Sprintf("gatefold exports no %s", w))
		}
	}
	return out
}

func TestProblemsAreFound(t *testing.T) {
	all := everything(t)
	const mine = `account=~"$account"`
	for expr, says := range map[string]string{
		`sum by (account) (gatefold_verdict{account=~"$account",verdict="deny"} or 2 * gatefold_blind{account=~"$account"})`: "",
		`histogram_quantile(0.99, sum by (le) (rate(gatefold_reaction_seconds_bucket[1h]))) > 1e-9`:                          "",
		`gatefold_enforcing{account=~"$account"} * on (job) up`:                                                              "no up",
		`gatefold_verdicts`:                                                       "no gatefold_verdicts",
		`gatefold_enforcing_count{account=~"$account"}`:                           "no gatefold_enforcing_count",
		`rate(other_total[5m])`:                                                   "no other_total",
		`gatefold_verdict{account=~"$account",verdict="denied"}`:                  `no verdict="denied"`,
		`gatefold_verdict{account=~"$account",kind="deny"}`:                       "no label kind",
		`gatefold_verdict{verdict="deny"}`:                                        "for the account",
		`gatefold_enforcing`:                                                      "for the account",
		`gatefold_pauses_total{account=~"$account",outcome=~"gone|went"}`:         `no outcome="went"`,
		`sum by (who) (gatefold_enforcing{account=~"$account"})`:                  "nothing has the label who",
		`gatefold_outbox_waiting or (gatefold_light or gatefold_light_connected)`: "no gatefold_light",
	} {
		got := strings.Join(problems(all, expr, mine, map[string]bool{}), "; ")
		if says == "" && got != "" || !strings.Contains(got, says) {
			t.Errorf("%s: %q, want %q", expr, got, says)
		}
	}
	if got := problems(all, `gatefold_verdict{account="home"} > up`, "", map[string]bool{}, "up"); len(got) != 1 {
		t.Errorf("an alert may not choose accounts: %q", got)
	}
}
