package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/secrets"
	"gatefold/internal/sim"
	"gatefold/rules"
)

type demoOptions struct {
	last  time.Duration // 0: until ctrl-C
	speed float64
	dir   string // "" a new one
	plain bool
}

func demoCommand(s stdio) *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "show what gatefold does, on a simulated household; needs nothing",
		Long: `demo runs the real daemon against a simulated Spotify and a simulated Slack in
this process: nothing leaves the machine. A family listens, an intruder appears
after eight seconds. The rules are copied into a folder of yours: edit them
while it runs, they reload as you save. What a message in Slack asks is answered by
its number: 1, 2, 3 press the buttons, q ends the demo (with --plain or without a
terminal: the number and Enter).`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.speed < 0.1 || o.speed > 1000 {
				return usage(fmt.Errorf("--speed %v: a number from 0.1 to 1000 is needed", o.speed))
			}
			if o.last < 0 {
				return usage(fmt.Errorf("--for %s: a positive duration is needed, like 20s", o.last))
			}
			return demo(c.Context(), s, o)
		},
	}
	c.Flags().DurationVar(&o.last, "for", 0, "end after this long (0: when you press ctrl-C)")
	c.Flags().Float64Var(&o.speed, "speed", 1, "how many times faster than life the story runs")
	c.Flags().StringVar(&o.dir, "dir", "", "folder for the copy of the rules (default: a new one, removed at the end unless you edited it)")
	c.Flags().BoolVar(&o.plain, "plain", false, "plain lines even in a terminal")
	return c
}

// demoConfig looks more often than a real account's budget allows, so that
// nobody has to wait; everything else is as shipped.
const demoConfig = `# The configuration of gatefold demo. For a real one see the README.
rules: rules
data: data
listen: 127.0.0.1:0
timezone: Local
light: terminal
secrets: {key_file: key}  # of the key that the journal is sealed with
spotify:
  client_id: demo
  budget: {per_30s: 60, per_day: 100000}
  poll: {denied: 10s, playing: 2s, paused: 3s, idle: 3s, idle_max: 5s}
slack:
  channel: "#music"
  deciders: [U0ANN]       # you, when you press a key
accounts:
  - name: home
    enforce: true
`

// demoSecrets open the simulated services and nothing else.
var demoSecrets = []string{
	"GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=refresh-home",
	"GATEFOLD_SECRET_SLACK_BOT_TOKEN=" + demoBotToken,
	"GATEFOLD_SECRET_SLACK_APP_TOKEN=" + demoAppToken,
}

func demo(ctx context.Context, s stdio, o demoOptions) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // its terminal was closed
	defer stop()
	dir, remove, err := demoFolder(o.dir)
	if err != nil {
		return &codedError{code: exitFailed, err: err}
	}
	defer remove(s)
	clock := newClock(o.speed)
	house, leave, err := newHousehold(clock)
	if err != nil {
		return &codedError{code: exitFailed, err: err}
	}
	defer leave()
	env := append([]string{"GATEFOLD_SLACK_API_URL=" + house.slackURL}, demoSecrets...)
	if how := s.getenv("GATEFOLD_ISOLATION"); how != "" { // where a program cannot start itself, as under qemu-user
		env = append(env, "GATEFOLD_ISOLATION="+how)
	}
	cfg, err := config.Load(config.LoadOptions{Path: filepath.Join(dir, "gatefold.yaml"), Env: env})
	if err != nil {
		return usage(err)
	}
	kept, err := demoJournal(ctx, s, cfg, clock, o.dir == "")
	if err != nil {
		return startError(err)
	}
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	show := newShow(showOptions{
		stdio: s, clock: clock, house: house, plain: o.plain || !s.terminal, speed: o.speed, quit: quit, kept: o.dir == "",
	})
	defer show.giveBack() // also if this panics
	d, err := newDaemon(ctx, cfg, world{
		Clock: clock, Log: show.log(), Stdio: s, Spotify: house.transport, Slack: house.transport, Notify: house.transport, Light: show.light,
		Journal: kept, Secrets: new(secrets.Memory), Observe: show, Reloaded: show.reloaded, Warned: show.warned, Reconfigured: show.reconfigured,
		Started: func(d *daemon) { show.begin(d) },
	})
	if err != nil {
		return startError(err)
	}
	if o.last > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.last)
		defer cancel()
	}
	stopped := show.run(ctx)
	err = d.run(ctx)
	stopped()
	show.summary(d)
	if err != nil {
		return &codedError{code: exitFailed, err: err}
	}
	return nil
}

