package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The YAML trap: a serial without quotes is a number to YAML, and its text counts all the same.
func TestLights(t *testing.T) {
	for content, want := range map[string]Lights{
		`lights: {door: "30001234", desk: "2000ABCD"}`:                 {{"door", "30001234"}, {"desk", "2000abcd"}},
		"lights:\n  door: 30001234\n  desk: 20001e34\n  old: 00001234": {{"door", "30001234"}, {"desk", "20001e34"}, {"old", "00001234"}},
		"lights: {door: 2000abcd, b: 12345678, c: '1a001234'}":         {{"door", "2000abcd"}, {"b", "12345678"}, {"c", "1a001234"}},
		"lights: {}":    nil,
		"lights:":       nil,
		"brightness: 1": nil,
	} {
		c, err := parse("x.yaml", []byte(minimal+content), nil)
		if err != nil || !slices.Equal(c.Lights, want) {
			t.Errorf("%s: %v, %v; want %v", content, c, err, want)
		}
	}
	for content, want := range map[string]string{
		`lights: {door: "3000123"}`:                    `x.yaml:2:16: lights.door: found "3000123"; write the serial of a blink(1), 8 hex digits in quotes`,
		"lights: {door: 0x300012}":                     `lights.door: found "0x300012"`,
		"lights: {door: true}":                         "lights.door: found a truth value",
		"lights: {door: }":                             "lights.door: found no value",
		"lights: [door]":                               "x.yaml:2:9: lights: found a list; write a name and a serial for each",
		`lights: {30001234: "30001234"}`:               "found a number where a key should be",
		`lights: {2000abcd: "30001234"}`:               "x.yaml:2:10: lights.2000abcd: the name is a serial itself",
		`lights: {Door: "30001234"}`:                   `lights.Door: found "Door"; write 1 to 40 of a-z`,
		`lights: {default: "30001234"}`:                "not default",
		`lights: {door: "30001234", door: "2000abcd"}`: "lights.door: given twice (first in line 2)",
		`lights: {door: "3000abcd", desk: "3000ABCD"}`: "lights.desk: is door already, which has the same serial",
		"brightness: 0":                                "brightness: found \"0\"; write a number from 1 to 100",
		"brightness: 101":                              "write a number from 1 to 100",
		"brightness: dim":                              "write a whole number",
	} {
		_, err := parse("x.yaml", []byte(minimal+content), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", content, err, want)
		}
	}
	var many strings.Builder
	for i := range maxLights + 1 {
		many.WriteString("  l" + string(rune('a'+i)) + ": \"300000" + string(rune('a'+i%6)) + string(rune('0'+i/6)) + "\"\n")
	}
	if _, err := parse("x.yaml", []byte(minimal+"lights:\n"+many.String()), nil); err == nil || !strings.Contains(err.Error(), "found 17; at most 16") {
		t.Errorf("too many: %v", err)
	}
}

// A running daemon keeps its lights, says what a restart would change, and takes the brightness at once.
func TestLightsCountFromTheNextStart(t *testing.T) {
	was, now := edited(t, nil, `"30001234", desk: 20001e34`, `"30009999", barn: "20001e34"`, "rules: rules", "rules: rules\nbrightness: 30")
	var got []string
	for _, c := range Changes(was, now) {
		line := strings.ReplaceAll(c.String(), filepath.Dir(was.File)+"/", "")
		if c.Live {
			line = "*" + line
		}
		got = append(got, line)
	}
	want := []string{
		"*gatefold.yaml:2:13: brightness: 100 -> 30", "gatefold.yaml:13:10: lights.door: 30001234 -> 30009999",
		"gatefold.yaml:13:28: lights.barn: none -> 20001e34", "gatefold.yaml:13:1: lights.desk: 20001e34 -> removed",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	if live := was.WithLive(now); live.Brightness != 30 || !slices.Equal(live.Lights, was.Lights) {
		t.Errorf("in force: brightness %d, lights %v", live.Brightness, live.Lights)
	}
}
