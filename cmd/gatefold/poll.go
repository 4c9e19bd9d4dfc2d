package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
)

type pollOptions struct {
	config, length  string
	asJSON, explain bool
}

func pollCommand(s stdio) *cobra.Command {
	var o pollOptions
	c := &cobra.Command{
		Use:   "poll [ACCOUNT] [INTERVAL|auto]",
		Short: "show when and why each account is looked at, or set its pace for a while",
		Long: `poll shows the next look, the interval and the reason for it, and what is left of the
budget. With an INTERVAL, like 5s or 2m (1s to 1h), the running daemon looks at that pace
instead, whatever the rules say (poll() in a rule), for an hour or as long as --for says
(at most 7d), also over restarts; auto ends that. The budget outranks it, and while an intruder plays
it makes no pause later. ACCOUNT is needed where there are several.`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return asFailed(poll(c.Context(), s, o, args))
		},
	}
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "gatefold.yaml", "the configuration of the daemon")
	f.StringVar(&o.length, "for", "", "with an INTERVAL: how long, like 10m, 2h or 1d (default 1h)")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	f.BoolVar(&o.explain, "explain", false, "say what was learned, and what the plan follows from")
	return c
}

func poll(ctx context.Context, s stdio, o pollOptions, args []string) error {
	cfg, err := loadConfig(s, o.config)
	if err != nil {
		return err
	}
	named := len(args) > 0 && slices.ContainsFunc(cfg.Accounts, func(a config.Account) bool { return a.Name == args[0] })
	pace := optional(args, 1)
	if _, err := parseSpan(optional(args, 0)); len(args) == 1 && !named && (err == nil || args[0] == "auto") {
		args, pace = nil, args[0] // of the only account
	}
	switch {
	case pace == "" && o.length != "":
		return usage(errors.New("--for belongs to an interval, as in: gatefold poll home 5s --for 10m"))
	case pace != "" && (o.asJSON || o.explain):
		return usage(errors.New("--json and --explain are for what gatefold poll shows"))
	case pace == "":
		return showPolls(ctx, s, cfg, o, optional(args, 0))
	}
	return setPace(ctx, s, o, optional(args, 0), pace)
}

// setPace begins or ends an override.
func setPace(ctx context.Context, s stdio, o pollOptions, name, pace string) error {
	cfg, account, err := accountOf(s, o.config, name)
	if err != nil {
		return err
	}
	in, err := overrideOf(pace, o.length)
	if err != nil {
		return usage(err)
	}
	in.Account, in.By = account, person(s)
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	done, err := control.Client{Path: socketPath(cfg)}.Override(ctx, in)
	switch {
	case err != nil:
		return askError(err)
	case done.Until.IsZero():
		fmt.Fprintf(s.out, "account %s: looked at as planned\n", account)
		return nil
	}
	usual := ""
	if o.length == "" {
		usual = ", an hour as nothing else was said (--for)"
	}
	fmt.Fprintf(s.out, "account %s: looked at every %s until %s%s; the budget outranks that\n", account, engine.FormatDuration(in.Every), day(cfg, done.Until), usual)
	return nil
}

// overrideOf reads an interval, or auto, and for how long.
func overrideOf(pace, length string) (in control.OverrideRequest, err error) {
	if pace == "auto" {
		if length != "" {
			return in, errors.New("auto ends what was set: --for does not belong there")
		}
		return in, nil
	}
	if in.Every, err = parseSpan(pace); err != nil {
		return in, fmt.Errorf("%w (or auto, for as planned)", err)
	}
	in.For = engine.OverrideFor
	if length != "" {
		if in.For, err = parseSpan(length); err != nil {
			return in, fmt.Errorf("--for: %w", err)
		}
	}
	if in.Every == 0 {
		in.Every = -1 // 0 would end it
	}
	if err := (engine.Override{Every: in.Every, For: in.For}).Check(); err != nil {
		if in.Every < 0 {
			return in, fmt.Errorf("a look every %s: at least %s apart", clean(pace), engine.FormatDuration(engine.ShortestOverride))
		}
		return in, err
	}
	return in, nil
}

// override begins or ends an override.
func (d *daemon) override(ctx context.Context, in control.OverrideRequest) (control.Done, error) {
	_, err := d.order(ctx, in.Account, func(id string) engine.Input {
		return engine.Override{ID: id, Every: in.Every, For: in.For, By: by(in.By)}
	})
	var done control.Done
	if a := d.board.account(in.Account); err == nil && a.Override != nil {
		done.Until = a.Override.Until
	}
	return done, err
}

