package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/secrets"
)

type journalOptions struct {
	config, account string
	since           time.Duration
	limit           int
	asJSON          bool
}

func journalCommand(s stdio) *cobra.Command {
	var o journalOptions
	c := &cobra.Command{
		Use:   "journal",
		Short: "print what the journal holds, for its owner",
		Long: `journal prints what was seen, what was decided and what was sent, oldest first.
The file is sealed with a key of the secrets store; a running daemon need not stop.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return asFailed(printJournal(c.Context(), s, o))
		},
	}
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "gatefold.yaml", "the configuration")
	f.StringVarP(&o.account, "account", "a", "", "only this account's")
	o.since = 24 * time.Hour
	f.Var(&span{&o.since}, "since", "how far back, like 30m, 2h or 7d")
	f.IntVarP(&o.limit, "lines", "n", 0, "only the newest lines (0: all)")
	f.BoolVar(&o.asJSON, "json", false, "print a JSON object a line")
	return c
}

// journalPath is where the journal of a configuration lies.
func journalPath(c *config.Config) string { return filepath.Join(c.Data, "journal.db") }

// journalFiles are the files that belong together.
func journalFiles(c *config.Config) string {
	return journalPath(c) + ", journal.db-wal and journal.db-shm"
}

// readJournal opens the journal for reading, beside a daemon that may run. Where
// there is none, nothing is made.
func readJournal(ctx context.Context, s stdio, cfg *config.Config) (*journal.Journal, error) {
	if !there(journalPath(cfg)) {
		out := &codedError{
			code: exitFailed, err: fmt.Errorf("there is no journal yet: %s", journalPath(cfg)), hint: "gatefold run makes it",
		}
		if there(socketPath(cfg)) {
			out.hint = "a daemon that runs here without one, as gatefold demo --dir does, keeps it in memory"
		}
		return nil, out
	}
	var store secrets.Store = new(secrets.Memory)
	if !absent(cfg) {
		var err error
		if store, err = openSecrets(ctx, cfg, s, keyNotice(s.err)); err != nil {
			return nil, err
		}
	}
	key, err := keptJournalKey(ctx, cfg, store)
	if err != nil {
		return nil, err
	}
	return journal.OpenReadOnly(cfg.Data, journal.Options{Now: newClock(1).Now, Key: key})
}

func printJournal(ctx context.Context, s stdio, o journalOptions) error {
	cfg, err := loadConfig(s, o.config)
	if err != nil {
		return err
	}
	if o.account != "" && !slices.Contains(accountNames(cfg), o.account) {
		return usage(fmt.Errorf("there is no account %q in %s", clean(o.account), o.config))
	}
	j, err := readJournal(ctx, s, cfg)
	if err != nil {
		return err
	}
	defer j.Close()
	accounts := []string{o.account}
	if o.account == "" {
		accounts = accountNames(cfg)
	}
	query := journal.EntryQuery{Accounts: accounts, Since: newClock(1).Now().Add(-o.since), Limit: o.limit}
	entries, err := j.Entries(ctx, query)
	for _, e := range entries {
		if err := printEntry(s, cfg, o.asJSON, e); err != nil {
			return err
		}
	}
	if err == nil && len(entries) == 0 {
		fmt.Fprintln(s.err, "nothing in that time")
	}
	return err
}

func accountNames(cfg *config.Config) []string {
	var names []string
	for _, a := range cfg.Accounts {
		names = append(names, a.Name)
	}
	return names
}

func printEntry(s stdio, cfg *config.Config, asJSON bool, e journal.Entry) error {
	if asJSON {
		return printJSON(s.out, map[string]any{
			"seq": e.Seq, "time": e.Time, "account": e.Account, "kind": e.Kind, "data": json.RawMessage(e.Data),
		}, "")
	}
	several := ""
	if len(cfg.Accounts) > 1 {
		several = e.Account + "  "
	}
	fmt.Fprintf(s.out, "%s  %s%-9s %s\n", e.Time.In(cfg.Timezone).Format(time.DateTime), several, e.Kind, entryText(cfg, e))
	return nil
}
