package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"gatefold/builtins"
	"gatefold/hardware"
	"gatefold/internal/config"
	"gatefold/internal/control"
)

type lightTestOptions struct {
	config  string
	given   bool
	light   string
	pattern string
	each    time.Duration
}

func lightTestCommand(s stdio) *cobra.Command {
	var o lightTestOptions
	c := &cobra.Command{
		Use:   "test [LIGHT]",
		Short: "show everything that a light can mean, one after the other",
		Long: `test shows each meaning of a light for a moment, and says which it is. A running daemon
shows it, and the truth again after that; without one the light is opened for it, and dark
at the end. LIGHT is a name of the configuration, default (that of the key light) or a
serial; without it all of them are tried.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.light, o.given = optional(args, 0), c.Flags().Changed("config")
			if o.pattern != "" && !c.Flags().Changed("for") {
				o.each = 5 * time.Second
			}
			return asFailed(lightTest(c.Context(), s, o))
		},
	}
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "gatefold.yaml", "the configuration; there need not be one")
	f.StringVar(&o.pattern, "pattern", "", `show this pattern instead, like "3,#ff0000,0.5,0,#000000,0.5,0"`)
	f.DurationVar(&o.each, "for", time.Second, "how long each is shown (a pattern: 5s)")
	return c
}

// longestTest bounds how long somebody may hide the truth.
const longestTest = time.Minute

func lightTest(ctx context.Context, s stdio, o lightTestOptions) error {
	cfg, err := lightConfig(s, o.config, o.given)
	if err != nil {
		return err
	}
	if o.each < 100*time.Millisecond || o.each > longestTest {
		return usage(fmt.Errorf("--for %s: from 100ms to %s", o.each, longestTest))
	}
	scenes := meanings()
	if o.pattern != "" {
		p, err := hardware.ParsePattern(o.pattern)
		if err != nil {
			return usage(err)
		}
		scenes = []meaning{{"pattern", hardware.Describe(hardware.Both(hardware.LED{Pattern: p})), builtins.LED{Pattern: p.String()}}}
	}
	var label string
	if o.light != "" {
		w, err := lightNamed(cfg, o.light)
		if err != nil {
			return err
		}
		label = w.label
	}
	// A terminal that is closed, or nobody who reads on: if that killed us, the light would show the alarm of a daemon.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	stage, end, err := lightStage(ctx, s, cfg, label)
	if err != nil {
		return err
	}
	for _, m := range scenes {
		if err = stage(ctx, m, o.each); err != nil {
			break
		}
		fmt.Fprintf(s.out, "%-8s %s (%s)\n", m.name, hardware.Describe(frame(m.led, m.led)), m.text)
		select {
		case <-ctx.Done():
			err = errInterrupted
		case <-time.After(o.each):
		}
		if err != nil {
			break
		}
	}
	return errors.Join(err, end())
}

// lightStage gives who shows something on the light with a label ("" is all of them):
// the daemon, or we ourselves.
func lightStage(ctx context.Context, s stdio, cfg *config.Config, label string) (show func(context.Context, meaning, time.Duration) error, end func() error, err error) {
	daemon := control.Client{Path: socketPath(cfg)}
	if cfg.File != "" {
		asked, cancel := context.WithTimeout(ctx, asking)
		_, err := daemon.Status(asked)
		cancel()
		switch {
		case err == nil:
			return func(ctx context.Context, m meaning, d time.Duration) error {
				in := control.LightRequest{Light: label, For: d + 200*time.Millisecond} // the next comes before that ends
				if in.Meaning = m.name; m.name == "pattern" {
					in.Meaning, in.Pattern = "", m.led.Pattern
				}
				asked, cancel := context.WithTimeout(ctx, asking)
				defer cancel()
				_, err := daemon.Light(asked, in)
				if err != nil {
					return askError(err)
				}
				return nil
			}, func() error { return nil }, nil
		case !errors.Is(err, control.ErrNotRunning):
			return nil, nil, askError(err)
		}
	}
	return ownStage(ctx, s, cfg, label)
}

// ownStage opens the lights for a while.
func ownStage(ctx context.Context, s stdio, cfg *config.Config, label string) (show func(context.Context, meaning, time.Duration) error, end func() error, err error) {
	o := lightsOptions{light: cfg.Light, names: cfg.Lights, most: cfg.Brightness, stdio: s, log: slog.New(slog.DiscardHandler)}
	if builtins.IsSerial(label) {
		o.light, o.names, label = config.Light{Kind: "usb", Serial: label}, nil, config.UsualLight
	}
	news := make(chan struct{}, 1)
	o.told = func(string, hardware.Status, bool) {
		select {
		case news <- struct{}{}:
		default:
		}
	}
	l, err := openLights(o)
	if err != nil {
		return nil, nil, err
	}
	// What is heard while they are being opened is not yet of all of them.
	enough := time.After(2 * time.Second)
	for waiting := true; waiting && l.missing(label) != nil; {
		select {
		case <-news:
		case <-enough:
			waiting = false
		case <-ctx.Done():
			return nil, nil, errors.Join(errInterrupted, l.Close())
		}
	}
	if err := l.missing(label); err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return func(_ context.Context, m meaning, _ time.Duration) error {
		for _, p := range l.labelled(label) {
			l.show(p.name, m.led, m.led)
		}
		return nil
	}, l.Close, nil
}

// labelled are the lights that somebody calls so; "" is all of them.
func (l *lights) labelled(label string) []*lamp {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*lamp
	for _, p := range l.all {
		if label == "" || p.label() == label {
			out = append(out, p)
		}
	}
	return out
}

// missing says which of the lights with a label is not there, and why.
func (l *lights) missing(label string) error {
	var missing []string
	wanted := 0
	all := l.report()
	for _, r := range all {
		if label != "" && r.Label != label || r.Name == "none" && label == "" && len(all) > 1 {
			continue
		}
		wanted++
		switch {
		case r.Name == "none":
			missing = append(missing, r.Label+": no light is configured or found")
		case !r.Connected:
			missing = append(missing, r.Label+": "+harmless(r.Error))
		}
	}
	switch {
	case wanted == 0:
		return fmt.Errorf("there is no light %s here", label)
	case len(missing) > 0:
		return &codedError{code: exitFailed, err: errors.New(strings.Join(missing, "\n")), hint: "gatefold light doctor says more"}
	}
	return nil
}

// light shows something for a while, for gatefold light test.
func (d *daemon) light(_ context.Context, in control.LightRequest) (control.Done, error) {
	var led builtins.LED
	switch {
	case in.For <= 0 || in.For > longestTest+time.Second:
		return control.Done{}, fmt.Errorf("for %s: at most %s", in.For, longestTest)
	case in.Pattern != "":
		p, err := hardware.ParsePattern(in.Pattern)
		if err != nil {
			return control.Done{}, err
		}
		led.Pattern = p.String()
	default:
		known := false
		for _, m := range meanings() {
			if m.name == in.Meaning {
				led, known = m.led, true
			}
		}
		if !known {
			return control.Done{}, fmt.Errorf("%q is no meaning of a light", in.Meaning)
		}
	}
	if err := d.lights.missing(in.Light); err != nil {
		return control.Done{}, err
	}
	for _, p := range d.lights.labelled(in.Light) {
		d.lights.try(p, [2]builtins.LED{led, led}, in.For)
	}
	return control.Done{}, nil
}
