package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/secrets"
	"gatefold/internal/spotify"
)

// needs are the permissions that watching and the rules of a configuration need,
// and extra ones that somebody asks for.
func needs(ctx context.Context, s stdio, c *config.Config, extra []string) ([]builtins.Need, error) {
	try, closed, err := trialFor(s, c)
	if err != nil {
		return nil, err
	}
	defer closed()
	rules, err := readRules(ctx, c.Rules, try)
	if err != nil {
		return nil, &codedError{
			code: exitFailed, err: fmt.Errorf("the rules in %s cannot be read, so it is not known which permissions they need:\n%s", c.Rules, problemText(err)),
			hint: "gatefold check " + c.Rules,
		}
	}
	out := builtins.Needs(rules.Calls)
	for _, scope := range extra {
		if !slices.ContainsFunc(out, func(n builtins.Need) bool { return n.Scope == scope }) {
			out = append(out, builtins.Need{Scope: scope})
		}
	}
	return out, nil
}

// scopesOf are the permissions to ask for.
func scopesOf(needs []builtins.Need) []string {
	var out []string
	for _, n := range needs {
		if n.Scope != "" {
			out = append(out, n.Scope)
		}
	}
	return out
}

// unseenTexts say where the rules hide what they need. Asking for all that may be
// meant would be more than most rules need, so nothing is asked for.
func unseenTexts(needs []builtins.Need) []string {
	var out []string
	for _, n := range needs {
		if n.Scope != "" {
			continue
		}
		for _, c := range n.Calls {
			out = append(out, fmt.Sprintf("%s: %s as a value: gatefold cannot see which permissions are meant, and asks for none (%s)", c.Pos, c.Name, spelledOut(c)))
		}
	}
	return out
}

func spelledOut(c engine.Call) string {
	return "write each member by its name, as in " + c.Name + ".devices()"
}

// printNeeds says what is asked for, and which places in the rules need it.
func printNeeds(w io.Writer, needs []builtins.Need, extra []string) {
	for i, n := range needs {
		if n.Scope == "" && len(n.Calls) > 0 {
			fmt.Fprintf(w, "  %-28s %s: %s\n", "(cannot be seen)", placesOf(n), spelledOut(n.Calls[0]))
			continue
		}
		fmt.Fprintf(w, "  %-28s %s\n", n.Scope, reasonOf(n, i == 0, slices.Contains(extra, n.Scope)))
	}
}

func reasonOf(n builtins.Need, first, asked bool) string {
	switch {
	case len(n.Calls) > 0:
		return placesOf(n)
	case first:
		return "looking at the player"
	case asked:
		return "asked for with --scope"
	}
	return ""
}

// placesOf names the places that need it, up to three.
func placesOf(n builtins.Need) string {
	var places []string
	for i, c := range n.Calls {
		if i == 3 {
			places = append(places, fmt.Sprintf("and %d more", len(n.Calls)-i))
			break
		}
		places = append(places, c.Name+" ("+c.Pos+")")
	}
	return strings.Join(places, ", ")
}

// lacking are the needs that a grant does not cover. Scopes that are not known
// lack nothing, nor do places where it cannot be seen what they need; a playlist
// scope of the other kind is as good.
func lacking(needs []builtins.Need, granted []string) []builtins.Need {
	if granted == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(needs), func(n builtins.Need) bool {
		return n.Scope == "" || slices.Contains(granted, n.Scope) ||
			n.Scope == "playlist-modify-private" && slices.Contains(granted, "playlist-modify-public")
	})
}

// lackText is what is said of a need that the login of an account does not cover.
func lackText(account string, n builtins.Need, login string) string {
	what := "looking at the player"
	if len(n.Calls) > 0 {
		what = placesOf(n)
	}
	return fmt.Sprintf("account %s: %s needs the permission %s, which its login does not grant: type %s", account, what, n.Scope, login)
}

// lacking says which permissions a ruleset needs that the logins do not grant, and
// shows it in the status; and where it cannot be seen which it needs.
func (d *daemon) lacking(rules *engine.Ruleset) []string {
	need := builtins.Needs(rules.Calls)
	all := unseenTexts(need)
	for _, c := range d.cfg.Accounts {
		var texts []string
		for _, n := range lacking(need, d.granted(c.Name)) {
			texts = append(texts, lackText(c.Name, n, d.login(c.Name)))
		}
		d.board.lacks(c.Name, strings.Join(texts, "\n"))
		all = append(all, texts...)
	}
	return all
}

// granted are the scopes of an account's login as far as they are known: those in
// use, or, before there are any, those of the store.
func (d *daemon) granted(account string) []string {
	if a := d.account(account); a != nil {
		if scopes, known := a.tokens.Granted(); known {
			return scopes
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), journalWithin)
	defer cancel()
	cred, err := newVault(d.cfg, d.secrets, account, d.w.Clock.Now).stored(ctx)
	if err != nil {
		return nil
	}
	return cred.Scopes
}

// loginsWithin is how long a check waits for the store, be it a service or a keyring.
const loginsWithin = 5 * time.Second

// lackingLogins compares what rules need with what the logins of a configuration
// grant. Without a configuration or a store there is nothing to compare with, and
// nobody is asked for a passphrase.
func lackingLogins(ctx context.Context, s stdio, file string, need []builtins.Need) ([]string, error) {
	texts := unseenTexts(need)
	if file == "" {
		if file = "gatefold.yaml"; !there(file) {
			return texts, nil
		}
	}
	cfg, err := loadConfig(s, file)
	if err != nil {
		return nil, err
	}
	if cfg.Secrets.Store == "file" && (!there(secretsFolder(cfg)) || cfg.Secrets.KeyFile == config.KeyFileNone) {
		return texts, nil
	}
	lacks, err := comparedLogins(ctx, cfg, need, func(ctx context.Context) (secrets.Store, error) {
		return openSecrets(ctx, cfg, s, keyNotice(s.err))
	})
	return append(texts, lacks...), err
}

// comparedLogins says what the logins in a store lack. A store that cannot be read
// says nothing about the rules, so that is one of the texts too; the error is that of
// somebody who does not want to wait.
func comparedLogins(ctx context.Context, cfg *config.Config, need []builtins.Need, open func(context.Context) (secrets.Store, error)) ([]string, error) {
	within, cancel := context.WithTimeout(ctx, loginsWithin)
	defer cancel()
	store, err := open(within)
	switch {
	case ctx.Err() != nil:
		return nil, interrupted(ctx, ctx.Err())
	case err != nil:
		return []string{"what the logins grant is not known: " + err.Error()}, nil
	}
	var out []string
	for _, a := range cfg.Accounts {
		c, err := newVault(cfg, store, a.Name, newClock(1).Now).stored(within)
		switch {
		case ctx.Err() != nil:
			return nil, interrupted(ctx, err)
		case errors.Is(err, spotify.ErrNoCredential):
			continue // gatefold doctor says so
		case err != nil:
			out = append(out, fmt.Sprintf("account %s: what its login grants is not known: %s", a.Name, err))
			continue
		}
		for _, n := range lacking(need, c.Scopes) {
			out = append(out, lackText(a.Name, n, "gatefold login "+a.Name))
		}
	}
	return out, nil
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
