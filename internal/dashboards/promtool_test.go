//go:build prometheus

package dashboards

import (
	"os/exec"
	"testing"
)

func TestPromtool(t *testing.T) {
	for _, args := range [][]string{
		{"check", "rules", "gatefold.rules.yaml"},
		{"test", "rules", "gatefold.test.yaml"},
		{"check", "config", "prometheus.yml"},
	} {
		c := exec.CommandContext(t.Context(), "promtool", args...)
		c.Dir = "../../metrics/prometheus"
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
			continue
		}
		t.Logf("promtool %v\n%s", args, out)
	}
}
