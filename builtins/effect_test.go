package builtins

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatefold/engine"
)

// readBack reads the effect's text and says what is not as it was.
func readBack(e engine.Effect) error {
	text := e.String()
	again, err := engine.ParseEffect(text, All(Deps{})...)
	if err != nil {
		return fmt.Errorf("%s cannot be read back: %w", text, err)
	}
	if e.Call != again.Call || e.Every != again.Every || e.Lane != again.Lane || !reflect.DeepEqual(e.Args, again.Args) {
		return fmt.Errorf("%s\nwas %#v\nbecame %#v", text, e, again)
	}
	if !strings.HasPrefix(e.Key, e.Call+" at ") && e.Key != again.Key {
		return fmt.Errorf("%s: key %q became %q", text, e.Key, again.Key)
	}
	if again.String() != text {
		return fmt.Errorf("%s prints as %s when it was read back", text, again)
	}
	return nil
}

// hostile draws texts that somebody might choose to break a notation.
func hostile() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{
			`"`, `\`, `\"`, `" + slack.link(url="https://evil.example", text="x") + "`, "')", "<!channel>", "%s%d%", "\x00", "\u202e", "\ufeff",
			"\xff\xfe", "é"[:1], "{}", "…", strings.Repeat("é", 3100), strings.Repeat("x", 2999), "\r\n", "👩‍👩‍👧",
		}),
	)
}

// drawnDuration draws durations that a call takes, as a rule writes them.
func drawnDuration(low, high time.Duration) *rapid.Generator[string] {
	return rapid.Map(rapid.Int64Range(int64(low), int64(high)), func(n int64) string { return quote(time.Duration(n).String()) })
}

// calls draws calls that are right, with every argument.
func calls() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		led := rapid.SampledFrom([]string{`"all"`, "1", "2", `"top"`, `"bottom"`}).Draw(t, "led")
		col := fmt.Sprintf(`"#%06X"`, rapid.IntRange(1, 0xffffff).Draw(t, "color"))
		bright := rapid.IntRange(1, 100).Draw(t, "brightness")
		light := rapid.SampledFrom([]string{"None", `"door"`, `"3000ABCD"`}).Draw(t, "light")
		switch rapid.IntRange(0, 6).Draw(t, "call") {
		case 0:
			return fmt.Sprintf("blink1.set(%s, %s, %d, %s, %s)", col, drawnDuration(0, time.Minute).Draw(t, "fade"), bright, led, light)
		case 1:
			return fmt.Sprintf("blink1.blink(%s, %s, %d, %s)", col, drawnDuration(100*time.Millisecond, time.Minute).Draw(t, "every"), bright, led)
		case 2:
			return fmt.Sprintf("blink1.off(%s, %s)", drawnDuration(0, time.Minute).Draw(t, "fade"), led)
		case 3:
			return fmt.Sprintf("pause(%s)", drawnDuration(time.Second, time.Hour).Draw(t, "every"))
		case 5:
			return fmt.Sprintf(`blink1.pattern("%s,#000,0.01,0", %d, %s, %s)`, drawnPattern(t), bright, led, light)
		case 4:
			return fmt.Sprintf("poll(%s)", drawnDuration(100*time.Millisecond, time.Hour).Draw(t, "every"))
		}
		return drawnPost(t)
	})
}

// drawnPattern draws a pattern that is lit on both LEDs.
func drawnPattern(t *rapid.T) string {
	p := fmt.Sprint(rapid.IntRange(0, 255).Draw(t, "repeats"))
	for range rapid.IntRange(1, 27).Draw(t, "lines") {
		ticks := rapid.IntRange(1, 65535).Draw(t, "ticks")
		p += fmt.Sprintf(",#%06x,%d.%02d,0", rapid.IntRange(1, 0xffffff).Draw(t, "color"), ticks/100, ticks%100)
	}
	return p
}

func drawnPost(t *rapid.T) string {
	terms := []string{`"!"`}
	for range rapid.IntRange(0, 5).Draw(t, "terms") {
		s := literal(hostile().Draw(t, "text"))
		if rapid.Bool().Draw(t, "linked") {
			s = fmt.Sprintf("slack.link(%s, %s)", literal("https://x.example/?q="+strings.ToValidUTF8(rapid.StringMatching(`[a-z"'<>|é]*`).Draw(t, "url"), "")), s)
		}
		terms = append(terms, s)
	}
	slack := rapid.Bool().Draw(t, "to Slack")
	call := "notify(" + strings.Join(terms, " + ")
	if slack {
		call = "slack.post(" + strings.Join(terms, " + ")
	}
	if rapid.Bool().Draw(t, "throttled") {
		call += ", every=" + drawnDuration(time.Second, 30*day).Draw(t, "every")
		if rapid.Bool().Draw(t, "keyed") {
			call += ", key=" + literal(hostile().Draw(t, "key"))
		}
	}
	if rapid.Bool().Draw(t, "sent elsewhere") {
		elsewhere := `, to="ops-1"`
		if slack {
			elsewhere = `, channel="#müsic-1"`
		}
		call += elsewhere
	}
	return call + ")"
}

// literal writes any bytes in Starlark: what is not UTF-8 as a letter cut in two, which no literal can hold.
func literal(s string) string {
	if valid(s) == s {
		return quote(s)
	}
	return quote(strings.ToValidUTF8(s, "?")) + ` + "é"[:1]`
}

func TestEffectsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		call := calls().Draw(t, "call")
		e, err := engine.ParseEffect(call, All(Deps{})...)
		if err != nil {
			t.Fatalf("%s: %v", call, err)
		}
		if err := readBack(e); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzEffects: whatever text is an effect, reads back from what it prints as.
func FuzzEffects(f *testing.F) {
	for _, seed := range []string{
		`pause()`, `poll(every="1m")`, `blink1.set("red", led=1)`, `blink1.off(fade="0s")`, `blink1.blink("#abc", every="3s")`,
		`blink1.pattern("3,#ff0000,0.5,0,#000000,0.5,0", led=1, light="door")`,
		`notify("a" + slack.link("https://x.example", "b"), to="ops", every="1d", key="k")`,
		`slack.post("a" + slack.link("https://x.example", "b\n") + "c", every="1d", key="")`,
		`slack.post("x" * 4000, channel="#m")`, `slack.post("é"[:1] + "y")`, `slack.post("%s" % slack.link("http://a", "b"))`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 || strings.ContainsAny(text, "*[") {
			return // a multiplication may take gigabytes: that is the interpreter's weakness, not ours
		}
		e, err := engine.ParseEffect(text, All(Deps{})...)
		if err != nil {
			return
		}
		if err := readBack(e); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDefaultsAreLeftOut(t *testing.T) {
	for call, want := range map[string]string{
		`blink1.set("white", "500ms", 100, "all", None)`: `blink1.set(color="#ffffff")`,
		`blink1.blink("white", "1000ms", 100, "all")`:    `blink1.blink(color="#ffffff")`,
		`blink1.off("0.5s", "all")`:                      `blink1.off()`,
		`pause("10s")`:                                   `pause()`,
		`poll(5 * time.second)`:                          `poll()`,
		`slack.post("x", None, None, None)`:              `slack.post(text="x")`,
	} {
		e, err := engine.ParseEffect(call, All(Deps{})...)
		if err != nil || e.String() != want {
			t.Errorf("%s prints as %s, not %s (%v)", call, e, want, err)
		}
	}
}
