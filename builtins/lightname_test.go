package builtins

import (
	"strings"
	"testing"

	"gatefold/engine"
)

func TestLightNames(t *testing.T) {
	lights := &Lights{Serials: map[string]string{"door": "30001234", "desk": "2000abcd"}}
	usual := &Lights{Serials: map[string]string{"door": "30001234"}, Usual: "30001234"}
	for _, x := range []struct {
		lights *Lights
		light  string
		want   string // printed
		err    string
	}{
		{nil, "door", `light="door"`, ""},
		{nil, "2000ABCD", `light="2000abcd"`, ""},
		{lights, "door", `light="door"`, ""},
		{lights, "30001234", `light="door"`, ""}, // one device, one name
		{lights, "2000ABCD", `light="desk"`, ""},
		{lights, "2000eeee", `light="2000eeee"`, ""},
		{lights, "dor", "", `there is no light "dor": did you mean "door"?`},
		{lights, "kitchen", "", `there is no light "kitchen": the configuration names desk, door`},
		{&Lights{}, "door", "", `there is no light "door": name it in the configuration, as in lights: {door: "30001234"}`},
		{usual, "door", "", ""}, // it is the one that a call without light means
		{usual, "30001234", "", ""},
	} {
		e, err := engine.ParseEffect("blink1.off(light="+quote(x.light)+")", All(Deps{Lights: x.lights})...)
		if x.err != "" {
			if err == nil || !strings.Contains(err.Error(), x.err) {
				t.Errorf("%q: error %v, want %s", x.light, err, x.err)
			}
			continue
		}
		if want := "blink1.off(" + x.want + ")"; err != nil || e.String() != want {
			t.Errorf("%q prints as %s, not %s (%v)", x.light, e, want, err)
		}
	}
}

// A light that the configuration does not name, and a pattern that is none, are found when the file is loaded: at the
// call they would void the turn of an intruder.
func TestLiteralsOfLightsAreVetted(t *testing.T) {
	modules := All(Deps{Lights: &Lights{Serials: map[string]string{"door": "30001234"}}})
	for src, want := range map[string]string{
		`blink1.set("red", light="dor")`:                     `did you mean "door"?`,
		`blink1.off(light="attic")`:                          "the configuration names door",
		`blink1.pattern("3,#ff0000")`:                        "pattern",
		`blink1.pattern("3,#ff0000,0.5,0", 50, light="dor")`: `did you mean "door"?`,
		`blink1.blink("red", light="door")`:                  "",
		`blink1.pattern("3,#ff0000,0.5,0")`:                  "",
		`blink1.set("red", light=now.device.name)`:           "", // known when it runs
	} {
		files := engine.Snapshot{{Path: "home.star", Data: []byte("def on_playback(now):\n    " + src + "\n")}}
		_, err := engine.Load(files, engine.Limits{}, modules...)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", src, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "home.star:2:")):
			t.Errorf("%s: %v, want %q with its place", src, err, want)
		}
	}
}
