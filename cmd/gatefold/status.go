package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatefold/internal/config"
	"gatefold/internal/control"
)

// asking is how long a command waits for the daemon.
const asking = 30 * time.Second

func statusCommand(s stdio) *cobra.Command {
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "show how the running daemon stands",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return status(c.Context(), s, file, asJSON)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration of the daemon")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func status(ctx context.Context, s stdio, file string, asJSON bool) error {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	daemon, err := daemonOf(ctx, s, file)
	if err != nil {
		return err
	}
	st, err := daemon.Status(ctx)
	if err != nil {
		return askError(err)
	}
	if asJSON {
		return printJSON(s.out, st, "  ")
	}
	printStatus(s.out, st)
	return nil
}

// daemonOf is the daemon that runs on a configuration. If the file is broken by now
// that must not keep anybody from asking it what it makes of that: then it is the
// one that lies where the file says, as long as it runs on this very file.
func daemonOf(ctx context.Context, s stdio, file string) (control.Client, error) {
	cfg, broken := loadConfig(s, file)
	if broken == nil {
		return control.Client{Path: socketPath(cfg)}, nil
	}
	daemon := control.Client{Path: socketPath(&config.Config{Data: config.DataFolder(config.LoadOptions{Path: file, Env: s.env})})}
	st, err := daemon.Status(ctx)
	if path, pathErr := filepath.Abs(file); err != nil || pathErr != nil || st.Config.File != path {
		return control.Client{}, broken
	}
	return daemon, nil
}

func askError(err error) error {
	if errors.Is(err, control.ErrNotRunning) {
		return &codedError{code: exitNotRunning, err: err, hint: "start it with: gatefold run"}
	}
	return &codedError{code: exitFailed, err: err}
}

func printWorker(w io.Writer, s control.Worker) {
	switch {
	case s.Isolation == config.IsolationNone:
		fmt.Fprintln(w, "         run in gatefold itself (isolation: none)")
	case s.PID != 0:
		fmt.Fprintf(w, "         run in a process of their own, pid %d, %d MiB: %s\n", s.PID, s.Memory>>20, s.Keeps)
		for _, lack := range s.Lacks {
			fmt.Fprintf(w, "         LACKS %s\n", indent(lack))
		}
	default:
		fmt.Fprintln(w, "         run in a process of their own, which is busy or will be started for the next turn")
	}
}

func printStatus(w io.Writer, s control.Status) {
	fmt.Fprintf(w, "gatefold %s, pid %d, up %s\n", s.Version, s.PID, s.Now.Sub(s.Started).Round(time.Second))
	fmt.Fprintf(w, "config   %s, watched by %s\n", s.Config.File, s.Config.Watching)
	if s.Config.Error != "" {
		fmt.Fprintf(w, "         NOT RELOADED: %s\n", indent(s.Config.Error))
	}
	for _, change := range s.Config.Restart {
		fmt.Fprintf(w, "         RESTART to apply %s\n", indent(change))
	}
	fmt.Fprintf(w, "rules    %s, ruleset %s, %s, watched by %s\n", s.Rules.Folder, short(s.Rules.Hash), count(len(s.Rules.Files), "file"), s.Rules.Watching)
	if s.Rules.Error != "" {
		fmt.Fprintf(w, "         NOT RELOADED: %s\n", indent(s.Rules.Error))
	}
	if s.Rules.Aside != "" {
		label := "ROLLED BACK"
		if s.Rules.AsideBy == byDeath {
			label = "SET ASIDE"
		}
		fmt.Fprintf(w, "         %s: %s\n", label, indent(s.Rules.Aside))
	}
	if s.Rules.Waiting != nil {
		fmt.Fprintf(w, "         WAITING: ruleset %s, for gatefold rules accept: %s\n", short(s.Rules.Waiting.Hash), indent(s.Rules.Waiting.Changes))
	}
	if s.Rules.Degraded != "" {
		fmt.Fprintf(w, "         DEGRADED: %s\n", indent(s.Rules.Degraded))
	}
	if s.Shadow != nil {
		fmt.Fprintf(w, "shadow   %s\n", indent(shadowText(*s.Shadow)))
		if s.Shadow.Error != "" {
			fmt.Fprintf(w, "         NOT LOADED: %s\n", indent(s.Shadow.Error))
		}
		if s.Shadow.Aside != "" {
			fmt.Fprintf(w, "         SET ASIDE: %s\n", indent(s.Shadow.Aside))
		}
	}
	printWorker(w, s.Worker)
	printLights(w, s)
	for _, fault := range s.Faults {
		fmt.Fprintf(w, "FAULT    %s\n", indent(fault))
	}
	fmt.Fprintf(w, "budget   %d calls left in 30 s, %d in 24 h\n", s.Budget.Per30s, s.Budget.PerDay)
	if !s.Budget.Blocked.IsZero() {
		fmt.Fprintf(w, "         Spotify wants no calls until %s\n", s.Budget.Blocked.Format(time.DateTime))
	}
	printSlack(w, s.Slack)
	if s.Metrics != "" {
		fmt.Fprintf(w, "metrics  %s\n", s.Metrics)
	}
	for _, a := range s.Accounts {
		printAccount(w, s.Now, a)
	}
}

