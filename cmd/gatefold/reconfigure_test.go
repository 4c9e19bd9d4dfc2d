package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatefold/engine"
	"gatefold/hardware"
	"gatefold/internal/config"
	"gatefold/internal/sim"
	"gatefold/internal/slack"
)

// fast is a configuration that looks ten times a second.
func (h *house) fast() string { return h.config("false") }

// edit saves the configuration with some texts replaced.
func (h *house) edit(replace ...string) {
	h.t.Helper()
	text := h.fast()
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			h.t.Fatalf("the configuration has no %q", replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	h.write("gatefold.yaml", text)
}

const withoutPause = `
def on_playback(now):
    if now.device and now.device.name == "Kitchen":
        allow()
    elif now.device:
        deny("a stranger")
        slack.post(now.device.name + " is there")
`

// bell rings whenever a daemon has told something, after everybody else heard it.
type bell chan struct{}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default: // it rings already
	}
}

// Observe implements engine.Observer.
func (b bell) Observe(string, engine.Report) { b.ring() }

// Every key that is said to count at once does: each is edited while the daemon
// runs, and seen where it acts.
func TestEveryLiveKey(t *testing.T) {
	h := newHouse(t)
	h.write("rules/home.star", withoutPause)
	h.edit()
	cfg, err := config.Load(config.LoadOptions{Path: filepath.Join(h.dir, "gatefold.yaml"), Env: []string{
		"GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=refresh-home", "GATEFOLD_SECRET_SLACK_BOT_TOKEN=xoxb-test",
	}})
	if err != nil {
		t.Fatal(err)
	}
	log, level, told := new(syncBuffer), new(slog.LevelVar), make(bell, 1)
	ctx, cancel := context.WithCancel(t.Context())
	shown := new(shownLight)
	d, err := newDaemon(ctx, cfg, world{
		Light: func(hardware.Options) hardware.Light { return shown },
		Clock: newClock(1), Log: newLog(log, false, false, level), Level: level, Observe: told, Reconfigured: func(string) { told.ring() },
		Stdio: stdio{out: io.Discard, err: io.Discard, env: []string{"XDG_CONFIG_HOME=" + h.keys}},
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(log.String())
		}
	}()
	until := func(what string, ok func() bool) {
		t.Helper()
		for end := time.After(30 * time.Second); !ok(); {
			select {
			case <-told:
			case <-end:
				t.Fatalf("waited 30 s in vain until %s", what)
			}
		}
	}
	value := func(series string) float64 {
		t.Helper()
		name, _, _ := strings.Cut(series, "{")
		families, err := d.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				labels := ""
				for _, l := range m.GetLabel() {
					labels += fmt.Sprintf("{%s=%q}", l.GetName(), l.GetValue())
				}
				if f.GetName() == name && name+labels == series {
					return m.GetGauge().GetValue()
				}
			}
		}
		t.Fatalf("there is no %s", series)
		return 0
	}
	const interval = `gatefold_poll_interval_seconds{account="home"}`
	// slow leaves so little for a day that the longest intervals are not undercut much.
	slow := []string{"per_day: 1000000", "per_day: 2000", "idle_max: 100ms", "idle_max: 1235s"}
	// pace plays something, and then edits one interval. Those of the other states stay at 100 ms.
	pace := func(key string, play func()) func() {
		return func() {
			play()
			until("it is seen", func() bool {
				s, err := d.status(ctx)
				return err == nil && map[string]bool{
					"denied":  s.Accounts[0].Verdict == "deny" && s.Accounts[0].Playing,
					"playing": s.Accounts[0].Verdict == "allow" && s.Accounts[0].Playing,
					"paused":  s.Accounts[0].Device != "" && !s.Accounts[0].Playing,
					"idle":    !s.Accounts[0].LastLook.IsZero() && s.Accounts[0].Device == "",
				}[key]
			})
			h.edit(append(slow, key+": 100ms", key+": 1234s")...)
			saved := time.Now()
			until("the interval of "+key, func() bool { return value(interval) > 5 })
			t.Logf("%s: on the metric %s after it was saved", key, time.Since(saved).Round(time.Millisecond))
			h.edit()
			until("it is fast again, long before the look that was planned", func() bool { return value(interval) <= 0.1 })
		}
	}
	// budget makes one smaller and larger again: looks wait for the one, and no longer than for the other.
	budget := func(key, from, to, window string) func() {
		return func() {
			h.edit(key+": "+from, key+": "+to)
			until("the budget of "+window+" is smaller", func() bool {
				return value(`gatefold_budget_limit{window="`+window+`"}`) < 4 && value(`gatefold_budget_remaining{window="`+window+`"}`) < 4
			})
			until("looks wait", func() bool {
				s, err := d.status(ctx)
				return err == nil && s.Accounts[0].NextLook.After(s.Now.Add(5*time.Second)) || s.Accounts[0].Blind != ""
			})
			edited := time.Now()
			h.edit()
			until("it looks again", func() bool {
				s, err := d.status(ctx)
				return err == nil && s.Accounts[0].Blind == "" && s.Accounts[0].LastLook.After(edited)
			})
			t.Logf("%s: looked at %s after it was saved", key, time.Since(edited).Round(time.Millisecond))
		}
	}
	cases := map[string]func(){
		"spotify.poll.idle":    pace("idle", func() {}),
		"spotify.poll.playing": pace("playing", func() { h.home.Play(kitchen, sim.Item{Name: "So What"}) }),
		"spotify.poll.paused":  pace("paused", func() { h.home.Play(kitchen, sim.Item{Name: "So What"}); h.home.PausePlayback() }),
		"spotify.poll.denied":  pace("denied", func() { h.home.Play(bob, sim.Item{Name: "Blue Train"}) }),
		"spotify.poll.idle_max": func() {
			h.home.Stop()
			until("nobody holds it", func() bool { s, _ := d.status(ctx); return s.Accounts[0].Device == "" })
			h.edit(slow...)
			until("it rises, within ten minutes to that", func() bool { return value(interval) > 1 })
		},
		"spotify.budget.per_30s": budget("per_30s", "5000", "3", "30s"),
		"spotify.budget.per_day": budget("per_day", "1000000", "2", "24h"),
		"log.level": func() {
			h.edit("timezone: UTC", "timezone: UTC\nlog: {level: debug}")
			until("debug lines", func() bool { return strings.Contains(log.String(), "level=DEBUG") })
			h.edit("timezone: UTC", "timezone: UTC\nlog: {level: error}")
			until("it is quiet", func() bool { return level.Level() == slog.LevelError })
			h.edit()
			until("as before", func() bool { return level.Level() == slog.LevelInfo })
		},
		"brightness": func() {
			h.home.Stop()
			until("dim white shows", func() bool { return shown.top() == hardware.RGB{R: 13, G: 13, B: 13} })
			h.edit("timezone: UTC", "timezone: UTC\nbrightness: 2")
			until("it shows dimmer", func() bool { return shown.top() == hardware.RGB{R: 5, G: 5, B: 5} })
			h.edit()
			until("it shows as before", func() bool { return shown.top() == hardware.RGB{R: 13, G: 13, B: 13} })
		},
		"reload.timelines": func() {
			h.edit("timezone: UTC", "timezone: UTC\nreload: {timelines: require}")
			until("it is in force", func() bool { return d.config.now().Reload.Timelines == config.TimelinesRequire })
			h.write("rules/home.timeline", "at 0s playback device.name=\"Eve\"\n\tallow()\nat 30s\n")
			h.write("rules/home.star", withoutPause+"# an edit\n")
			until("the edit is kept out", func() bool {
				return strings.Contains(d.rules.status().Error, "the timelines have to pass first (reload: {timelines: require}): 1 failing timeline: home.timeline")
			})
			h.must(os.Remove(filepath.Join(h.dir, "rules/home.timeline")))
			until("without the timeline it is tried again", func() bool { return d.rules.status().Error == "" })
			h.write("rules/home.star", withoutPause)
			until("as before", func() bool { return string(d.rules.inForce().Files[0].Data) == withoutPause })
		},
		"reload.confirm": func() {
			h.home.Play(bob, sim.Item{Name: "Blue Train"})
			until("bob is denied", func() bool {
				return d.board.account("home").Verdict == "deny" && d.board.account("home").Device == bob.Name
			})
			h.edit("timezone: UTC", "timezone: UTC\nreload: {confirm: diff}")
			until("it is in force", func() bool { return d.config.now().Reload.Confirm == config.ConfirmDiff })
			h.write("rules/home.star", "def on_playback(now):\n    allow()\n")
			until("the edit waits", func() bool { return value("gatefold_rules_waiting") == 1 })
			h.write("rules/home.star", withoutPause)
			until("nothing waits", func() bool { return value("gatefold_rules_waiting") == 0 })
		},
		"history.keep": func() {
			h.edit("timezone: UTC", "timezone: UTC\nhistory: {keep: 5h}")
			until("it is in force", func() bool { return d.config.now().History.Keep == 5*time.Hour })
		},
		"accounts.enforce": func() {
			h.edit("enforce: false", "enforce: true")
			until("it enforces", func() bool { return value(`gatefold_enforcing{account="home"}`) == 1 })
			s, err := d.status(ctx)
			if err != nil || !s.Accounts[0].Enforce || !s.Accounts[0].Configured {
				t.Errorf("%+v, %v", s.Accounts[0], err)
			}
		},
		"slack.deciders": func() {
			press := func() string {
				outcome, _ := d.slack.decide(ctx, slack.Press{ID: "1", User: "U0ANN", Value: `{"m": "home/playback/1/1"}`})
				return outcome
			}
			if got := press(); got != pressRefused {
				t.Errorf("nobody may press: %s", got)
			}
			h.edit(`"#music"`, `"#music", deciders: [U0ANN]`)
			until("Ann may", func() bool { return press() == pressUnknown })
		},
		"slack.channel": func() {
			h.edit("#music", "#other", "enforce: false", "enforce: true")
			until("it is in force", func() bool {
				c := d.config.now()
				return c.Slack.Channel == "#other" && c.Accounts[0].Enforce
			})
			h.home.Play(eve, sim.Item{Name: "Naima"})
			until("a message in the other channel", func() bool {
				m := h.slack.Messages()
				return len(m) > 0 && m[len(m)-1].Channel == "#other"
			})
		},
	}
	if keys := slices.Sorted(slices.Values(config.LiveKeys())); !slices.Equal(keys, slices.Sorted(maps.Keys(cases))) {
		t.Fatalf("live are %v, tried are %v", keys, slices.Sorted(maps.Keys(cases)))
	}
	for _, key := range append([]string{"spotify.poll.idle"}, slices.Sorted(maps.Keys(cases))...) { // that of silence comes first
		if ok := cases[key]; ok != nil {
			t.Logf("%s", key)
			ok()
			delete(cases, key)
			h.edit()
			until("as before", func() bool { return len(config.Changes(cfg, d.config.now())) == 0 })
		}
	}
	if got := value("gatefold_config_last_reload_successful"); got != 1 {
		t.Errorf("the metric says %v", got)
	}
}

