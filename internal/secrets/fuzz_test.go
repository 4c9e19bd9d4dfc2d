package secrets

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzDecodePayload(f *testing.F) {
	f.Add(tokenName, encodePayload(tokenName, []byte(token)))
	f.Add("A", encodePayload("B", []byte{0}))
	f.Add("", []byte(payloadHead))
	f.Add("A", []byte(payloadHead+"A\n"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		value, err := decodePayload(name, data)
		if err == nil && ValidName(name) == nil && !bytes.Equal(encodePayload(name, value), data) {
			t.Errorf("%q is not what would be written", data)
		}
		if ValidName(name) != nil || len(data) == 0 || len(data) > MaxValue {
			return
		}
		got, err := decodePayload(name, encodePayload(name, data))
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("a value does not come back: %v", err)
		}
		if _, err := decodePayload(name+"X", encodePayload(name, data)); err == nil {
			t.Error("taken for another name's")
		}
	})
}

func FuzzDecodeObject(f *testing.F) {
	f.Add(`{"SLACK_BOT_TOKEN":"eA=="}`)
	f.Add(`{"SLACK_BOT_TOKEN":"` + token + `"}`)
	f.Add(`{"a":{"b":["c"]}}`)
	f.Add(`null`)
	f.Add(token)
	f.Fuzz(func(t *testing.T, text string) {
		o, err := decodeObject(homeARN, &text)
		if err != nil {
			if want := badObject(homeARN, "is not a JSON object of texts"); err.Error() != want.Error() {
				t.Errorf("the error says more than it should: %q", err)
			}
			return
		}
		for _, name := range o.names() {
			if _, err := o.get(homeARN, name); err != nil && strings.Contains(err.Error(), token) {
				t.Errorf("%q shows the value", err)
			}
		}
		o.put(tokenName, NewValue([]byte(token)))
		out, err := o.encode(homeARN)
		if err != nil {
			return // too large by now
		}
		again, err := decodeObject(homeARN, &out)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := again.get(homeARN, tokenName); err != nil || string(v.Reveal()) != token || len(again) != len(o) {
			t.Errorf("%q does not come back: %v", out, err)
		}
	})
}

// A key file may be written by hand: whatever it holds, its errors show nothing of it.
func FuzzParseKeys(f *testing.F) {
	f.Add("AGE-SECRET-KEY-1QQQQ")
	f.Add("# comment\n\n" + token)
	f.Fuzz(func(t *testing.T, text string) {
		_, err := parseKeys("key", []byte(text))
		if line := strings.TrimSpace(text); err != nil && len(line) > 30 && strings.Contains(err.Error(), line) {
			t.Errorf("%q shows what is in the file", err)
		}
	})
}