// demoJournal is on disk in a folder of the demo's own, so that others can read it (replay, record, rules). A folder that
// was given may have another life than this one: nothing is written there.
func demoJournal(ctx context.Context, s stdio, cfg *config.Config, clock *wallClock, own bool) (*journal.Journal, error) {
	if !own {
		return journal.New(journal.NewMemory(), clock.Now), nil
	}
	store, err := openSecrets(ctx, cfg, s, func(string) {})
	if err != nil {
		return nil, err
	}
	key, err := journalKey(ctx, cfg, store)
	if err != nil {
		return nil, err
	}
	return journal.Open(cfg.Data, journal.Options{Now: clock.Now, Key: key})
}

// household is the simulated world.
type household struct {
	spotify   *sim.Spotify
	slack     *sim.Slack
	slackURL  string // on this machine: a socket without encryption is taken from there only
	transport http.RoundTripper
}

// demoPerson is who presses buttons in the demo, by the id that Slack knows.
const demoPerson = "U0ANN"

// The tokens that open the simulated Slack.
const (
	demoBotToken = "xoxb-demo"
	demoAppToken = "xapp-demo"
)

// newHousehold also serves the simulated Slack on a port of this machine: presses come over a socket. leave ends that.
func newHousehold(clock *wallClock) (h *household, leave func(), err error) {
	h = &household{
		spotify: sim.NewSpotify(sim.SpotifyOptions{Now: clock.Now}),
		slack: sim.NewSlack(sim.SlackOptions{
			Now: clock.Now, Token: demoBotToken, AppToken: demoAppToken, Limit: true,
			People: map[string]string{demoPerson: "Ann"},
		}),
	}
	if h.slackURL, leave, err = h.slack.Listen(); err != nil {
		return nil, nil, err
	}
	h.spotify.Follow(sim.Household(), clock.Now())
	h.transport = sim.Transport(map[string]http.Handler{
		"api.spotify.com": h.spotify, "accounts.spotify.com": h.spotify, "127.0.0.1": h.slack,
	})
	return h, leave, nil
}

// demoFolder makes a folder with a configuration and a copy of the shipped
// rules. A given one is kept, and so are the rules that lie in it already; a new
// one is removed at the end unless somebody edited it.
func demoFolder(dir string) (path string, remove func(stdio), err error) {
	given := dir != ""
	if !given {
		if dir, err = os.MkdirTemp("", "gatefold-demo-"); err != nil {
			return "", nil, err
		}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", nil, err
	}
	shipped := map[string][]byte{"gatefold.yaml": []byte(demoConfig)}
	names, err := fs.Glob(rules.Files, "*")
	if err != nil {
		return "", nil, err
	}
	for _, name := range names {
		data, err := fs.ReadFile(rules.Files, name)
		if err != nil {
			return "", nil, err
		}
		shipped[filepath.Join("rules", name)] = data
	}
	for name, mode := range map[string]fs.FileMode{"rules": 0o755, "data": 0o700} {
		if err := os.MkdirAll(filepath.Join(dir, name), mode); err != nil {
			return "", nil, err
		}
	}
	if err := os.Chmod(filepath.Join(dir, "rules"), 0o755); err != nil {
		return "", nil, err
	}
	for name, data := range shipped {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err == nil {
			continue
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return "", nil, err
		}
	}
	return dir, func(s stdio) {
		if given {
			return
		}
		if edited(dir, shipped) {
			fmt.Fprintf(s.out, "you edited the rules: they stay in %s\n", filepath.Join(dir, "rules"))
			for _, name := range []string{"data", "key", "key.lock"} { // the story is over
				os.RemoveAll(filepath.Join(dir, name))
			}
			return
		}
		os.RemoveAll(dir)
	}, nil
}

// edited says whether the rules folder holds anything but what was shipped.
func edited(dir string, shipped map[string][]byte) bool {
	entries, err := os.ReadDir(filepath.Join(dir, "rules"))
	if err != nil {
		return true
	}
	seen := 0
	for _, e := range entries {
		name := filepath.Join("rules", e.Name())
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(data, shipped[name]) {
			return true
		}
		seen++
	}
	return seen != len(shipped)-1
}
