package engine

import (
	"encoding/json"
	"testing"
)

func TestWithRuleKeys(t *testing.T) {
	entry := func(text string) Entry { return Entry{Value: json.RawMessage(text)} }
	real := State{"party": entry("1"), reservedHold: entry("2")}
	shadow := State{"party": entry("3"), "guests": entry("4"), reservedHold: entry("5"), reservedEnforce: entry("6")}
	got := real.WithRuleKeys(shadow)
	if len(got) != 3 || string(got["party"].Value) != "3" || string(got["guests"].Value) != "4" || string(got[reservedHold].Value) != "2" {
		t.Errorf("%v", got)
	}
	if len(real) != 2 || len(shadow) != 4 {
		t.Error("one of them was changed")
	}
}
