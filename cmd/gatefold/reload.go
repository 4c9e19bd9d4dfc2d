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
		Short: "have the running daemon read its rules again, and say what came of it",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return askReload(c.Context(), s, file)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration of the daemon")
	return c
}

func askReload(ctx context.Context, s stdio, file string) error {
	cfg, err := loadConfig(s, file)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	r, err := control.Client{Path: socketPath(cfg)}.Reload(ctx)
	if err != nil {
		return askError(err)
	}
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
	_, err = fmt.Fprintf(s.out, "%s: ruleset %s\n", r.Outcome, short(r.Hash))
	return err
}
