package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/secrets"
)

func secretCommand(s stdio) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "secret",
		Short: "set, list and remove what the secrets store keeps",
		Long: `secret sets, lists and removes secrets. Values are taken on standard input only,
and never printed. What gatefold login keeps is listed too.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration")
	with := func(do func(context.Context, *config.Config, secrets.Store, []string) error) func(*cobra.Command, []string) error {
		return func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(s, file)
			if err != nil {
				return err
			}
			if c.Name() != "set" && absent(cfg) {
				fmt.Fprintln(s.err, "the store is empty")
				return nil
			}
			store, err := openSecrets(c.Context(), cfg, s, keyNotice(s.err))
			if err != nil {
				return err
			}
			return asFailed(do(c.Context(), cfg, store, args))
		}
	}
	c.AddCommand(
		&cobra.Command{
			Use: "set NAME", Short: "set a secret, from standard input", Args: nameOnly,
			Long: `set takes a value on standard input; in a terminal it asks for it, and does not show it.
NAME is SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SPOTIFY_CLIENT_SECRET, JOURNAL_KEY, or of a target
of notify: NOTIFY_PHONE_TOKEN (ntfy), NOTIFY_OPS_KEY (webhook), and NOTIFY_PHONE_URL where
the configuration says "secret" in the place of the address.`,
			RunE: with(func(ctx context.Context, cfg *config.Config, store secrets.Store, args []string) error {
				return setSecret(ctx, s, cfg, store, args[0])
			}),
		},
		&cobra.Command{
			Use: "list", Short: "list the names, never the values", Args: cobra.NoArgs,
			RunE: with(func(ctx context.Context, _ *config.Config, store secrets.Store, _ []string) error {
				return listSecrets(ctx, s, store)
			}),
		},
		&cobra.Command{
			Use: "rm NAME", Short: "remove a secret", Args: cobra.ExactArgs(1),
			RunE: with(func(ctx context.Context, cfg *config.Config, store secrets.Store, args []string) error {
				return removeSecret(ctx, s, cfg, store, args[0])
			}),
		},
		&cobra.Command{
			Use: "rotate-key", Short: "seal everything anew under a new key", Args: cobra.NoArgs,
			RunE: with(func(ctx context.Context, _ *config.Config, store secrets.Store, _ []string) error {
				return rotateKey(ctx, s, store)
			}),
		},
	)
	return c
}

// nameOnly refuses a value on the command line, where it is already in the history
// of the shell and in the process list.
func nameOnly(_ *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return errors.New("which secret? Its name is needed, as in: gatefold secret set SLACK_BOT_TOKEN")
	case 1:
		return nil
	}
	return errors.New("values are taken on standard input only: what stands on the command line is in the shell's history now, so replace that secret")
}

// asFailed gives an error the exit code of a failure, unless it has one.
func asFailed(err error) error {
	var coded *codedError
	if err == nil || errors.As(err, &coded) {
		return err
	}
	return &codedError{code: exitFailed, err: err}
}

func setSecret(ctx context.Context, s stdio, cfg *config.Config, store secrets.Store, name string) error {
	if err := settable(cfg, name); err != nil {
		return err
	}
	value, err := readSecret(ctx, s, name)
	if err != nil {
		return err
	}
	if name == config.JournalKey {
		key, err := decodeJournalKey(config.NewSecret(string(value)))
		if err == nil {
			err = opensJournal(cfg, key)
		}
		if err != nil {
			return err
		}
	}
	if err := store.Put(ctx, name, secrets.NewValue(value)); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "set %s\n", name)
	switch {
	case name == config.SlackBotToken && !strings.HasPrefix(string(value), "xoxb-"):
		fmt.Fprintln(s.err, "warning: a bot token begins with xoxb-: is it the right one?")
	case name == config.SlackAppToken && !strings.HasPrefix(string(value), "xapp-"):
		fmt.Fprintln(s.err, "warning: an app token begins with xapp-: is it the right one?")
	}
	if _, ok := cfg.Secret(name); ok {
		fmt.Fprintf(s.err, "warning: GATEFOLD_SECRET_%s of the environment comes before it\n", name)
	} else if name == config.SlackBotToken || name == config.SlackAppToken {
		fmt.Fprintln(s.out, "a running daemon uses it from its next start on, or as soon as Slack refuses the one that it has")
	} else {
		fmt.Fprintln(s.out, "a running daemon uses it from its next start on")
	}
	return nil
}

// settable refuses names that nothing would ever read.
func settable(cfg *config.Config, name string) error {
	known := slices.DeleteFunc(cfg.SecretNames(), func(n string) bool { return strings.HasPrefix(n, "SPOTIFY_") && strings.HasSuffix(n, "_REFRESH_TOKEN") })
	switch {
	case slices.Contains(known, name):
		return nil
	case strings.HasSuffix(name, "_REFRESH_TOKEN") || strings.HasSuffix(name, "_CREDENTIAL"):
		return usage(fmt.Errorf("%s comes by a login: gatefold login, or gatefold login --refresh-token-stdin", clean(name)))
	case strings.HasPrefix(name, "NOTIFY_") && len(cfg.TargetNames()) == 0:
		return usage(fmt.Errorf("%s is of a target of notify, and the configuration names none: write one below notify: first, such as phone: {ntfy: secret}", clean(name)))
	}
	return usage(fmt.Errorf("%s is no secret that gatefold uses: it uses %s", clean(name), strings.Join(known, ", ")))
}

// readSecret takes a value on standard input: a line on a terminal, where it does
// not show, or everything.
func readSecret(ctx context.Context, s stdio, name string) ([]byte, error) {
	if in := s.terminalIn(); in != nil {
		value, err := s.ask(ctx, in, name+" (it does not show)")
		if err == nil && len(strings.TrimSpace(string(value))) == 0 {
			err = errors.New("nothing was typed: nothing was changed")
		}
		return []byte(strings.TrimSpace(string(value))), interrupted(ctx, err)
	}
	raw, err := io.ReadAll(io.LimitReader(s.in, secrets.MaxValue+2))
	if err != nil {
		return nil, err
	}
	value := strings.TrimRight(string(raw), "\r\n")
	switch {
	case value == "":
		return nil, usage(errors.New("standard input is empty: write the value there, as in: gatefold secret set " + name + " < file"))
	case strings.ContainsAny(value, "\r\n\x00 \t"):
		return nil, usage(errors.New("the value has a space or a line break in it: exactly one secret is needed on standard input"))
	}
	return []byte(value), nil
}

func listSecrets(ctx context.Context, s stdio, store secrets.Store) error {
	lister, ok := store.(secrets.Lister)
	if !ok {
		return errors.New("this store cannot list what it has")
	}
	names, err := lister.List(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		fmt.Fprintln(s.out, name)
	}
	if len(names) == 0 {
		fmt.Fprintln(s.err, "the store is empty")
	}
	return nil
}

func removeSecret(ctx context.Context, s stdio, cfg *config.Config, store secrets.Store, name string) error {
	if sealed, err := journal.IsSealed(journalPath(cfg)); name == config.JournalKey && (err != nil || sealed) {
		return &codedError{
			code: exitFailed, err: fmt.Errorf("%s is sealed with %s: without it nobody can read it any more", journalPath(cfg), name),
			hint: "move " + journalFiles(cfg) + " away first: devices, approvals and history begin anew then",
		}
	}
	err := store.Delete(ctx, name)
	if errors.Is(err, secrets.ErrNotFound) {
		return fmt.Errorf("%s: there is no such secret (gatefold secret list)", clean(name))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "removed %s\n", name)
	return nil
}

func rotateKey(ctx context.Context, s stdio, store secrets.Store) error {
	rotator, ok := store.(secrets.Rotator)
	if !ok {
		return &codedError{
			code: exitFailed, err: errors.New("the key of this store is not gatefold's to replace"),
			hint: "the keyring and AWS look after their keys themselves",
		}
	}
	r, err := rotator.Rotate(ctx)
	if err != nil {
		return err
	}
	verb := "are"
	if len(r.Names) == 1 {
		verb = "is"
	}
	fmt.Fprintf(s.out, "%s %s sealed under a new key, in %s\n", count(len(r.Names), "secret"), verb, r.Key)
	fmt.Fprintln(s.out, "a copy of the old key opens nothing any more: make a new one")
	if r.Note != "" {
		fmt.Fprintln(s.err, "note:", r.Note)
	}
	return nil
}
