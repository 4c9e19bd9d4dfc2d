package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what the errors say now into testdata")

// Each testdata/*.txtar holds "yaml", optionally "env", and "want": the whole error as it is shown.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d cases found, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			given, want, ok := strings.Cut(string(data), "-- want --\n")
			yaml, vars, _ := strings.Cut(strings.TrimPrefix(given, "-- yaml --\n"), "-- env --\n")
			if !ok || !strings.HasPrefix(given, "-- yaml --\n") {
				t.Fatal("a case needs yaml and want")
			}
			_, err = parse("gatefold.yaml", []byte(yaml), strings.Split(vars, "\n"))
			if err == nil {
				t.Fatal("no error")
			}
			got := err.Error() + "\n"
			if *update {
				if err := os.WriteFile(path, []byte(given+"-- want --\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" && !*update {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNotUTF8(t *testing.T) {
	_, err := parse("g.yaml", []byte("rules: rules\ndata: d\xc3\xa4\xff\n"), nil)
	if err == nil || !strings.HasPrefix(err.Error(), "g.yaml:2:9: not UTF-8: ") {
		t.Error(err)
	}
}

func TestManyProblemsAreCounted(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	_, err := parse("g.yaml", []byte(b.String()), nil)
	var e *Error
	if !errors.As(err, &e) || len(e.Problems) != maxProblems || e.More != 3001-maxProblems {
		t.Fatalf("%v", err)
	}
	if e.Problems[0].Where != "g.yaml:1:1" || !strings.HasSuffix(err.Error(), "\nand 2981 more") {
		t.Errorf("%v", err)
	}
}

// Files that the parser alone takes minutes or gigabytes for when they are as large as a config file may be.
func TestHostileFiles(t *testing.T) {
	const n = 64 << 10
	for name, tt := range map[string]struct{ content, says string }{
		"brackets":     {strings.Repeat("[", n), "g.yaml:1:17: found brackets nested too deeply"},
		"braces":       {strings.Repeat("{a: ", n/4), "found brackets nested too deeply"},
		"rising":       {strings.Repeat("[\n", n/2), "g.yaml:17:1: found brackets nested too deeply"},
		"dashes":       {strings.Repeat("- ", n/2), "found too much in one line"},
		"question":     {strings.Repeat("? ", n/2), "found too much in one line"},
		"colons":       {strings.Repeat("a: ", n/3), "found too much in one line"},
		"anchors":      {strings.Repeat("&a ", n/3), "found too much in one line"},
		"tags":         {strings.Repeat("!t ", n/3), "found too much in one line"},
		"tokens":       {"a: [" + strings.Repeat("1,\n", maxTokens/2) + "]", "found more than a config file needs"},
		"one long key": {strings.Repeat("k", n) + ": 1", "gf…redacted: unknown key"},
		"one value":    {"listen: " + strings.Repeat("x", n), `found "gf…redacted"`},
		"documents":    {strings.Repeat("---\n", n/4), "accounts: found none"},
		"aliases":      {"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "unknown key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse("g.yaml", []byte(tt.content), nil)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("got %v\nwant %s", err, tt.says)
			}
			if len(err.Error()) > 4096 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
}

// People paste tokens into files. They are told where secrets go, and the log does not repeat them.
func TestErrorsMaskSecrets(t *testing.T) {
	const token = "abcSECRETdef"
	long := strings.Repeat("aB3_", 20)
	for _, content := range []string{
		"slack: {bot_token: " + token + "}\n",
		"spotify:\n  client_secret: \"" + token + "\"\n",
		"spotify:\n  refresh_token:\n    - " + "xoxb-1-" + token + "\n",
		"slack: xoxb-1-" + token + "\n",
		"listen: xoxp-" + token + "\n",
		"spotify: {api_url: \"https://me:" + token + "@example.org\"}\n",
		"log: {level: " + long + token + "}\n",
		"password = " + token + "\n",
		long + token + ": x\n",
	} {
		_, err := parse("g.yaml", []byte(minimal+content), nil)
		if err == nil {
			t.Errorf("%q: no error", content)
			continue
		}
		if strings.Contains(err.Error(), "SECRET"+"def") || strings.Contains(err.Error(), long) {
			t.Errorf("%q: the error says it:\n%v", content, err)
		}
	}
}

func TestClosest(t *testing.T) {
	keys := []string{"rules", "data", "listen", "timezone", "light", "idle", "idle_max"}
	for word, want := range map[string]string{
		"ruels": "rules", "rule": "rules", "timezon": "timezone", "time_zone": "timezone", "idelmax": "idle_max",
		"lihgt": "light", "dat": "data", "xyz": "", "": "", "colour": "", strings.Repeat("x", 100): "",
	} {
		if got := closest(word, keys); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestURLProblem(t *testing.T) {
	for _, good := range []string{
		defaultSpotifyAPI, defaultSpotifyAccounts, defaultSlackAPI, "https://proxy.example:8443/x", "HTTPS://e.org",
		"http://127.0.0.1", "http://127.9.9.9:1/x/", "http://localhost:80", "http://LOCALHOST", "http://[::1]:8080/v1",
	} {
		if why := urlProblem(good); why != "" {
			t.Errorf("%s: %s", good, why)
		}
	}
	for _, bad := range []string{
		"", "x", "slack.com/api", "//slack.com", "http://slack.com", "ftp://e.org", "https://", "https:///x", "https:e.org",
		"http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://0.0.0.0", "http://10.0.0.1",
		"http://127.1", "http://2130706433", "https://u@e.org", "https://u:p@e.org", "https://e.org?x", "https://e.org/?",
		"https://e.org/#x", "https://e.org/#", "https://e.org:99999", "https://e.org:", "https://e.org/a b", "https://e org",
		"https://e.org/\x7f", "https://münchen.example", "http://[::1", "http://127.0.0.1@evil.example",
	} {
		if urlProblem(bad) == "" {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestIsListen(t *testing.T) {
	for _, good := range []string{"", "127.0.0.1:9464", "127.0.0.1:0", "[::1]:1", "localhost:80", "0.0.0.0:65535", "pi.lan:1"} {
		if !isListen(good) {
			t.Errorf("%q was refused", good)
		}
	}
	for _, bad := range []string{":9464", "9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
		"127.0.0.1:http", "127.0.0.1:+1", "127.0.0.1:01", "::1:80", "http://x:1", "a b:1", "-x:1", "unix:/run/x"} {
		if isListen(bad) {
			t.Errorf("%q was taken", bad)
		}
	}
}