// An edit that cannot be taken changes nothing, is said with its place, and does
// not end the watching.
func TestBadConfigEdits(t *testing.T) {
	h := newHouse(t)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	h.edit()
	p := h.run()
	p.until("bob is denied", func() bool { return p.account().Verdict == "deny" })
	file := filepath.Join(h.dir, "gatefold.yaml")
	for name, bad := range map[string]struct {
		do   func()
		want string
	}{
		"syntax":      {func() { h.edit("poll: {", "poll: [", "enforce: false", "enforce: true") }, file + ":11:1: not YAML"},
		"unknown key": {func() { h.edit("timezone: UTC", "timezon: UTC", "enforce: false", "enforce: true") }, file + ":4:1: timezon: unknown key"},
		"bad value":   {func() { h.edit("denied: 100ms", "denied: 1ms", "enforce: false", "enforce: true") }, file + ":10:18: spotify.poll.denied: found"},
		"two at once": {func() { h.edit("per_30s: 5000", "per_30s: 0", "#music", "", "enforce: false", "enforce: true") }, "slack.channel: found"},
		"not ready":   {func() { h.edit("client_id: test", "client_id: \"\"", "enforce: false", "enforce: true") }, "spotify.client_id: found none"},
		"permissions": {func() { h.edit("enforce: false", "enforce: true"); h.must(os.Chmod(file, 0o666)) }, "chmod go-w " + file},
		"not UTF-8":   {func() { h.edit("#music", "#m\xfcsic", "enforce: false", "enforce: true") }, file + ":11:"},
		"empty":       {func() { h.write("gatefold.yaml", "") }, "accounts: found none"},
		"gone":        {func() { h.must(os.Remove(file)) }, "the file does not exist: " + file},
		"a folder":    {func() { h.must(os.Remove(file)); h.must(os.Mkdir(file, 0o755)) }, "a folder, not a file"},
	} {
		bad.do()
		p.until(name+" is refused", func() bool { return strings.Contains(p.status().Config.Error, bad.want) })
		p.measures("gatefold_config_last_reload_successful 0")
		if a := p.account(); a.Enforce || a.Verdict != "deny" || len(h.home.Pauses()) > 0 {
			t.Errorf("%s: part of the edit is in force: %+v", name, a)
		}
		if slices.Contains([]string{"syntax", "permissions", "gone"}, name) { // the commands read the file too
			if out, code := h.gatefold("status"); code != 0 || !strings.Contains(out, "NOT RELOADED: ") || !strings.Contains(out, bad.want) {
				t.Errorf("%s: gatefold status (%d): %s", name, code, out)
			}
			if out, code := h.gatefold("reload"); code != exitUsage || !strings.Contains(out, bad.want) || !strings.Contains(out, "unchanged: ruleset") {
				t.Errorf("%s: gatefold reload (%d): %s", name, code, out)
			}
		}
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			h.must(os.Remove(file))
		}
		h.edit()
		p.until(name+" is mended", func() bool { return p.status().Config.Error == "" })
		p.measures("gatefold_config_last_reload_successful 1")
	}
	if log := p.log.String(); !strings.Contains(log, "the configuration was not reloaded: what was in force stays") || !strings.Contains(log, ":4:1: timezon: unknown key") {
		t.Error("the log does not say what is wrong")
	}
	h.must(os.Remove(file))
	p.until("it is gone", func() bool { return p.status().Config.Error != "" })
	h.edit("enforce: false", "enforce: true")
	p.until("what takes the place of a file that was removed counts, after all that", func() bool { return len(h.home.Pauses()) > 0 })
	p.stop()
	// Without a daemon to ask it is the configuration that is wrong.
	h.write("gatefold.yaml", "accounts: [")
	if out, code := h.gatefold("status"); code != exitUsage || !strings.Contains(out, "not YAML") {
		t.Errorf("status without a daemon (%d): %s", code, out)
	}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// What counts from the next start only is said once for each edit, with its