func printSlack(w io.Writer, s *control.Slack) {
	if s == nil {
		fmt.Fprintln(w, "slack    no token at the start: nothing is posted (gatefold secret set SLACK_BOT_TOKEN, then start gatefold again)")
		return
	}
	buttons := "no app token: messages have no buttons (examples/slack)"
	switch {
	case s.Connected && s.Deciders == 0:
		buttons = "buttons work, and nobody may press them (slack: deciders in the config)"
	case s.Connected:
		buttons = "buttons work, " + count(s.Deciders, "user") + " may press them"
	case s.Buttons:
		buttons = "presses of buttons do not arrive"
	}
	fmt.Fprintf(w, "slack    messages go to %s; %s\n", clean(s.Channel), buttons)
	if s.Refused != "" {
		fmt.Fprintf(w, "         REFUSED: %s\n", indent(s.Refused))
	}
	if s.Error != "" {
		fmt.Fprintf(w, "         %s\n", indent(s.Error))
	}
	if s.Others > 0 {
		fmt.Fprintf(w, "         another program is connected with the same app token, and gets some of the presses: %s\n", othersHint)
	}
}

func printAccount(w io.Writer, now time.Time, a control.Account) {
	fmt.Fprintf(w, "\n%s: %s\n", a.Name, modeText(now, a))
	if a.User != "" {
		fmt.Fprintf(w, "  of     %s%s\n", clean(a.User), untilText(a.Expires))
	}
	for _, warning := range a.Warnings {
		fmt.Fprintf(w, "  WARN   %s\n", indent(warning))
	}
	switch {
	case a.Blind != "":
		fmt.Fprintf(w, "  BLIND  %s since %s: %s\n", a.Blind, a.Since.Format(time.DateTime), indent(a.Message))
	case a.LastLook.IsZero():
		fmt.Fprintln(w, "  not looked at yet")
	default:
		verdict := a.Verdict
		if a.Reason != "" {
			verdict += " (" + clean(a.Reason) + ")"
		}
		fmt.Fprintf(w, "  %s: %s\n", verdict, playing(a))
	}
	if a.Failing != "" {
		fmt.Fprintf(w, "  FAULT  the rules fail, and no older ones can decide: %s\n", indent(a.Failing))
	}
	if a.Fault != "" {
		fmt.Fprintf(w, "  FAULT  %s\n", indent(a.Fault))
	}
	for _, call := range a.Stands {
		fmt.Fprintf(w, "  stands %s\n", call)
	}
	for _, call := range a.Would {
		fmt.Fprintf(w, "  would  %s\n", harmless(briefly(call)))
	}
	if !a.NextLook.IsZero() {
		fmt.Fprintf(w, "  looks  last %s, next in %s (%s)\n", ago(now, a.LastLook), max(a.NextLook.Sub(now), 0).Round(time.Second), a.Why)
	}
	if a.Override != nil {
		fmt.Fprintf(w, "  pace   %s\n", overriddenText(now, a.Name, *a.Override))
	}
	if a.Waiting > 0 {
		fmt.Fprintf(w, "  outbox %s waiting\n", count(a.Waiting, "message"))
	}
}

func modeText(now time.Time, a control.Account) string {
	switch {
	case a.Hold != nil && a.Enforce:
		return onHold(now, *a.Hold)
	case a.Hold != nil:
		return onHold(now, *a.Hold) + "; and a dry run after it"
	case a.Enforce && a.Configured:
		return "enforcing"
	case a.Enforce:
		return "enforcing (by gatefold enforce; the configuration says enforce: false)"
	case a.Configured:
		return "dry run: nothing is paused or posted (by gatefold enforce; the configuration says enforce: true)"
	}
	return "dry run: nothing is paused or posted (enforce: false)"
}

func untilText(end time.Time) string {
	if end.IsZero() {
		return ""
	}
	return ", authorized until " + end.Format(time.DateOnly)
}

func playing(a control.Account) string {
	if a.Device == "" {
		return "nobody holds the player"
	}
	out := fmt.Sprintf("%s (%s)", clean(a.Device), clean(a.Type))
	switch {
	case a.Playing && a.Item != "":
		return out + " plays " + clean(a.Item)
	case a.Playing:
		return out + " plays"
	}
	return out + " is paused"
}

func ago(now, t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return now.Sub(t).Round(time.Second).String() + " ago"
}

// indent is a text of several lines, fit for a terminal whatever is in it.
func indent(s string) string { return strings.ReplaceAll(harmless(s), "\n", "\n         ") }
