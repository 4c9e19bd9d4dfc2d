package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"gatefold/internal/config"
	"gatefold/internal/journal"
)

func runCommand(s stdio) *cobra.Command {
	var file, shadow string
	c := &cobra.Command{
		Use:   "run",
		Short: "watch the accounts of a configuration until SIGTERM",
		Long: `run watches the accounts of a configuration file and acts on them by the rules
in its folder, until SIGTERM or ctrl-C. Edits of both are taken up as they are
saved; SIGHUP reads them at once.

Credentials come from the secrets store: gatefold login, gatefold secret set. The
environment comes before it: GATEFOLD_SECRET_SLACK_BOT_TOKEN and the like, or each
with _FILE and the path of a file.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return runDaemon(c.Context(), s, file, shadow)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration")
	c.Flags().StringVar(&shadow, "shadow", "", "a folder with rules that see everything and do nothing, instead of the configuration's")
	return c
}

func runDaemon(ctx context.Context, s stdio, file, shadow string) error {
	if shadow != "" { // a variable outranks the file, and does so when that is edited
		folder, err := filepath.Abs(shadow)
		if err != nil {
			return usage(err)
		}
		s.env = append(slices.Clone(s.env), "GATEFOLD_SHADOW="+folder)
	}
	cfg, err := loadConfig(s, file)
	if err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return usage(err)
	}
	hangup := make(chan os.Signal, 1) // from the very start: a SIGHUP while starting must not end it
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	colored := s.getenv("NO_COLOR") == ""
	queue := newLogQueue(s.err)
	defer queue.Close()
	level := new(slog.LevelVar)
	level.Set(cfg.Log.Level)
	w := world{Clock: newClock(1), Stdio: s, Hangup: hangup, Log: newLog(queue, s.console, colored, level), Level: level}
	d, err := newDaemon(ctx, cfg, w)
	if err != nil {
		return startError(err)
	}
	if err := d.run(ctx); err != nil {
		return &codedError{code: exitFailed, err: err}
	}
	w.Log.Info("stopped")
	return nil
}

// loadConfig reads the configuration; whatever is wrong with it is the user's
// to mend.
func loadConfig(s stdio, file string) (*config.Config, error) {
	cfg, err := config.Load(config.LoadOptions{Path: file, Env: s.env})
	if err != nil {
		return nil, usage(err)
	}
	return cfg, nil
}

func startError(err error) error {
	var coded *codedError
	if errors.As(err, &coded) {
		return coded
	}
	out := &codedError{code: exitFailed, err: err}
	var locked *journal.LockedError
	switch {
	case errors.As(err, &locked):
		out.hint = "gatefold status shows the one that runs; two daemons need two data folders"
	case errors.Is(err, fs.ErrPermission):
		out.hint = "run gatefold as the user who owns the data folder"
	}
	return out
}
