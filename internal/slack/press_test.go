package slack

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestReadPressFillsGaps(t *testing.T) {
	const minimal = `{"type":"block_actions","user":{"id":"W0ANN","name":"ann"},"team":{"id":"not one"},
		"container":{"channel_id":"D0ANN","message_ts":"1.2"},"actions":[{"type":"button","value":"v"}]}`
	p, ok := readPress([]byte(minimal))
	if want := (Press{ID: p.ID, User: "W0ANN", UserName: "ann", Channel: "D0ANN", MessageTS: "1.2", Value: "v"}); !ok || p != want {
		t.Errorf("%+v, %v; want %+v", p, ok, want)
	}
}

func TestReadPressRefuses(t *testing.T) {
	good := pressPayload("v", "1.5")
	if _, ok := readPress([]byte(good)); !ok {
		t.Fatal("a good press is refused")
	}
	for name, payload := range map[string]string{
		"nothing":       "",
		"null":          "null",
		"list":          "[]",
		"cut off":       good[:len(good)-1],
		"other type":    strings.Replace(good, "block_actions", "view_submission", 1),
		"no action":     `{"type":"block_actions","user":{"id":"U0ANN"},"channel":{"id":"C1"},"message":{"ts":"1.2"},"actions":[]}`,
		"menu":          strings.Replace(good, `"type":"button"`, `"type":"overflow"`, 1),
		"no value":      strings.Replace(good, `"value":"v"`, `"value":""`, 1),
		"value no text": strings.Replace(good, `"value":"v"`, `"value":{"a":1}`, 1),
		"long value":    strings.Replace(good, `"value":"v"`, `"value":"`+strings.Repeat("x", maxValue+1)+`"`, 1),
		"no user":       strings.Replace(good, `"id":"U0ANN"`, `"id":""`, 1),
		"odd user":      strings.Replace(good, `"id":"U0ANN"`, `"id":"U0ANN> <!channel"`, 1),
		"a bot":         strings.Replace(good, `"id":"U0ANN"`, `"id":"B0ANN"`, 1),
		"no message":    strings.ReplaceAll(good, `1700000000.000001`, ``),
		"odd message":   strings.ReplaceAll(good, `1700000000.000001`, `now`),
	} {
		if p, ok := readPress([]byte(payload)); ok {
			t.Errorf("%s: taken as %+v", name, p)
		}
	}
}

// The id is of the press: what else is in the payload, a new trigger too, does not change it, and all that makes it
// another press does.
func TestPressID(t *testing.T) {
	good := pressPayload("v", "1700000001.5")
	id := func(payload string) string {
		p, ok := readPress([]byte(payload))
		if !ok {
			t.Fatalf("refused: %s", payload)
		}
		return p.ID
	}
	for name, same := range map[string]string{
		"itself":       good,
		"new trigger":  strings.Replace(good, `"trigger_id":"`, `"trigger_id":"x`, 1),
		"new name":     strings.ReplaceAll(good, `"ann"`, `"anne"`),
		"new response": strings.Replace(good, "secret-url", "other-url", 1),
	} {
		if id(same) != id(good) {
			t.Errorf("%s: another press", name)
		}
	}
	for name, other := range map[string]string{
		"a second later":  pressPayload("v", "1700000002.5"),
		"another value":   pressPayload("w", "1700000001.5"),
		"another user":    strings.Replace(good, "U0ANN", "U0BOB", 1),
		"another channel": strings.ReplaceAll(good, "C0MUSIC", "C0OTHER"),
		"another message": strings.ReplaceAll(good, "1700000000.000001", "1700000000.000002"),
		"another button":  strings.Replace(good, "gatefold_X_0", "gatefold_X_1", 1),
	} {
		if id(other) == id(good) {
			t.Errorf("%s: the same press", name)
		}
	}
	plain := strings.Replace(good, `"action_ts":"1700000001.5"`, `"action_ts":""`, 1)
	if id(plain) == id(strings.Replace(plain, `"trigger_id":"`, `"trigger_id":"x`, 1)) {
		t.Error("without a time, the trigger tells presses apart")
	}
}

func FuzzPress(f *testing.F) {
	f.Add([]byte(pressPayload("v", "1.5")))
	f.Add([]byte(`{"type":"block_actions","user":7,"actions":[{"type":"button","text":"x"}]}`))
	f.Add([]byte(`{"type":"block_actions","actions":[null]}`))
	f.Add([]byte(envelope("e1", "v", "1.5")))
	f.Add([]byte(`{"type":"disconnect","reason":5}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if frame, ok := readFrame(data); ok {
			if err := disconnected(frame.Reason); err == nil || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("disconnected: %v", err)
			}
			data = append(data, frame.Payload...)
			check(t, frame.Payload)
		}
		check(t, data)
	})
}

// check asserts what holds for every press, whatever Slack or who pretends to be it sent.
func check(t *testing.T, payload []byte) {
	p, ok := readPress(payload)
	if !ok {
		return
	}
	if !validUser(p.User) || !p.Receipt().valid() || len(p.ID) != 32 || p.Value == "" || !utf8.ValidString(p.Value) {
		t.Fatalf("press %+v", p)
	}
	for _, s := range []string{p.UserName, p.Label, p.Team} {
		if utf8.RuneCountInString(s) > maxName || strings.ContainsFunc(s, unicode.IsControl) {
			t.Fatalf("press %+v", p)
		}
	}
}
