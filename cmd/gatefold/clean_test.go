package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// What a terminal could obey is escaped, and a program reads the same.
func TestPrintJSON(t *testing.T) {
	const name = "Bob\u202e\u009b31m\u200b\U000e0041 <é> \"x\"\x7f\n"
	for _, indent := range []string{"", "  "} {
		var b strings.Builder
		if err := printJSON(&b, map[string]string{"name": name}, indent); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		if got := strings.Map(func(r rune) rune {
			if strings.ContainsRune("\u202e\u009b\u200b\U000e0041\x7f", r) {
				return -1
			}
			return r
		}, out); got != out || !strings.Contains(out, "é") {
			t.Errorf("%q", out)
		}
		var back map[string]string
		if err := json.Unmarshal([]byte(out), &back); err != nil || back["name"] != name {
			t.Errorf("%q, %v", back["name"], err)
		}
	}
}
