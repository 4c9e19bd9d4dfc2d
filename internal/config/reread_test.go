package config

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const running = `rules: rules
timezone: UTC
log: {level: info}
spotify:
  poll:
    idle: 60s
slack: {channel: "#music"}
accounts:
  - name: home
    enforce: false
  - {name: office}
lights: {door: "30001234", desk: 20001e34}
`

// edited loads a file, and reads it again after replacing texts in it.
func edited(t *testing.T, env []string, replace ...string) (was, now *Config) {
	t.Helper()
	was, err := Load(LoadOptions{Path: write(t, running), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	now, err = was.Reread([]byte(strings.NewReplacer(replace...).Replace(running)))
	if err != nil {
		t.Fatal(err)
	}
	return was, now
}

func TestChanges(t *testing.T) {
	for name, tt := range map[string]struct {
		env     []string
		replace []string
		want    []string // without the folder; * counts at once
	}{
		"nothing":          {nil, []string{"idle: 60s", "idle: 1m # the same"}, nil},
		"another form":     {nil, []string{"log: {level: info}\n", ""}, nil},
		"a live one":       {nil, []string{"idle: 60s", "idle: 30s"}, []string{"*gatefold.yaml:6:11: spotify.poll.idle: 1m -> 30s"}},
		"live and not":     {nil, []string{"UTC", "Europe/Berlin", "level: info", "level: debug"}, []string{"gatefold.yaml:2:11: timezone: UTC -> Europe/Berlin", "*gatefold.yaml:3:14: log.level: info -> debug"}},
		"left out":         {nil, []string{"timezone: UTC\n", ""}, []string{"gatefold.yaml: timezone: UTC -> Local (the default)"}},
		"a section":        {nil, []string{"log: ", "listen: \"\"\nspotify: {}\nlog: ", "spotify:\n  poll:\n    idle: 60s\n", ""}, []string{`gatefold.yaml:3:9: listen: 127.0.0.1:9464 -> ""`}},
		"a folder":         {nil, []string{"rules: rules", "rules: /srv/rules"}, []string{"gatefold.yaml:1:8: rules: rules -> /srv/rules"}},
		"enforce":          {nil, []string{"enforce: false", "enforce: true"}, []string{"*gatefold.yaml:10:14: accounts.home.enforce: false -> true"}},
		"enforce left out": {nil, []string{"    enforce: false\n", "", "{name: office}", "{name: office, enforce: true}"}, []string{"*gatefold.yaml:10:29: accounts.office.enforce: false -> true"}},
		"added":            {nil, []string{"- {name: office}", "- {name: office}\n  - {name: barn, enforce: true}"}, []string{"gatefold.yaml:12:5: accounts.barn: none -> added"}},
		"removed":          {nil, []string{"  - {name: office}\n", ""}, []string{"gatefold.yaml:8:1: accounts.office: there -> removed"}},
		"renamed":          {nil, []string{"office", "barn"}, []string{"gatefold.yaml:11:5: accounts.barn: none -> added", "gatefold.yaml:8:1: accounts.office: there -> removed"}},
		"another order": {nil, []string{"- name: home\n    enforce: false", "- name: office", "{name: office}", "{name: home, enforce: true}"},
			[]string{"*gatefold.yaml:10:27: accounts.home.enforce: false -> true", "gatefold.yaml:8:1: accounts: home, office -> office, home"}},
		"outranked": {[]string{"GATEFOLD_LOG_LEVEL=warn"}, []string{"level: info", "level: debug"},
			[]string{"*gatefold.yaml:3:14: log.level: debug does not count: GATEFOLD_LOG_LEVEL outranks it"}},
		"outranked by the same": {[]string{"GATEFOLD_LOG_LEVEL=warn"}, []string{"level: info", "level: warn"}, nil},
		"outranked and gone":    {[]string{"GATEFOLD_LOG_LEVEL=warn"}, []string{"log: {level: info}\n", ""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			was, now := edited(t, tt.env, tt.replace...)
			var got []string
			for _, c := range Changes(was, now) {
				line := strings.ReplaceAll(c.String(), filepath.Dir(was.File)+"/", "")
				if c.Live {
					line = "*" + line
				}
				got = append(got, line)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// What counts at once is taken over, and nothing else; what is left differs still.
func TestWithLive(t *testing.T) {
	was, now := edited(t, []string{"GATEFOLD_SECRET_SLACK_BOT_TOKEN=" + hush}, "UTC", "Europe/Berlin", "idle: 60s", "idle: 30s", `"#music"`, "C1",
		"enforce: false", "enforce: true", "- {name: office}", "- {name: barn, enforce: true}")
	got := was.WithLive(now)
	want := *was
	want.Spotify.Poll.Idle, want.Slack.Channel = 30*time.Second, "C1"
	want.Accounts = []Account{{Name: "home", Enforce: true}, {Name: "office"}}
	same(t, got, &want)
	if was.Accounts[0].Enforce || now.Timezone.String() != "Europe/Berlin" {
		t.Error("the others were changed too")
	}
	if s, ok := got.Secret(SlackBotToken); !ok || s.Reveal() != hush {
		t.Error("the secrets are lost")
	}
	for _, c := range Changes(got, now) {
		if c.Live {
			t.Errorf("still another: %s", c)
		}
	}
	if n := len(Changes(got, now)); n != 3 {
		t.Errorf("%d changes left", n)
	}
}

// The environment counts as it was, whatever is done to the file: its values outrank it, and a secret of an account
// that is gone is no mistake of the edit.
func TestRereadUnderTheSameEnvironment(t *testing.T) {
	was, now := edited(t, []string{"GATEFOLD_SPOTIFY_POLL_IDLE=90s", "GATEFOLD_SECRET_SPOTIFY_OFFICE_REFRESH_TOKEN=" + hush},
		"idle: 60s", "idle: 30s", "  - {name: office}\n", "")
	if now.Spotify.Poll.Idle != 90*time.Second || now.Where("spotify.poll.idle") != "GATEFOLD_SPOTIFY_POLL_IDLE" {
		t.Errorf("%s at %s", now.Spotify.Poll.Idle, now.Where("spotify.poll.idle"))
	}
	if now.Where("log.level") != was.File+":3:14" || now.Where("listen") != was.File {
		t.Errorf("%s, %s", now.Where("log.level"), now.Where("listen"))
	}
	again, err := now.Reread([]byte(minimal))
	if err != nil || again.Spotify.Poll.Idle != 90*time.Second || again.Rules != was.Rules {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestRereadRefuses(t *testing.T) {
	was, _ := edited(t, nil)
	for content, want := range map[string]string{
		"":                                     "accounts: found none",
		"spotify: {pol: 1}\n" + minimal:        was.File + ":1:11: spotify.pol: unknown key",
		"timezone: UTC\nlog: [\n" + minimal:    was.File + ":2:6: not YAML",
		minimal + "slack: {channel: \"\"}\n":   was.File + ":2:18: slack.channel: found",
		"spotify: {poll: {idle: 3}}" + "\n":    was.File + ":1:24: spotify.poll.idle: found 3 without a unit",
		minimal + "spotify: {client_id: \xff}": was.File + ":2:22: not UTF-8",
	} {
		_, err := was.Reread([]byte(content))
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", content, err, want)
		}
	}
}

// The example marks the keys that count at once; the code takes up those and no others.
func TestExampleMarksLiveKeys(t *testing.T) {
	page, err := os.ReadFile("../../examples/home/gatefold.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range LiveKeys() {
		// log.level stands in the line "log: {level: info}", poll and budget in lines of their own
		parts := strings.Split(key, ".")
		found := slices.ContainsFunc(strings.Split(string(page), "\n"), func(line string) bool {
			return strings.Contains(line, "(live)") && regexp.MustCompile(`\b`+parts[len(parts)-1]+`:`).MatchString(line)
		})
		if !found {
			t.Errorf("examples/home/gatefold.yaml does not mark %s as (live)", key)
		}
	}
	lines := 0
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "#") && strings.Contains(line, "(live)") {
			lines++
			if !slices.ContainsFunc(LiveKeys(), func(key string) bool { return strings.Contains(line, key[strings.LastIndex(key, ".")+1:]+":") }) {
				t.Errorf("not live: %s", line)
			}
		}
	}
	if lines < 6 {
		t.Errorf("%d lines are marked", lines)
	}
}

// A daemon that runs on an earlier content is found whatever became of the file.
func TestDataFolderOfABrokenFile(t *testing.T) {
	for content, want := range map[string]string{
		"data: \"state\" # ours\nrules: [":     "state",
		"data: state\nspotify: {polling: 1}\n": "state",
		"data: /var/lib/gatefold\n\tx":         "/var/lib/gatefold",
		"data: [\n":                            "data",
		"  data: state\n[":                     "data",
		"":                                     "data",
	} {
		path := write(t, content)
		if !filepath.IsAbs(want) {
			want = filepath.Join(filepath.Dir(path), want)
		}
		if got := DataFolder(LoadOptions{Path: path}); got != want {
			t.Errorf("%q: %s, want %s", content, got, want)
		}
		if got := DataFolder(LoadOptions{Path: path, Env: []string{"GATEFOLD_DATA=/x"}}); got != "/x" {
			t.Errorf("by the environment: %s", got)
		}
	}
	gone := filepath.Join(t.TempDir(), "gatefold.yaml")
	if got := DataFolder(LoadOptions{Path: gone}); got != filepath.Join(filepath.Dir(gone), "data") {
		t.Errorf("of a file that is gone: %s", got)
	}
}
