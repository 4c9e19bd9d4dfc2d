package lsp

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// thousandLines is a ruleset of 1,000 lines in three files, and where in the largest somebody is writing.
func thousandLines() (files map[string]string, name, text string) {
	files = map[string]string{"lib/devices.star": "HOUSEHOLD = {\n" + strings.Repeat("    \"Kitchen\": \"green\",\n", 96) + "}\n\ndef colour_of(device):\n    return HOUSEHOLD.get(device.name)\n"}
	var b strings.Builder
	b.WriteString("load(\"lib/devices.star\", \"HOUSEHOLD\", \"colour_of\")\n\ndef on_playback(now):\n    device = now.device\n    if device == None:\n        return\n")
	for i := range 80 {
		fmt.Fprintf(&b, "    check_%d(now, device)\n", i)
	}
	for i := range 80 {
		fmt.Fprintf(&b, `
def check_%d(now, device):
    # Rule %[1]d of the house.
    if device.name in HOUSEHOLD and now.between("07:00", "20:00", days = "mon-fri"):
        allow("rule %[1]d")
        blink1.set("green", fade = "2s", brightness = %[2]d)
    elif now.playing:
        publish("seen_%[1]d", device = device, times = %[1]d)
    return colour_of(device)
`, i, 1+i)
	}
	text = b.String()
	files["home.star"] = text
	files["90-topics.star"] = "def on_seen_1(event):\n    deny(\"one\")\n    slack.post(\"*%s*\" % event.device.name, every = \"30m\")\n" + strings.Repeat("# a comment\n", 90)
	return files, "home.star", text
}

// BenchmarkAnswers measures what an editor waits for: each answer right after a letter was typed, by a client on the other
// side of a pipe. The letters come without a pause, so that the search for problems runs every half second, beside the
// answers. p99 is the figure; the aim is 20 ms.
func BenchmarkAnswers(b *testing.B) {
	files, name, text := thousandLines()
	lines := 0
	for _, f := range files {
		lines += strings.Count(f, "\n")
	}
	if lines < 1000 {
		b.Fatalf("only %d lines", lines)
	}
	typed := text + "\ndef check_last(now):\n    device = now.device\n    blink1.set(\"red\", )\n    device.\n    colour_of(device)\n"
	last := strings.Count(typed, "\n")
	for _, x := range []struct {
		what, method string
		at           Position
	}{
		{"completion", "completion", Position{last - 2, 11}},
		{"completion-all", "completion", Position{last - 3, 22}},
		{"hover", "hover", Position{last - 3, 12}},
		{"definition", "definition", Position{last - 1, 8}},
		{"signature", "signatureHelp", Position{last - 3, 22}},
		{"symbols", "documentSymbol", Position{}},
	} {
		b.Run(x.what, func(b *testing.B) {
			c := start(b, files).begin(`{}`)
			c.open(name, typed)
			measure(b, c.types(name), func() { c.ask("textDocument/"+x.method, c.where(name, x.at), nil) })
		})
	}
	b.Run("formatting", func(b *testing.B) {
		c := start(b, files).begin(`{}`)
		c.open(name, text)
		measure(b, c.types(name), func() { c.ask("textDocument/formatting", c.where(name, Position{}), nil) })
	})
	b.Run("problems", func(b *testing.B) { // from the change to the problems
		c := start(b, files).begin(`{}`)
		c.open(name, text)
		c.problems(name, 1)
		version, types := 1, c.types(name)
		measure(b, func() { c.told = nil }, func() {
			types()
			version++
			c.problems(name, version)
		})
	})
}

// types gives a function that types one letter into the first comment of a file, and takes it back the next time.
func (c *client) types(name string) func() {
	version := 1
	begin := Position{Line: 88, Character: 4} // "    # Rule 0 of the house."
	return func() {
		version++
		r, letter := Range{begin, begin}, "#"
		if version%2 == 1 {
			r.End.Character, letter = 5, ""
		}
		c.tell("textDocument/didChange", js(map[string]any{
			"textDocument": map[string]any{"uri": c.uri(name), "version": version}, "contentChanges": []any{map[string]any{"range": r, "text": letter}},
		}))
	}
}

// processor is the time of processors that this process has used: that of the answers, of the search for problems beside
// them, and of the client.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure reports the median and the 99th percentile of an answer, in milliseconds.
func measure(b *testing.B, before, answer func()) {
	b.Helper()
	var took []time.Duration
	spent := processor(b)
	for b.Loop() {
		before()
		begin := time.Now()
		answer()
		took = append(took, time.Since(begin))
	}
	b.ReportMetric(float64((processor(b)-spent).Microseconds())/1000/float64(len(took)), "cpu-ms/op")
	slices.Sort(took)
	at := func(q float64) float64 {
		i := int(math.Ceil(q*float64(len(took)))) - 1
		return float64(took[max(0, i)].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}
