package reload

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.starlark.net/starlark"

	"gatefold/builtins"
	"gatefold/engine"
)

// What real rules do: the folder is loaded by the engine.

// loading is a house whose rules are loaded, with the ruleset in force.
type loading struct {
	*house
	more    []engine.Module
	inForce *engine.Ruleset // owned by whoever holds the watcher's token
}

func everyModeLoading(t *testing.T, files map[string]string, run func(*loading)) {
	for name, o := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &loading{house: newHouse(t)}
			for path, text := range files {
				h.write("rules/"+path, text)
			}
			o.Dir, o.Clock, o.Report = h.dir, wallClock{}, func(r Result) { h.results <- r }
			o.Build = func(s engine.Snapshot) (func(), error) {
				rules, err := engine.Load(s, engine.Limits{}, append(builtins.All(builtins.Deps{}), h.more...)...)
				return func() { h.inForce = rules }, err
			}
			h.house.run(o)
			if r := h.next(); r.Outcome != Installed {
				t.Fatalf("the first look: %+v", r)
			}
			run(h)
		})
	}
}

// verdict is what the rules in force say of a look that shows nobody.
func (h *loading) verdict() string {
	h.Helper()
	h.w.busy <- struct{}{}
	defer h.w.release()
	d := h.decide(h.inForce)
	if d.Err != nil {
		h.Fatal(d.Err)
	}
	return d.Verdict.String()
}

func (h *loading) decide(rules *engine.Ruleset) engine.Decision {
	ev := engine.Event{ID: "1", Account: "home", Kind: engine.KindPlayback, Time: time.Unix(1e9, 0), Data: builtins.NewPlayback(builtins.Playback{})}
	return rules.Evaluate(context.Background(), ev, engine.Facts{}, nil)
}

func allowing(reason string) string {
	return "def on_playback(now):\n    allow(" + starlark.String(reason).String() + ")\n"
}

const ofGuests = "load(\"lib/guests.star\", \"guests\")\ndef on_playback(now):\n    allow(guests)\n"

// Each of these is refused where it is wrong, the old rules decide until it is mended, and the mend counts.
func TestRefusedUntilMended(t *testing.T) {
	for name, c := range map[string]struct{ path, text, want string }{
		"a syntax error":     {"home.star", "def on_playback(now)\n    allow()\n", "home.star:1:21"},
		"a name":             {"home.star", "def on_playback(now):\n    alow()\n", "home.star:2:5: undefined: alow"},
		"in a loaded file":   {"lib/guests.star", "guests = 1 +\n", "lib/guests.star:1"},
		"fails when loaded":  {"lib/guests.star", "guests = 1 // 0\n", "lib/guests.star:1"},
		"loaded and missing": {"home.star", strings.Replace(ofGuests, "guests.star", "gests.star", 1), "gests.star"},
		"a cycle":            {"lib/guests.star", "load(\"lib/_more.star\", \"more\")\nguests = more\n", "cycle"},
		"of itself":          {"home.star", "load(\"home.star\", \"x\")\n" + ofGuests, "home.star"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{
				"home.star": ofGuests, "lib/guests.star": "guests = \"old\"\n",
				"lib/_more.star": "load(\"lib/guests.star\", \"guests\")\nmore = guests\n",
			}
			everyModeLoading(t, files, func(h *loading) {
				h.edit(func() { h.write("rules/"+c.path, c.text) })
				r := h.expect(Failed)
				var load *engine.LoadError
				if !errors.As(r.Err, &load) || !strings.Contains(r.Err.Error(), c.want) {
					h.Fatalf("error %v, want %s", r.Err, c.want)
				}
				if got := h.verdict(); got != `allow(reason="old")` {
					h.Errorf("meanwhile: %s", got)
				}
				h.edit(func() {
					h.write("rules/home.star", ofGuests)
					h.write("rules/lib/guests.star", "guests = \"mended\"\n")
				})
				h.expect(Installed)
				if got := h.verdict(); got != `allow(reason="mended")` {
					h.Errorf("mended: %s", got)
				}
			})
		})
	}
}

// Files as Windows writes them are rules like others, and errors in them are where they stand.
func TestLineEndsOfWindows(t *testing.T) {
	crlf := func(text string) string { return "\ufeff" + strings.ReplaceAll(text, "\n", "\r\n") }
	everyModeLoading(t, map[string]string{"home.star": allowing("unix")}, func(h *loading) {
		h.edit(func() { h.write("rules/home.star", crlf(allowing("windows"))) })
		h.expect(Installed)
		if got := h.verdict(); got != `allow(reason="windows")` {
			h.Error(got)
		}
		h.edit(func() { h.write("rules/home.star", crlf("\ndef on_playback(now):\n    alow()\n")) })
		if r := h.expect(Failed); !strings.Contains(r.Err.Error(), "home.star:3:5: undefined: alow") {
			h.Errorf("result: %+v", r)
		}
		h.edit(func() { h.write("rules/home.star", crlf("text = '''a\nb'''\n"+allowing("x")+"    log(text)\n")) })
		h.expect(Installed)
		h.w.busy <- struct{}{}
		defer h.w.release()
		if logs := h.decide(h.inForce).Logs; len(logs) != 1 || logs[0].Text != "a\nb" {
			h.Errorf("a text over two lines: %q", logs)
		}
	})
}

// A handler that runs while its ruleset is replaced ends as it began.
func TestReloadedWhileAHandlerRuns(t *testing.T) {
	everyModeLoading(t, map[string]string{"home.star": allowing("first")}, func(h *loading) {
		begun, goOn := make(chan struct{}), make(chan struct{})
		hold := starlark.NewBuiltin("hold", func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			if p := engine.Probed(args, kwargs); p != nil {
				return nil, p.Takes(b)
			}
			close(begun)
			<-goOn
			return starlark.None, nil
		})
		h.edit(func() {
			h.more = []engine.Module{{Name: "test", Members: starlark.StringDict{"hold": hold}}}
			h.write("rules/lib/guests.star", "def guests(): return \"old\"\n")
			h.write("rules/home.star", "load(\"lib/guests.star\", \"guests\")\ndef on_playback(now):\n    test.hold()\n    allow(guests())\n")
		})
		h.expect(Installed)
		h.w.busy <- struct{}{}
		old := h.inForce
		h.w.release()
		decided := make(chan engine.Decision, 1)
		go func() { decided <- h.decide(old) }()
		<-begun
		h.edit(func() {
			h.write("rules/lib/guests.star", "def guests(): return \"new\"\n")
			h.write("rules/home.star", ofGuests+"# a call now\n")
		})
		h.expect(Installed)
		close(goOn)
		d := <-decided
		if d.Err != nil || d.Verdict.String() != `allow(reason="old")` || d.Ruleset != old.Hash {
			h.Errorf("decided by %s: %s, %v", d.Ruleset, d.Verdict, d.Err)
		}
	})
}
