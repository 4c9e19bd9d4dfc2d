package timeline

import (
	"strings"
	"testing"
)

// What the header says was kept before is what rules read.
func TestWhatWasKeptBefore(t *testing.T) {
	story, err := Parse("past.timeline", []byte(`
start 2026-03-02T21:00
accounts home work
state key=guest value="\"Bob's Laptop\"" ttl=1m
state key=n value="[1, 2.5, null]" account=work
known key="speaker:Kitchen" id=k for=240h
known key="speaker:Kitchen" id=l for=24h
at 0s playback device.name=Kitchen device.type=speaker device.id=k
	home: allow(reason="Bob's Laptop None True 2 240h0m0s")
	home: blink1.set(color="#00ff00", brightness=20)
	+1m home: allow(reason="None None True 2 240h0m0s")
at 2m playback account=work device.name=Kitchen device.type=speaker device.id=k
	work: allow(reason="None [1, 2.5, None] False 1 0s")
at 2m1s
`))
	if err != nil {
		t.Fatal(err)
	}
	r := mustRun(t, story, Options{Files: rule(`
def on_playback(now):
    d = now.device
    if d == None:
        return
    since = "%dh0m0s" % ((now.time - d.first_seen) // time.hour)
    if since == "0h0m0s":
        since = "0s"
    allow(" ".join([str(x) for x in [state.get("guest"), state.get("n"), d.id_known, d.ids, since]]))
`)})
	if !r.OK() {
		t.Error(r.Diff())
	}
}

func TestWhatCannotHaveBeenKept(t *testing.T) {
	for text, want := range map[string]string{
		"state key=x":                          "1:12: what is kept?",
		"state key=x value=yes":                "1:13: the value is no JSON",
		`state key="\x00hold" value=1`:         "1:7: no rule can read such a key",
		"state key=x value=1 ttl=soon":         `is no duration`,
		"state key=x value=1 of=2":             "of=2 is too much here",
		"known id=x for=1h":                    "which device?",
		"known key=x id=y":                     "for how long?",
		"at 0s\nstate key=x value=1":           "state stands before the first at",
		"accounts home\nknown key=x account=w": "there is no account w",
	} {
		_, err := Parse("past.timeline", []byte(text+"\nat 0s\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v\nwant %s", text, err, want)
		}
	}
}
