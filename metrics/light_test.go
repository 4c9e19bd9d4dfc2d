package metrics

import (
	"fmt"
	"testing"
)

// One state of a light holds, and what rules name takes a bounded number of series.
func TestLightState(t *testing.T) {
	m, reg := daemon(t)
	m.LightState("door", "busy")
	m.LightState("door", "absent")
	m.LightState("default", "on fire") // a word that is not known is for the worse
	for i := range 20 {
		m.LightState(fmt.Sprintf("3000%04d", i), "connected")
	}
	m.LightState("30009999", "other")
	got := series(t, reg)
	lights := map[string]bool{}
	for name, f := range scrape(t, reg) {
		if name != "gatefold_light_state" {
			continue
		}
		for _, s := range f.samples {
			lights[s.labels["light"]] = true
		}
	}
	if len(lights) != 2+strangers+1 || !lights["30000007"] || lights["30000008"] || !lights["other"] {
		t.Errorf("series of %v", lights)
	}
	want(t, got, map[string]float64{
		`gatefold_light_state{light="door",state="absent"}`:        1,
		`gatefold_light_state{light="door",state="busy"}`:          0,
		`gatefold_light_state{light="default",state="silent"}`:     1,
		`gatefold_light_state{light="default",state="none"}`:       0,
		`gatefold_light_state{light="30000007",state="connected"}`: 1,
		`gatefold_light_state{light="other",state="other"}`:        1,
	})
}
