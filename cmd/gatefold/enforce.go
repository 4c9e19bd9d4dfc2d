package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"gatefold/internal/config"
	"gatefold/internal/control"
)

func enforceCommand(s stdio) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "enforce ACCOUNT on|off",
		Short: "begin or end enforcing, now and over restarts",
		Long: `enforce switches the running daemon: on, it pauses and posts; off, it looks, decides,
lights, and says what it would do. It holds over restarts, until enforce: in the
configuration is given another value than it has now.`,
		Args:      cobra.ExactArgs(2),
		ValidArgs: []string{"on", "off"},
		RunE: func(c *cobra.Command, args []string) error {
			return asFailed(enforce(c.Context(), s, file, args[0], args[1]))
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration of the daemon")
	return c
}

func enforce(ctx context.Context, s stdio, file, name, what string) error {
	cfg, account, err := accountOf(s, file, name)
	if err != nil {
		return err
	}
	if what != "on" && what != "off" {
		return usage(fmt.Errorf("enforce %s %s: write on or off", account, clean(what)))
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	done, err := control.Client{Path: socketPath(cfg)}.Enforce(ctx, control.EnforceRequest{Account: account, On: what == "on", By: person(s)})
	if err != nil {
		return askError(err)
	}
	text := "off: nothing is paused or posted"
	if what == "on" {
		text = "on: intruders are paused, messages posted"
	}
	fmt.Fprintf(s.out, "account %s: enforcement is %s\n", account, text)
	if configured(cfg, account) != (what == "on") {
		fmt.Fprintf(s.out, "it holds over restarts, until enforce: %t in %s is changed\n", configured(cfg, account), file)
	}
	if done.Note != "" {
		fmt.Fprintln(s.out, "but "+done.Note)
	}
	return nil
}

func configured(cfg *config.Config, account string) bool {
	for _, a := range cfg.Accounts {
		if a.Name == account {
			return a.Enforce
		}
	}
	return false
}
