package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatefold/builtins"
	"gatefold/internal/config"
	"gatefold/internal/notify"
	"gatefold/internal/secrets"
)

// targets carries messages of rules to where the configuration says, under the names
// that it gives.
type targets map[string]target

// target is one of them. One that lacks something keeps its name, so that what is
// sent to it fails by itself and says why.
type target struct {
	what   string // "ntfy at ntfy.sh", "Slack, #music"
	send   func(context.Context, builtins.Notice) (json.RawMessage, error)
	reach  func(context.Context) error // asks whether it is there, and sends nothing; nil: there is nothing to ask
	lacks  *unready                    // what keeps it from being sent to; nil: nothing
	secure string                      // "signed", "with a token", "without a token"
}

// unready is what a target lacks. Another try would not mend it.
type unready struct {
	target, what string
	do           string // what mends it
}

func (l *unready) Error() string { return fmt.Sprintf("target %s: %s: %s", l.target, l.what, l.do) }

// Permanent says that trying again is no use.
func (*unready) Permanent() bool { return true }

// Notify implements builtins.Notifier.
func (all targets) Notify(ctx context.Context, name string, n builtins.Notice) (json.RawMessage, error) {
	t, ok := all[name]
	switch {
	case !ok: // written before the configuration lost it
		return nil, &unready{name, "the config does not name it any more", "write it below notify: there"}
	case t.lacks != nil:
		return nil, t.lacks
	}
	return t.send(ctx, n)
}

// targeting is what targets are made of.
type targeting struct {
	cfg       *config.Config
	store     secrets.Store
	slack     builtins.Poster // nil: there is no token
	transport http.RoundTripper
	now       func() time.Time
}

// open builds the targets that the configuration names. Only a secrets store that does
// not answer is an error: what a target lacks is its own.
func (o targeting) open(ctx context.Context) (targets, error) {
	client := &http.Client{Transport: o.transport}
	all := targets{}
	for name, c := range o.cfg.Notify {
		if c.Kind() == "slack" {
			all[name] = o.slackTarget(name, c.Slack)
			continue
		}
		t, err := o.httpTarget(ctx, name, c, client)
		if err != nil {
			return nil, err
		}
		all[name] = t
	}
	return all, nil
}

func (o targeting) slackTarget(name, channel string) target {
	t := target{what: "Slack, " + channel, secure: "with the bot's token"}
	if o.slack == nil {
		t.lacks = &unready{name, "there is no Slack token", "gatefold secret set " + config.SlackBotToken}
		return t
	}
	t.send = func(ctx context.Context, n builtins.Notice) (json.RawMessage, error) {
		receipt, err := o.slack.Post(ctx, builtins.Posting{Channel: channel, Parts: n.Parts})
		if err != nil {
			return nil, err
		}
		return json.Marshal(receipt)
	}
	return t
}

func (o targeting) httpTarget(ctx context.Context, name string, c config.Target, client *http.Client) (target, error) {
	kind, address, secretName, build := "ntfy", c.Ntfy, config.TargetSecret(name, config.TargetToken), notify.NewNtfy
	if c.Webhook != "" {
		kind, address, secretName, build = "webhook", c.Webhook, config.TargetSecret(name, config.TargetKey), notify.NewWebhook
	}
	t := target{what: kind}
	set := func(name string) string { return "gatefold secret set " + name }
	where := config.NewSecret(string(address))
	if address == config.AddressSecret {
		urlName := config.TargetSecret(name, config.TargetURL)
		given, ok, err := secret(ctx, o.cfg, o.store, urlName)
		if err != nil {
			return target{}, err
		}
		if !ok {
			t.lacks = &unready{name, "its address is a secret and not set", set(urlName)}
			return t, nil
		}
		where = given
	}
	key, keyed, err := secret(ctx, o.cfg, o.store, secretName)
	if err != nil {
		return target{}, err
	}
	switch {
	case kind == "webhook" && !keyed:
		t.lacks = &unready{name, "there is no key, and nothing is sent unsigned", "openssl rand -hex 32, give it to the receiver, and " + set(secretName)}
		return t, nil
	case kind == "webhook":
		t.secure = "signed"
	case keyed:
		t.secure = "with a token"
	default:
		t.secure = "without a token"
	}
	to, err := build(notify.Options{Name: name, URL: where.Reveal, Secret: key.Reveal, HTTP: client, Now: o.now})
	if err != nil {
		t.lacks = &unready{name, err.Error(), "mend notify." + name + " in the config, or its secrets (gatefold secret set)"}
		return t, nil
	}
	t.what, t.reach = kind+" at "+to.Host(), to.Reach
	t.send = func(ctx context.Context, n builtins.Notice) (json.RawMessage, error) {
		receipt, err := to.Send(ctx, messageOf(n))
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]int{"status": receipt.Status})
	}
	return t, nil
}