// place, and shown for as long as that is so; what counts at once counts beside it.
func TestConfigKeysThatNeedARestart(t *testing.T) {
	h := newHouse(t)
	h.edit()
	p := h.run()
	p.until("a look", func() bool { return !p.account().LastLook.IsZero() })
	file := filepath.Join(h.dir, "gatefold.yaml")
	zone := file + ":4:11: timezone: UTC -> Europe/Berlin"

	h.edit("timezone: UTC", "timezone: Europe/Berlin", "enforce: false", "enforce: true")
	p.until("the rest of the edit counts", func() bool { return p.account().Enforce })
	p.until("it is said", func() bool { return slices.Equal(p.status().Config.Restart, []string{zone}) })
	p.until("the log has it", func() bool { return strings.Contains(p.log.String(), zone) })
	if log := p.log.String(); strings.Count(log, "restart to apply") != 1 {
		t.Errorf("the log:\n%s", log)
	}
	if out, _ := h.gatefold("status"); !strings.Contains(out, "RESTART to apply "+zone) {
		t.Errorf("status:\n%s", out)
	}

	h.edit("timezone: UTC", "timezone: Europe/Berlin", "light: none", "light: usb", "#music", "#other", "- {name: home", "- {name: barn}\n  - {name: home")
	p.until("the next edit", func() bool { return len(p.status().Config.Restart) == 3 })
	p.until("the switch is back", func() bool { return !p.account().Enforce })
	p.until("the log has the next edit", func() bool { return strings.Contains(p.log.String(), "accounts.barn: none -> added") })
	log := p.log.String()
	if strings.Count(log, "restart to apply") != 2 || strings.Count(log, "timezone: UTC") != 1 {
		t.Errorf("what was said already is said again:\n%s", log)
	}
	for _, want := range []string{file + ":3:8: light: none -> usb", file + ":13:5: accounts.barn: none -> added", "slack.channel: #music -> #other"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	out, code := h.gatefold("reload")
	if code != 0 || !strings.Contains(out, "warning: restart to apply "+zone) {
		t.Errorf("gatefold reload (%d): %s", code, out)
	}
	if p.status().Config.Error != "" || !strings.Contains(p.metrics(), "gatefold_config_last_reload_successful 1") {
		t.Error("it counts as a failure")
	}

	h.edit()
	p.until("it is as before", func() bool { return len(p.status().Config.Restart) == 0 })
	p.until("that is said", func() bool {
		return strings.Contains(p.log.String(), `again what is in force" keys="timezone, light, accounts.barn"`)
	})
	p.stop()
}

// The configuration's word is newer than that of gatefold enforce, and the other
// way round; the environment's outranks the file.
func TestConfiguredEnforceAndTheSwitch(t *testing.T) {
	h := newHouse(t)
	h.edit()
	h.secrets = []string{"GATEFOLD_SECRET_SLACK_BOT_TOKEN=xoxb-test", "GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=refresh-home", "GATEFOLD_SLACK_CHANNEL=#env"}
	p := h.run()
	if out, code := h.gatefold("enforce", "home", "on"); code != 0 {
		t.Fatal(out)
	}
	h.edit("timezone: UTC", "timezone: UTC # nothing said of enforce")
	h.edit("#music", "#other")
	p.until("the edit is said not to count", func() bool {
		return strings.Contains(p.log.String(), "slack.channel: #other does not count: GATEFOLD_SLACK_CHANNEL outranks it")
	})
	if a := p.account(); !a.Enforce || a.Configured {
		t.Errorf("the switch counts no more: %+v", a)
	}
	h.edit("enforce: false", "enforce: true")
	p.until("the configuration says so too", func() bool { a := p.account(); return a.Enforce && a.Configured })
	h.edit()
	p.until("it is off", func() bool { a := p.account(); return !a.Enforce && !a.Configured })
	p.stop()
	p = h.run()
	if a := p.account(); a.Enforce {
		t.Errorf("the switch came back with a restart: %+v", a)
	}
	if out, _ := h.gatefold("journal"); !strings.Contains(out, filepath.Join(h.dir, "gatefold.yaml")+":13:27") {
		t.Errorf("the journal does not say who switched:\n%s", out)
	}
	p.stop()
}

// SIGHUP reads the configuration as well as the rules, and so does a swap of links
// as Kubernetes makes it.
func TestConfigBySignalAndBySwap(t *testing.T) {
	h := newHouse(t)
	h.write("..v1/gatefold.yaml", h.fast())
	h.write("..v2/gatefold.yaml", strings.Replace(h.fast(), "enforce: false", "enforce: true", 1))
	h.must(os.Remove(filepath.Join(h.dir, "gatefold.yaml")))
	h.must(os.Symlink("..v1", filepath.Join(h.dir, "..data")))
	h.must(os.Symlink("..data/gatefold.yaml", filepath.Join(h.dir, "gatefold.yaml")))
	p := h.run()
	h.must(os.Symlink("..v2", filepath.Join(h.dir, "..tmp")))
	h.must(os.Rename(filepath.Join(h.dir, "..tmp"), filepath.Join(h.dir, "..data")))
	p.until("the swap counts", func() bool { return p.account().Enforce })
	h.write("..v2/gatefold.yaml", h.fast())
	h.must(p.cmd.Process.Signal(syscall.SIGHUP))
	p.until("the signal counts", func() bool { return !p.account().Enforce })
	p.stop()
}
