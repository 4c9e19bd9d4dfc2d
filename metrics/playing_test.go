package metrics

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestTheOldSeriesGoes(t *testing.T) {
	m, reg := daemon(t)
	for _, step := range []struct {
		name, typ string
		playing   bool
		want      string // the labels after account, "" for no series
	}{
		{"Kitchen", "Speaker", true, `device="Kitchen",type="speaker"`},
		{"Kitchen", "Speaker", true, `device="Kitchen",type="speaker"`},
		{"Bob's Laptop", "COMPUTER", true, `device="Bob's Laptop",type="computer"`},
		{"Bob's Laptop", "Computer", false, ""},
		{"Bob's Laptop", "Computer", true, `device="Bob's Laptop",type="computer"`},
		{"", "", true, `device="unnamed",type="other"`},
		{"Kitchen", "TV", true, `device="Kitchen",type="tv"`},
		{"Kitchen", "Toaster", true, `device="Kitchen",type="other"`},
		{strings.Repeat("ß", 5000), "Unknown", true, `device="` + strings.Repeat("ß", 63) + `…",type="unknown"`},
		{"", "", true, `device="unnamed",type="other"`}, // a huge name is not kept: this is another one
		{"", "", false, ""},
	} {
		m.Playing("home", step.name, step.typ, step.playing)
		m.Playing("office", "Desk", "avr", true)
		got := series(t, reg)
		want(t, got, map[string]float64{`gatefold_playing_info{account="office",device="Desk",type="avr"}`: 1})
		var home []string
		for key := range got {
			if strings.HasPrefix(key, `gatefold_playing_info{account="home"`) {
				home = append(home, key)
			}
		}
		switch expected := fmt.Sprintf(`gatefold_playing_info{account="home",%s}`, step.want); {
		case step.want == "" && len(home) > 0, step.want != "" && (len(home) != 1 || home[0] != expected):
			t.Errorf("after %.20q: %v, want %v", step.name, home, step.want)
		}
	}
}

func TestDevicesAreBoundedPerAccount(t *testing.T) {
	m, reg := daemon(t)
	play := func(account, name string) string {
		m.Playing(account, name, "Computer", true)
		for _, s := range scrape(t, reg)["gatefold_playing_info"].samples {
			if s.labels["account"] == account {
				return s.labels["device"] + "/" + s.labels["type"]
			}
		}
		return ""
	}
	for i := range 60 {
		name, expected := fmt.Sprint("intruder ", i), fmt.Sprintf("intruder %d/computer", i)
		if i >= maxDevices {
			expected = "other/other"
		}
		if got := play("home", name); got != expected {
			t.Fatalf("device %d shows as %q, want %q", i, got, expected)
		}
	}
	if got := play("home", "intruder 0"); got != "intruder 0/computer" {
		t.Errorf("a known device shows as %q once the room is taken", got)
	}
	if got := play("office", "late"); got != "late/computer" {
		t.Errorf("the other account has no room: %q", got)
	}
}

// Whatever names devices have: one series at most, 51 of them over the process's
// life, with labels that are short, printable and valid.
func TestHostileDeviceNames(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, reg := daemon(t)
		name := rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.SampledFrom([]string{"", " ", "\x00", "\xff\xfe", "a\"} 1\n# EOF\n", "\\", "\u202egpj.exe", "\ud7ff\ufeff", strings.Repeat("\U0001f3b5", 70)}),
			rapid.Map(rapid.IntRange(0, 200), func(n int) string { return fmt.Sprint("player ", n) }),
		)
		life := make(map[device]bool)
		for range rapid.IntRange(1, 80).Draw(rt, "looks") {
			m.Playing("home", name.Draw(rt, "name"), name.Draw(rt, "type"), rapid.IntRange(0, 9).Draw(rt, "plays") > 0)
			samples := scrape(rt, reg)["gatefold_playing_info"].samples
			if len(samples) > 1 {
				rt.Fatalf("%d devices play on one account", len(samples))
			}
			for _, s := range samples {
				checkLabel(rt, s.labels["device"])
				if typ := s.labels["type"]; typ != other && typ != deviceType(typ) {
					rt.Fatalf("type %q", typ)
				}
				life[device{s.labels["device"], s.labels["type"]}] = true
			}
		}
		if len(life) > maxDevices+1 {
			rt.Fatalf("%d devices over the process's life", len(life))
		}
	})
}

func checkLabel(t interface{ Fatalf(string, ...any) }, label string) {
	switch {
	case label == "":
		t.Fatalf("an empty label")
	case !utf8.ValidString(label):
		t.Fatalf("not UTF-8: %q", label)
	case utf8.RuneCountInString(label) > maxRunes:
		t.Fatalf("too long: %q", label)
	case strings.ContainsFunc(label, unicode.IsControl), strings.ContainsAny(label, "\u2028\u2029\u202e\u2066"):
		t.Fatalf("not printable: %q", label)
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "Living Room", "Bob’s iPhone", "iPhone de\u00a0Zoé", "a\x00b", "\xff\xfe", "👩\u200d👧 speaker",
		" \t ", "\u202egpj.exe", strings.Repeat("é", 65), strings.Repeat("x", 64) + " ", "\ud7ff\ue000\U0010ffff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := clean(name, unnamed)
		checkLabel(t, got)
		if again := clean(got, unnamed); again != got {
			t.Errorf("clean is not settled: %q becomes %q", got, again)
		}
	})
}

func TestCleanKeepsWhatShows(t *testing.T) {
	for in, expected := range map[string]string{
		"Living Room":              "Living Room",
		"  Kitchen \n":             "Kitchen",
		"iPhone de\u00a0Zoé":       "iPhone de\u00a0Zoé",
		"👩\u200d👧":                 "👩\u200d👧",
		"\u202egpj.exe":            "\ufffdgpj.exe",
		"a\x1b[31mb":               "a\ufffd[31mb",
		strings.Repeat("é", 64):    strings.Repeat("é", 64),
		strings.Repeat("é", 65):    strings.Repeat("é", 63) + "…",
		strings.Repeat(" ", 1<<20): unnamed,
	} {
		if got := clean(in, unnamed); got != expected {
			t.Errorf("clean(%.40q) = %q, want %q", in, got, expected)
		}
	}
}
