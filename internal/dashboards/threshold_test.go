package dashboards

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// constant is a number, or some that are multiplied.
var constant = regexp.MustCompile(`^[0-9][0-9.]*(?:\s*\*\s*[0-9.]+)*$`)

// withoutThreshold takes its threshold off an alert's expression: the comparison with a constant that it has to end
// with. A comparison binds less than arithmetic and more than and, or, unless: outside of parentheses there may be none
// of those, and no other comparison, or what is left would mean something else.
func withoutThreshold(expr string) (string, error) {
	depth, at, end := 0, -1, -1
	for i := 0; i < len(expr); i++ {
		switch c := expr[i]; {
		case c == '"' || c == '\'' || c == '`':
			length := strings.IndexByte(expr[i+1:], c)
			if length < 0 {
				return "", errors.New("a text does not end")
			}
			i += length + 1
		case strings.IndexByte("({[", c) >= 0:
			depth++
		case strings.IndexByte(")}]", c) >= 0:
			depth--
		case depth > 0:
		case strings.IndexByte("<>=!", c) >= 0:
			if at >= 0 {
				return "", errors.New("it compares twice")
			}
			at = i
			if i+1 < len(expr) && expr[i+1] == '=' {
				i++
			}
			end = i + 1
		}
	}
	if depth != 0 {
		return "", errors.New("its parentheses do not match")
	}
	if at < 0 {
		return "", errors.New("it compares with nothing")
	}
	left, right := strings.TrimSpace(expr[:at]), strings.TrimSpace(expr[end:])
	if !constant.MatchString(right) {
		return "", fmt.Errorf("it does not end in a comparison with a number, but with %q", right)
	}
	if w := set.FindString(outside(left)); w != "" {
		return "", fmt.Errorf("%q stands outside of parentheses", w)
	}
	return left, nil
}

var (
	set    = regexp.MustCompile(`\b(?:and|or|unless)\b`)
	nested = regexp.MustCompile(`\([^(){}\[\]]*\)|\{[^{}]*\}|\[[^\[\]]*\]`)
)

// outside is what of an expression stands in no parentheses, braces or brackets.
func outside(expr string) string {
	for nested.MatchString(expr) {
		expr = nested.ReplaceAllString(expr, " ")
	}
	return expr
}

func TestThresholdsAreTakenOff(t *testing.T) {
	for expr, want := range map[string]string{
		`up{job="gatefold"} < 1`:                           `up{job="gatefold"}`,
		`time() - a > 300`:                                 `time() - a`,
		`(a > 0) - time() < 30 * 86400`:                    `(a > 0) - time()`,
		`(count(up{job=~"x|and > 3"}) or vector(0)) != 1`:  `(count(up{job=~"x|and > 3"}) or vector(0))`,
		`sum without (kind) (increase(a{b!="c"}[1h])) >=3`: `sum without (kind) (increase(a{b!="c"}[1h]))`,
	} {
		if got, err := withoutThreshold(expr); err != nil || got != want {
			t.Errorf("%s: %q, %v", expr, got, err)
		}
	}
	for _, expr := range []string{
		`absent(a)`, `a > b`, `a > 1 > 2`, `a > 1 and b > 2`, `a and b > 2`, `a unless on (x) b > 0`, `a > bool 1`, `1 < a`,
		`(a > 1`, `a > 1 or vector(0)`, `a{b="c} > 1`, ``,
	} {
		if got, err := withoutThreshold(expr); err == nil {
			t.Errorf("%s: %q", expr, got)
		}
	}
}