func messageOf(n builtins.Notice) notify.Message {
	m := notify.Message{ID: n.ID, Account: n.Account, Time: n.Time}
	for _, p := range n.Parts {
		m.Parts = append(m.Parts, notify.Part{Text: p.Text, URL: p.URL})
	}
	return m
}

// openTargets builds what notify() of the rules sends to, and says what is missing.
func (d *daemon) openTargets(ctx context.Context, post builtins.Poster) (targets, error) {
	all, err := targeting{cfg: d.cfg, store: d.secrets, slack: post, transport: transportOr(d.w.Notify), now: d.w.Clock.Now}.open(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range d.cfg.TargetNames() {
		if l := all[name].lacks; l != nil {
			d.log.Warn("messages to a target of notify are not sent", "target", name, "error", l.what, "hint", l.do)
		}
	}
	return all, nil
}

// borrowedTargets are the targets for a command that is not the daemon.
func borrowedTargets(ctx context.Context, cfg *config.Config, store secrets.Store) (targets, error) {
	o := targeting{cfg: cfg, store: store, transport: transportOr(nil), now: newClock(1).Now}
	token, ok, err := secret(ctx, cfg, store, config.SlackBotToken)
	if err != nil {
		return nil, err
	}
	if ok {
		p, err := newPoster(cfg, token.Reveal, transportOr(nil), o.now)
		if err != nil {
			return nil, err
		}
		o.slack = p
	}
	return o.open(ctx)
}

// targets looks at each target: what it lacks, and whether anything answers there.
func (x *examination) targets(ctx context.Context) {
	names := x.cfg.TargetNames()
	if len(names) == 0 {
		return
	}
	all, err := borrowedTargets(ctx, x.cfg, x.store)
	if err != nil {
		x.say("notify", gradeFailure, hintOf(err), "%s", textOf(err))
		return
	}
	for _, name := range names {
		what, t := "notify "+name, all[name]
		if t.lacks != nil {
			x.say(what, gradeFailure, t.lacks.do, "%s", t.lacks.what)
			continue
		}
		if t.reach != nil {
			if err := t.reach(ctx); err != nil {
				x.say(what, gradeFailure, "see whether the network is there, and the address right", "%s, %s: %s", t.what, t.secure, err)
				continue
			}
		}
		x.ok(what, "%s, %s; gatefold notify %s tries it", t.what, t.secure, name)
	}
}

func notifyCommand(s stdio) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "notify TARGET [TEXT]",
		Short: "send one message to a target of notify(), to see whether it arrives",
		Long: `notify sends one message to a target that the configuration names below notify:, now and
once, and says what came of it. It needs no daemon, and goes neither through its outbox nor
by its dry run. Without TEXT it sends one that says that it is a test.`,
		Example: `  gatefold notify phone
  gatefold notify ops "hello there"`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New(`name the target, as in: gatefold notify phone "hello"`)
			}
			return cobra.MaximumNArgs(2)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			text := "a test message of gatefold"
			if len(args) > 1 {
				text = args[1]
			}
			return notifyOnce(c.Context(), s, file, args[0], text)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration")
	return c
}

func notifyOnce(ctx context.Context, s stdio, file, name, text string) error {
	cfg, err := loadConfig(s, file)
	if err != nil {
		return err
	}
	if _, ok := cfg.Notify[name]; !ok {
		if len(cfg.Notify) == 0 {
			return usage(fmt.Errorf("%s names no target: write one below notify: there, such as phone: {ntfy: https://ntfy.sh/a-topic}", cfg.File))
		}
		return usage(fmt.Errorf("%s names no target %s: it names %s", cfg.File, clean(name), strings.Join(cfg.TargetNames(), ", ")))
	}
	var store secrets.Store = new(secrets.Memory) // where none is yet, none is made for this
	if !absent(cfg) {
		if store, err = openSecrets(ctx, cfg, s, keyNotice(s.err)); err != nil {
			return err
		}
	}
	all, err := borrowedTargets(ctx, cfg, store)
	if err != nil {
		return asFailed(err)
	}
	now := newClock(1).Now()
	_, err = all.Notify(ctx, name, builtins.Notice{
		ID: fmt.Sprintf("cli-%d/0", now.UnixNano()), Time: now, Parts: []builtins.Part{{Text: text}},
	})
	var l *unready
	switch {
	case errors.As(err, &l):
		return &codedError{code: exitFailed, err: fmt.Errorf("not sent to %s: %s", name, l.what), hint: l.do}
	case err != nil:
		return &codedError{code: exitFailed, err: fmt.Errorf("not sent to %s: %w", name, err)}
	}
	fmt.Fprintf(s.out, "sent to %s (%s)\n", name, all[name].what)
	return nil
}
