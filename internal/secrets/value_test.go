package secrets

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestValueIsShownOnPurposeOnly(t *testing.T) {
	t.Parallel()
	v := NewValue([]byte(token))
	inside := struct {
		Exported Value
		hidden   Value
		pointer  *Value
	}{v, v, &v}
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%t", "%U", "%e", "% x", "%20s", "%-5.3s"} {
		shown = append(shown, fmt.Sprintf(verb, v), fmt.Sprintf(verb, &v), fmt.Sprintf(verb, inside), fmt.Sprintf(verb, []Value{v}))
		if got := fmt.Sprintf(verb, v); got != redacted {
			t.Errorf("%s gives %q", verb, got)
		}
	}
	type named struct{ V Value }
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, xml.Marshal} {
		data, err := marshal(named{v})
		if err != nil || !strings.Contains(string(data), redacted) {
			t.Errorf("%s, %v", data, err)
		}
		shown = append(shown, string(data))
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v, "inside", inside)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v, "inside", inside)
	if n := strings.Count(log.String(), redacted); n < 3 {
		t.Errorf("the log shows %d redacted values: %s", n, &log)
	}
	shown = append(shown, log.String(), v.String(), v.GoString(), fmt.Sprint(v), fmt.Sprintln(inside))
	for _, s := range shown {
		if strings.Contains(s, token) || strings.Contains(strings.ToLower(s), fmt.Sprintf("%x", token)) || strings.Contains(s, fmt.Sprint([]byte(token))) {
			t.Errorf("the value is shown in %q", s)
		}
	}
}

func TestValueIsACopy(t *testing.T) {
	t.Parallel()
	b := []byte(token)
	v := NewValue(b)
	b[0] = '?'
	v.Reveal()[1] = '?'
	if string(v.Reveal()) != token {
		t.Error("the value has changed from outside")
	}
	if (Value{}).Reveal() != nil {
		t.Error("the zero value reveals something")
	}
}
