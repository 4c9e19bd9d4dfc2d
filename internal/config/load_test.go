package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const minimal = "accounts: [{name: home}]\n"

// write puts a config file into a new folder and returns its path.
func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gatefold.yaml")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil { // WriteFile is subject to the umask
		t.Fatal(err)
	}
}

func same(t *testing.T, got, want *Config) {
	t.Helper()
	zones := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, got, zones, cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadDefaults(t *testing.T) {
	path := write(t, minimal)
	got, err := Load(LoadOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.File = path
	want.Rules = filepath.Join(filepath.Dir(path), "rules")
	want.Data = filepath.Join(filepath.Dir(path), "data")
	want.Accounts = []Account{{Name: "home"}}
	same(t, got, want)
}

// The file in the package doc says that it shows the defaults: it must load, and to them.
func TestLoadTheFileOfThePackageDoc(t *testing.T) {
	source, err := os.ReadFile("config.go")
	if err != nil {
		t.Fatal(err)
	}
	var doc strings.Builder
	for line := range strings.Lines(string(source)) {
		if rest, ok := strings.CutPrefix(line, "//\t"); ok {
			doc.WriteString(rest)
		} else if !strings.HasPrefix(line, "//") {
			break
		}
	}
	_, example, ok := strings.Cut(doc.String(), "rules: rules")
	if !ok {
		t.Fatal("the package doc has no example")
	}
	got, err := parse("doc.yaml", []byte("rules: rules"+example), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Accounts = []Account{{Name: "home"}}
	same(t, got, want)
}

func TestLoadEverything(t *testing.T) {
	path := write(t, "\ufeff# all of it\r\n"+strings.ReplaceAll(`---
rules: /etc/gatefold/rules/
shadow: next/
reload: {timelines: require, confirm: diff}
isolation: none
data: ../state
listen: "[::1]:0"
timezone: Europe/Berlin
light: usb:20004DA9
lights: {door: 3000ABCD}
brightness: 40
log:
  level: debug
history: {keep: 1h}
secrets:
  store: aws
  key_file: ../key
  aws: {region: eu-central-1, shared_arn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:gatefold/shared-AbCdEf", endpoint: "https://vpce.example"}
spotify:
  client_id: "00000000000000000000000000000000"
  api_url: http://127.0.0.1:8080/v1/
  accounts_url: http://localhost:8080
  budget:
    per_30s: 300
    per_day: 1000000
  poll: {denied: 100ms, playing: 100ms, paused: 100ms, idle: 100ms, idle_max: 100ms}
slack:
  api_url: http://[::1]:8081/api
  channel: C0123456789
accounts:
  - name: home
    enforce: true
  - name: office-2
    secret_arn: arn:aws:secretsmanager:eu-central-1:123456789012:secret:gatefold/office-AbCdEf
`, "\n", "\r\n"))
	got, err := Load(LoadOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tick := 100 * time.Millisecond
	same(t, got, &Config{
		File:      path,
		Rules:     "/etc/gatefold/rules",
		Shadow:    filepath.Join(filepath.Dir(path), "next"),
		Reload:    Reload{TimelinesRequire, ConfirmDiff},
		Isolation: IsolationNone,
		Data:      filepath.Join(filepath.Dir(filepath.Dir(path)), "state"),
		Listen:    "[::1]:0",
		Timezone:  berlin,
		Light:     Light{Kind: "usb", Serial: "20004DA9"},
		Lights:    Lights{{"door", "3000abcd"}}, Brightness: 40,
		Log:     Log{Level: slog.LevelDebug},
		History: History{Keep: time.Hour},
		Secrets: Secrets{
			Store: "aws", KeyFile: filepath.Join(filepath.Dir(filepath.Dir(path)), "key"),
			AWS: AWS{Region: "eu-central-1", SharedARN: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:gatefold/shared-AbCdEf", Endpoint: "https://vpce.example"},
		},
		Spotify: Spotify{
			ClientID:    "00000000000000000000000000000000",
			APIURL:      "http://127.0.0.1:8080/v1",
			AccountsURL: "http://localhost:8080",
			Budget:      Budget{Per30s: 300, PerDay: 1000000},
			Poll:        Poll{Denied: tick, Playing: tick, Paused: tick, Idle: tick, IdleMax: tick},
		},
		Slack:    Slack{APIURL: "http://[::1]:8081/api/", Channel: "C0123456789"},
		Accounts: []Account{{Name: "home", Enforce: true}, {Name: "office-2", SecretARN: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:gatefold/office-AbCdEf"}},
	})
}

func TestLoadEmptySections(t *testing.T) {
	got, err := parse("x", []byte("spotify:\n  # api_url: https://example.org\nslack:\n  channel: \"#x\"\nlisten: \"\"\nlog:\n"+minimal), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Spotify != Default().Spotify || got.Slack.Channel != "#x" || got.Listen != "" {
		t.Errorf("got %+v", got)
	}
}

func TestLoadFileProblems(t *testing.T) {
	tests := []struct {
		name string
		path func(t *testing.T) string
		want []string
	}{
		{"no path", func(*testing.T) string { return "" }, []string{"no path given"}},
		{"missing", func(t *testing.T) string { return filepath.Join(t.TempDir(), "none.yaml") },
			[]string{"no such file", "none.yaml", "gatefold demo needs none", "examples/home/gatefold.yaml"}},
		{"a folder", func(t *testing.T) string { return t.TempDir() }, []string{"is a folder, not a file"}},
		{"a pipe that nobody writes to", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "pipe")
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}, []string{"not a regular file"}},
		{"huge", func(t *testing.T) string { return write(t, minimal+strings.Repeat("#\n", MaxFile/2)) },
			[]string{"larger than 1024 KiB"}},
		{"group writable", func(t *testing.T) string {
			path := write(t, minimal)
			chmod(t, path, 0o664)
			return path
		}, []string{"can be written by others (mode 0664)", "chmod go-w /"}},
		{"writable by all, odd name, behind a link", func(t *testing.T) string {
			dir := t.TempDir()
			path, link := filepath.Join(dir, "real"), filepath.Join(dir, "it's gatefold.yaml")
			if err := errors.Join(os.WriteFile(path, []byte(minimal), 0o600), os.Symlink(path, link)); err != nil {
				t.Fatal(err)
			}
			chmod(t, path, 0o602)
			return link
		}, []string{"chmod go-w '/", `it'\''s gatefold.yaml'`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(LoadOptions{Path: tt.path(t)})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if tt.name == "missing" && !errors.Is(err, fs.ErrNotExist) {
				t.Error("not fs.ErrNotExist")
			}
		})
	}
}

// The folder may be a symlink; what is relative is relative to the folder as it was named.
func TestLoadThroughLinkedFolder(t *testing.T) {
	path := write(t, minimal)
	link := filepath.Join(t.TempDir(), "etc")
	if err := os.Symlink(filepath.Dir(path), link); err != nil {
		t.Fatal(err)
	}
	got, err := Load(LoadOptions{Path: filepath.Join(link, "gatefold.yaml")})
	if err != nil || got.Rules != filepath.Join(link, "rules") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestLoadRelativePath(t *testing.T) {
	path := write(t, minimal)
	t.Chdir(filepath.Dir(path))
	got, err := Load(LoadOptions{Path: "gatefold.yaml"})
	if err != nil || !filepath.IsAbs(got.File) || !filepath.IsAbs(got.Rules) || !filepath.IsAbs(got.Data) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestValidate(t *testing.T) {
	ready := []string{"GATEFOLD_SPOTIFY_CLIENT_ID=abc"}
	c, err := parse("x", []byte(minimal), ready)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c, err = parse("x", []byte("secrets: {store: aws}\n"+minimal), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.File = "/etc/gatefold.yaml"
	want := "/etc/gatefold.yaml: spotify.client_id: found none; create an app at https://developer.spotify.com/dashboard " +
		"and write its Client ID here, or set GATEFOLD_SPOTIFY_CLIENT_ID\n" +
		"/etc/gatefold.yaml: accounts[0].secret_arn: found none; with secrets.store aws every account has a secret of its own: " +
		"write its ARN here\n" +
		"/etc/gatefold.yaml: secrets.aws.shared_arn: found none; the key of the journal has no place: write the ARN of a secret " +
		"for what belongs to no account, or set GATEFOLD_SECRET_JOURNAL_KEY"
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(minimal), "GATEFOLD_LOG_LEVEL", "debug")
	f.Add([]byte("spotify: {poll: {idle: 3}}\naccounts:\n- name: [a]\n"), "GATEFOLD_SECRET_SLACK_BOT_TOKEN", "xoxb-1")
	f.Add([]byte("a: &x [*x, !!t 3]\n<<: *x\n? [q]\n: |\n  y\n"), "GATEFOLD_", "")
	f.Add([]byte("%YAML 1.2\n---\n- - - {\"a\": 'b', ? }\n...\n---\n"), "GATEFOLD_SECRET_", "\xff")
	f.Add([]byte("listen: \"\\x00\\u202e\"\r\n\ttimezone: ../x"), "GATEFOLD_TIMEZONE", "../../etc/passwd")
	f.Fuzz(func(t *testing.T, data []byte, name, value string) {
		if strings.HasSuffix(name, "_FILE") {
			t.Skip("would read whatever file the fuzzer names")
		}
		c, err := parse("fuzz.yaml", data, []string{name + "=" + value})
		var e *Error
		switch {
		case err == nil && len(c.Accounts) == 0:
			t.Fatal("a config without accounts was taken")
		case err == nil:
			again := newReport("", nil)
			for i := range c.Accounts {
				again.places[fmt.Sprintf("accounts[%d].name", i)] = place{}
			}
			if check(c, again); again.err() != nil {
				t.Fatalf("taken, but: %v", again.err())
			}
		case !errors.As(err, &e) || len(e.Problems) == 0 || len(e.Problems) > maxProblems:
			t.Fatalf("%#v", err)
		case strings.ContainsAny(err.Error(), "\x00\x1b\u202e\r"):
			t.Fatalf("moves the terminal: %q", err)
		}
	})
}

// Rules cannot be their own shadow, however the folder is written, nor a part of it.
func TestShadowOfItself(t *testing.T) {
	for shadow, want := range map[string]string{
		"./next/../rules": "the folder of the rules", "alias": "the folder of the rules", "alias/": "the folder of the rules",
		".": "a folder that holds that of the rules", "rules/next": "a folder within that of the rules", "alias/next": "a folder within that of the rules",
		"next": "", "rules2": "",
	} {
		t.Run(shadow, func(t *testing.T) {
			path := write(t, "spotify: {client_id: x}\nshadow: "+shadow+"\n"+minimal)
			dir := filepath.Dir(path)
			if err := errors.Join(os.MkdirAll(filepath.Join(dir, "rules", "next"), 0o755), os.Symlink("rules", filepath.Join(dir, "alias"))); err != nil {
				t.Fatal(err)
			}
			c, err := Load(LoadOptions{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			switch err := c.Validate(); {
			case want == "" && err != nil:
				t.Error(err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), ":2:9: shadow: found "+want+"; use another one")):
				t.Errorf("error: %v", err)
			}
		})
	}
}
