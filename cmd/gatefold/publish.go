package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/control"
)

func publishCommand(s stdio) *cobra.Command {
	var file, account string
	c := &cobra.Command{
		Use:   "publish TOPIC [key=value ...]",
		Short: "hand an event to the rules: on_TOPIC runs, now",
		Long: `publish has the running daemon call on_TOPIC of the rules, with the fields given and by
"cli"; then what stands is decided anew, so that state the handler writes counts at once. It
prints what the turn did, and fails if the turn fails: then nothing of it happens.

A value is a number, true, false or None where it reads as one, else a string; in double
quotes it is a string whatever it says: 'room="12"'.`,
		Example: `  gatefold publish party minutes=30 who=Ann`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("name the topic, as in: gatefold publish party minutes=30")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return asFailed(publish(c.Context(), s, file, account, args[0], args[1:]))
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration of the daemon")
	c.Flags().StringVarP(&account, "account", "a", "", "the account (needed where there are several)")
	return c
}

func publish(ctx context.Context, s stdio, file, name, topic string, fields []string) error {
	cfg, account, err := accountOf(s, file, name)
	if err != nil {
		return err
	}
	in := control.PublishRequest{Account: account, Topic: topic}
	if in.Fields, err = fieldsOf(fields); err != nil {
		return usage(err)
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	done, err := control.Client{Path: socketPath(cfg)}.Publish(ctx, in)
	switch {
	case errors.Is(err, control.ErrNotRunning):
		return askError(err)
	case err != nil: // what a rule failed with may hold what strangers wrote
		return &codedError{code: exitFailed, err: errors.New(harmless(err.Error()))}
	}
	for _, line := range done.Logs {
		fmt.Fprintf(s.out, "log    %s\n", harmless(line))
	}
	for _, call := range done.Did {
		fmt.Fprintf(s.out, "did    %s\n", harmless(call))
	}
	for _, call := range done.Would {
		fmt.Fprintf(s.out, "would  %s\n", harmless(call))
	}
	if done.Held > 0 {
		fmt.Fprintf(s.out, "%s held back, because of every=\n", count(done.Held, "message"))
	}
	if len(done.Did)+len(done.Would)+done.Held == 0 {
		fmt.Fprintf(s.out, "on_%s asked for nothing\n", topic)
	}
	if done.Degraded != "" {
		fmt.Fprintf(s.err, "the newest rules fail, and those before them decided: %s\n", harmless(done.Degraded))
	}
	return nil
}

func fieldsOf(args []string) ([]control.Field, error) {
	var out []control.Field
	seen := map[string]bool{}
	for _, arg := range args {
		f, err := engine.ParseField(arg)
		if err != nil {
			return nil, err
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("%s is given twice", f.Name)
		}
		seen[f.Name] = true
		raw, err := engine.EncodeValue(f.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		out = append(out, control.Field{Name: f.Name, Value: raw})
	}
	return out, nil
}

// publish hands an event to the rules of an account.
func (d *daemon) publish(ctx context.Context, in control.PublishRequest) (control.Published, error) {
	var fields []engine.Field
	for _, f := range in.Fields {
		v, err := engine.DecodeValue(f.Value)
		if err != nil {
			return control.Published{}, fmt.Errorf("field %s: %w", clean(f.Name), err)
		}
		fields = append(fields, engine.Field{Name: f.Name, Value: v})
	}
	did, err := d.order(ctx, in.Account, func(id string) engine.Input {
		return engine.Publish{ID: id, Topic: in.Topic, Fields: fields, By: "cli"}
	})
	out := control.Published{Did: did.Calls, Would: did.Would, Held: did.Held}
	for _, l := range did.Logs {
		out.Logs = append(out.Logs, l.Text+" ("+l.Pos+")")
	}
	if did.Degraded != nil {
		out.Degraded = did.Degraded.Error()
	}
	return out, err
}
