package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/secrets"
)

func logoutCommand(s stdio) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "logout [ACCOUNT]",
		Short: "forget the credential of an account",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return logout(c.Context(), s, file, folder(args, ""))
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration")
	return c
}

func logout(ctx context.Context, s stdio, file, name string) error {
	cfg, account, err := accountOf(s, file, name)
	if err != nil {
		return err
	}
	store, err := openSecrets(ctx, cfg, s, keyNotice(s.err))
	if err != nil {
		return err
	}
	v := newVault(cfg, store, account, newClock(1).Now)
	switch err := forget(ctx, store, v); {
	case errors.Is(err, secrets.ErrNotFound):
		fmt.Fprintf(s.out, "account %s was not linked\n", account)
		return nil
	case err != nil:
		return &codedError{code: exitFailed, err: err}
	default:
		fmt.Fprintf(s.out, "forgot the credential of account %s\n", account)
	}
	if v.isGiven {
		fmt.Fprintf(s.err, "warning: GATEFOLD_SECRET_%s would link it again: unset it\n", config.RefreshTokenName(account))
	}
	fmt.Fprint(s.out, "Spotify still honours it. Its owner ends that at https://www.spotify.com/account/apps/ (Remove access).\n")
	err = control.Client{Path: socketPath(cfg)}.Linked(ctx, control.AccountRequest{Account: account})
	if err != nil && !errors.Is(err, control.ErrNotRunning) {
		fmt.Fprintf(s.err, "warning: the running daemon could not be told (%v): it sees until its present token ends, within an hour\n", err)
	}
	return nil
}

// forget deletes a credential while nobody refreshes it.
func forget(ctx context.Context, store secrets.Store, v *vault) error {
	unlock, err := v.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return store.Delete(ctx, config.CredentialName(v.account))
}