// polls is what gatefold poll shows.
type polls struct {
	Now      time.Time      `json:"now"` // by the daemon's clock
	Budget   control.Budget `json:"budget"`
	Accounts []plan         `json:"accounts"`
}

// plan is when an account is looked at, and why.
type plan struct {
	Name     string            `json:"name"`
	LastLook time.Time         `json:"last_look,omitzero"`
	NextLook time.Time         `json:"next_look,omitzero"`
	Interval time.Duration     `json:"interval_ns"`
	Why      string            `json:"why"`
	Worst    time.Duration     `json:"worst_ns,omitempty"`
	Reasons  *control.Plan     `json:"reasons,omitempty"`
	Override *control.Override `json:"override,omitempty"`
	Hold     *control.Hold     `json:"hold,omitempty"`
	Blind    string            `json:"blind,omitempty"` // kind
	Message  string            `json:"message,omitempty"`
}

func showPolls(ctx context.Context, s stdio, cfg *config.Config, o pollOptions, name string) error {
	if name != "" {
		var err error
		if cfg, name, err = accountOf(s, o.config, name); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	st, err := control.Client{Path: socketPath(cfg)}.Status(ctx)
	if err != nil {
		return askError(err)
	}
	reasons := map[string]control.Plan{}
	if o.explain {
		plans, err := control.Client{Path: socketPath(cfg)}.Plans(ctx)
		if err != nil {
			return askError(err)
		}
		for _, p := range plans.Accounts {
			reasons[p.Account] = p
		}
	}
	out := polls{Now: st.Now, Budget: st.Budget, Accounts: []plan{}}
	for _, a := range st.Accounts {
		if name == "" || a.Name == name {
			p := plan{
				Name: a.Name, LastLook: a.LastLook, NextLook: a.NextLook, Interval: a.Interval, Why: a.Why, Worst: a.Worst,
				Override: a.Override, Hold: a.Hold, Blind: a.Blind, Message: a.Message,
			}
			if r, ok := reasons[a.Name]; ok {
				p.Reasons = &r
			}
			out.Accounts = append(out.Accounts, p)
		}
	}
	if o.asJSON {
		return printJSON(s.out, out, "  ")
	}
	for _, p := range out.Accounts {
		printPlan(s.out, out.Now, p)
	}
	b := out.Budget
	fmt.Fprintf(s.out, "budget: %d of %d calls left in 30 s, %d of %d in 24 h\n", b.Per30s, b.Of30s, b.PerDay, b.OfDay)
	if !b.Blocked.IsZero() {
		fmt.Fprintf(s.out, "  Spotify wants no calls until %s\n", b.Blocked.Format(time.DateTime))
	}
	return nil
}

// printPlan says of one account when it is looked at, and why.
func printPlan(w io.Writer, now time.Time, p plan) {
	if p.NextLook.IsZero() {
		fmt.Fprintf(w, "%s: no look is planned yet\n", p.Name)
	} else {
		fmt.Fprintf(w, "%s: next look in %s, last %s\n", p.Name, max(p.NextLook.Sub(now), 0).Round(100*time.Millisecond), ago(now, p.LastLook))
		fmt.Fprintf(w, "  pace   every %s: %s\n", engine.FormatDuration(p.Interval.Round(100*time.Millisecond)), clean(p.Why))
	}
	if p.Worst > 0 && p.Blind == "" {
		fmt.Fprintf(w, "  worst  somebody who begins now is seen within %s\n", engine.FormatDuration(p.Worst.Round(time.Second)))
	}
	if p.Override != nil {
		fmt.Fprintf(w, "  set    %s\n", overriddenText(now, p.Name, *p.Override))
	}
	if p.Hold != nil {
		fmt.Fprintf(w, "  hold   %s\n", onHold(now, *p.Hold))
	}
	if p.Blind != "" {
		fmt.Fprintf(w, "  BLIND  %s: %s\n", p.Blind, indent(p.Message))
	}
	if p.Reasons != nil {
		printReasons(w, *p.Reasons)
	}
}

func overriddenText(now time.Time, account string, o control.Override) string {
	return fmt.Sprintf("every %s until %s%s; to end it: gatefold poll %s auto", engine.FormatDuration(o.Every), moment(now, o.Until), byText(o.By), account)
}
