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
	if _, given := cfg.RefreshToken(account); given {
		fmt.Fprintf(s.err, "warning: GATEFOLD_SECRET_%s links it at the next start: unset it\n", config.RefreshTokenName(account))
	}
	forgotten, err := forget(ctx, s, cfg, account)
	if err != nil {
		return &codedError{code: exitFailed, err: err}
	}
	if !forgotten {
		fmt.Fprintf(s.out, "account %s was not linked\n", account)
		return nil
	}
	fmt.Fprintf(s.out, "forgot the credential of account %s\n", account)
	fmt.Fprint(s.out, "Spotify still honours it. Its owner ends that at https://www.spotify.com/account/apps/ (Remove access).\n")
	done, err := tellOfLink(ctx, cfg, account)
	if done.Note != "" {
		fmt.Fprintln(s.err, "warning:", harmless(done.Note))
	}
	if err != nil && !errors.Is(err, control.ErrNotRunning) {
		fmt.Fprintf(s.err, "warning: the running daemon could not be told (%v): it sees until its present token ends, within an hour\n", err)
	}
	return nil
}

// tellOfLink tells the daemon that runs that the credential of an account has changed.
func tellOfLink(ctx context.Context, cfg *config.Config, account string) (control.Done, error) {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	return control.Client{Path: socketPath(cfg)}.Linked(ctx, control.AccountRequest{Account: account})
}

// forget deletes a credential while nobody refreshes it; false: there is none.
func forget(ctx context.Context, s stdio, cfg *config.Config, account string) (bool, error) {
	if absent(cfg) {
		return false, nil
	}
	store, err := openSecrets(ctx, cfg, s, keyNotice(s.err))
	if err != nil {
		return false, err
	}
	unlock, err := newVault(cfg, store, account, newClock(1).Now).Lock(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	err = store.Delete(ctx, config.CredentialName(account))
	if errors.Is(err, secrets.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
