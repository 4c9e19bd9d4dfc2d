package config

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const targets = `notify:
  phone: {ntfy: https://ntfy.sh/hidden-topic}
  my-ops:
    webhook: https://example.com/hooks/hidden?x=hidden
  music: {slack: "#music"}
  desk: {ntfy: secret}
`

func TestTargets(t *testing.T) {
	c, err := parse("x", []byte(targets+minimal), []string{
		"GATEFOLD_SECRET_NOTIFY_PHONE_TOKEN=tk_1", "GATEFOLD_SECRET_NOTIFY_MY_OPS_KEY=k", "GATEFOLD_SECRET_NOTIFY_DESK_URL=https://h/x",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Target{
		"phone": {Ntfy: "https://ntfy.sh/hidden-topic"}, "my-ops": {Webhook: "https://example.com/hooks/hidden?x=hidden"},
		"music": {Slack: "#music"}, "desk": {Ntfy: AddressSecret},
	}
	for name, target := range want {
		if c.Notify[name] != target || len(c.Notify) != len(want) {
			t.Errorf("%s: %#v", name, c.Notify[name])
		}
	}
	if got := c.TargetNames(); !cmp.Equal(got, []string{"desk", "music", "my-ops", "phone"}) {
		t.Errorf("names %q", got)
	}
	for _, name := range []string{"NOTIFY_PHONE_TOKEN", "NOTIFY_MY_OPS_KEY", "NOTIFY_DESK_TOKEN", "NOTIFY_DESK_URL"} {
		if !strings.Contains(strings.Join(c.SecretNames(), " "), name) {
			t.Errorf("%s cannot be set: %q", name, c.SecretNames())
		}
	}
	if s, ok := c.Secret("NOTIFY_MY_OPS_KEY"); !ok || s.Reveal() != "k" {
		t.Error("the key of a webhook is not read")
	}
	empty, err := parse("x", []byte(minimal), nil)
	if err != nil || empty.TargetNames() == nil || len(empty.TargetNames()) != 0 {
		t.Errorf("without targets: %q, %v", empty.TargetNames(), err)
	}
}

// Whoever knows a topic can read it: it is shown nowhere.
func TestAddressesAreNotShown(t *testing.T) {
	c, err := parse("x", []byte(targets+minimal), nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(c.Notify)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%v %+v %#v %s %q %s", c, c, c.Notify, c.Notify, c.Notify, raw)
	if strings.Contains(text, "hidden-topic") || strings.Contains(text, "hooks") || !strings.Contains(text, "https://example.com/…") {
		t.Error(text)
	}
}

func TestTargetChanges(t *testing.T) {
	path := write(t, targets+minimal)
	was, err := Load(LoadOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	now, err := was.Reread([]byte(strings.NewReplacer(
		"sh/hidden-topic", "sh/hidden-other", "  music", "  door", "webhook: https://example.com/hooks/hidden?x=hidden", `slack: "#ops"`,
	).Replace(targets) + minimal))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range Changes(was, now) {
		if c.Live {
			t.Errorf("%s counts at once", c)
		}
		got = append(got, strings.ReplaceAll(c.String(), filepath.Dir(path)+"/", ""))
	}
	want := []string{
		`gatefold.yaml:5:3: notify.door: none -> added`,
		`gatefold.yaml:1:1: notify.music: there -> removed`,
		`gatefold.yaml: notify.my-ops.webhook: https://example.com/… -> "" (the default)`,
		`gatefold.yaml:4:12: notify.my-ops.slack: "" -> #ops`,
		`gatefold.yaml:2:17: notify.phone.ntfy: https://ntfy.sh/… -> another one`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if live := was.WithLive(now); !cmp.Equal(live.Notify, was.Notify) {
		t.Errorf("a running daemon took up %v", live.Notify)
	}
}

func TestPathless(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "secret": "secret", "https://h/x": "https://h/…", "https://h:8/x?y#z": "https://h:8/…", "h/x": "…", "x": "…",
		"https://u:p@h/x": "https://gf…redacted@h/…", "https://[::1]:8/x": "https://[::1]:8/…", "https://h\x00/x": "…",
	} {
		if got := pathless(s); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
}
