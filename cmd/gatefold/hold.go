package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/control"
)

func holdCommand(s stdio) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "hold TIME|off [ACCOUNT]",
		Short: "leave everybody alone for a while: nothing is paused or posted",
		Long: `hold tells the running daemon to look, decide and light as ever, and to enforce and
announce nothing. TIME is like 30m, 3h or 2d: at least 1m, at most 7d. It ends by itself,
also over restarts, or with gatefold hold off; an intruder who still plays then is paused
and announced at once. ACCOUNT is needed where there are several.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("say for how long, as in: gatefold hold 3h (or off, to end it)")
			}
			return cobra.MaximumNArgs(2)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			return asFailed(hold(c.Context(), s, file, args[0], optional(args, 1)))
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration of the daemon")
	return c
}

// optional is the nth argument, or "".
func optional(args []string, n int) string {
	if n < len(args) {
		return args[n]
	}
	return ""
}

func hold(ctx context.Context, s stdio, file, length, name string) error {
	cfg, account, err := accountOf(s, file, name)
	if err != nil {
		return err
	}
	in := control.HoldRequest{Account: account, By: person(s)}
	if length != "off" {
		if in.For, err = parseSpan(length); err != nil {
			return usage(fmt.Errorf("%w (or off, to end it)", err))
		}
		if err := heldFor(in.For); err != nil {
			return usage(err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	done, err := control.Client{Path: socketPath(cfg)}.Hold(ctx, in)
	if err != nil {
		return askError(err)
	}
	what := "not on hold"
	if !done.Until.IsZero() {
		what = "on hold until " + day(cfg, done.Until) + ": it is looked at, decided and lit; nothing is paused or posted"
	}
	fmt.Fprintf(s.out, "account %s: %s\n", account, what)
	if done.Note != "" {
		fmt.Fprintln(s.out, done.Note)
	}
	return nil
}

// heldFor says what is wrong with the length of a hold that begins.
func heldFor(d time.Duration) error {
	if d == 0 {
		return fmt.Errorf("a hold of no time: at least %s (or off, to end one)", engine.FormatDuration(engine.ShortestHold))
	}
	return engine.Hold{For: d}.Check()
}

// hold begins or ends a hold.
func (d *daemon) hold(ctx context.Context, in control.HoldRequest) (control.Done, error) {
	_, err := d.order(ctx, in.Account, func(id string) engine.Input {
		return engine.Hold{ID: id, For: in.For, By: by(in.By)}
	})
	var done control.Done
	a := d.board.account(in.Account)
	if err == nil && a.Hold != nil {
		done.Until = a.Hold.Until
	}
	if err == nil && !a.Enforce {
		done.Note = "it is a dry run besides: nothing is paused or posted after a hold either"
	}
	return done, err
}

func onHold(now time.Time, h control.Hold) string {
	return "on hold until " + moment(now, h.Until) + byText(h.By) + ": nothing is paused or posted"
}

// moment is a time to come, with its day unless it is within a day.
func moment(now, t time.Time) string {
	if t.Sub(now) < 24*time.Hour {
		return t.Format("15:04")
	}
	return t.Format("2006-01-02 15:04")
}

func byText(by string) string {
	if by == "" {
		return ""
	}
	return " (by " + clean(by) + ")"
}
