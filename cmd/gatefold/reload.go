package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gatefold/internal/control"
)

func reloadCommand(s stdio) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "reload",
		Short: "have the running daemon read configuration and rules again, and say what came of it",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return askReload(c.Context(), s, file)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration of the daemon")
	return c
}

func askReload(ctx context.Context, s stdio, file string) error {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	daemon, err := daemonOf(ctx, s, file)
	if err != nil {
		return err
	}
	r, err := daemon.Reload(ctx)
	if err != nil {
		return askError(err)
	}
	err = showRules(s, r)
	if refused := showConfig(s, r.Config); refused != nil && err == nil {
		return refused
	} else if refused != nil {
		fmt.Fprintln(s.err, "gatefold:", refused)
	}
	return err
}

// showConfig says what came of the configuration.
func showConfig(s stdio, c control.Reconfigured) error {
	for _, change := range c.Applied {
		fmt.Fprintln(s.out, "in force:", harmless(change))
	}
	for _, change := range c.Restart {
		fmt.Fprintln(s.err, "warning: restart to apply", harmless(change))
	}
	if c.Error == "" {
		return nil
	}
	return &codedError{
		code: exitUsage, err: errors.New("the configuration was not reloaded:\n" + harmless(c.Error)),
		hint: "what was in force stays",
	}
}

// showRules says what came of the rules.
func showRules(s stdio, r control.Reloaded) error {
	if r.Error != "" {
		return &codedError{
			code: exitFailed, err: errors.New("the rules were not reloaded:\n" + harmless(r.Error)),
			hint: "ruleset " + short(r.Hash) + " stays in force; gatefold check shows the same without a daemon",
		}
	}
	for _, w := range r.Warnings {
		fmt.Fprintln(s.err, "warning:", w)
	}
	if r.Degraded != "" {
		fmt.Fprintln(s.err, "degraded:", harmless(r.Degraded))
	}
	fmt.Fprintf(s.out, "%s: ruleset %s\n", r.Outcome, short(r.Hash))
	if r.Changes != "" {
		fmt.Fprintln(s.out, harmless(r.Changes))
	}
	if r.Waiting != nil {
		fmt.Fprintf(s.out, "ruleset %s waits for gatefold rules accept: %s\n", short(r.Waiting.Hash), harmless(r.Waiting.Changes))
	}
	if r.Aside != "" {
		fmt.Fprintln(s.out, harmless(r.Aside))
	}
	return nil
}
