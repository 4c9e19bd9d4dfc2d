package engine

import (
	"strings"
	"testing"
	"time"
)

// The only clock that a rule can see is the event's, and so is the zone.
func TestTheEventIsTheClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	set := rules(t, `
def on_playback(now):
	log(time.now() == now.time, time.now().hour, time.from_timestamp(0).hour, time.from_timestamp(1, 5).nanosecond)
	publish("x")
def on_x(e):
	log(time.now() == e.time)
`)
	for zone, want := range map[*time.Location]string{berlin: "True 14 1 5", time.UTC: "True 12 0 5"} {
		ev := playback(bob)
		ev.Time = time.Date(2020, 7, 1, 12, 0, 0, 0, time.UTC).In(zone)
		d := set.Evaluate(t.Context(), ev, Facts{}, nil)
		if d.Err != nil {
			t.Fatal(d.Err)
		}
		equals(t, zone.String(), logs(d), want, "True")
	}
	for _, call := range []string{"t.now(1)", "t.from_timestamp()", "t.from_timestamp('x')"} {
		if d := decide(t, "def on_playback(now):\n\tfor t in [time]:\n\t\t"+call); d.Err == nil {
			t.Errorf("%s is taken", call)
		}
	}
}

func TestJSONIsBounded(t *testing.T) {
	for _, c := range []struct{ call, want string }{
		{`json.decode('{"a": [1, 2.5, "x]", null, true]}')`, `{"a": [1, 2.5, "x]", None, True]}`},
		{`json.decode("[" * 64 + "]" * 64) != None`, "True"},
		{`json.decode("[" * 65 + "]" * 65)`, "error: json.decode: input is nested deeper than 64"},
		{`json.decode("{\"a\":" * 65)`, "error: json.decode: input is nested deeper than 64"},
		{`json.decode("[" + "[]," * 100 + "1]")[100]`, "1"},
		{`json.decode('"' + "[" * 100 + '\\"' + '"')`, strings.Repeat("[", 100) + `"`},
		{`len(json.decode('"' + "x" * ((64 << 10) - 2) + '"'))`, "65534"},
		{`json.decode('"' + "x" * ((64 << 10) - 1) + '"')`, "error: json.decode: input is larger than 64 KiB"},
		{`json.decode("]" * 100 + "[" * 200)`, "error: json.decode: "},
		{`json.decode('{"a')`, "error: json.decode: input ends inside a string"},
		{`json.decode("nope", default = 3)`, "3"},
		{`json.decode(3)`, "error: json.decode: "},
		{`json.decode()`, "error: decode: missing argument for x"},
		{`json.indent("[1]").replace("\n", "|").replace("\t", "")`, "[|1|]"},
		{`json.indent("[" * 65)`, "error: json.indent: input is nested deeper than 64"},
		{`json.encode({"a": (1, 2)})`, `{"a":[1,2]}`},
		{`struct(a = 1) == struct(a = 1)`, "True"},
		{`set([1, 1])`, "set([1])"},
		{`math.floor(1.5)`, "1"},
	} {
		unvetted := strings.ReplaceAll(c.call, "json.", "j.")
		d := decide(t, "def on_playback(now):\n\tfor j in [json]:\n\t\tlog("+unvetted+")")
		if text, fails := strings.CutPrefix(c.want, "error: "); fails {
			if d.Err == nil || !strings.Contains(d.Err.Error(), text) {
				t.Errorf("%.60s: got %v, want %s", c.call, d.Err, text)
			}
			continue
		}
		if d.Err != nil {
			t.Errorf("%.60s: %v", c.call, d.Err)
			continue
		}
		equal(t, c.call, d.Logs[0].Text, c.want)
	}
}
