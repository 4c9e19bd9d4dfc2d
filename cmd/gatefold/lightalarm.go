package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"gatefold/hardware"
)

func lightAlarmCommand(s stdio) *cobra.Command {
	var file string
	var yes bool
	c := &cobra.Command{
		Use:   "alarm [LIGHT]",
		Short: "write the alarm into the EEPROM of a blink(1) mk1, once",
		Long: `alarm is for a blink(1) mk1 only. If the daemon dies, the light's own watchdog shows an
alarm: later models are given it each time they are opened; a mk1 plays what its EEPROM
holds, which is a rainbow as it is sold. This writes the alarm (short red flashes) there.

It costs up to 12 of the about 100,000 writes that the EEPROM lasts for, the pattern that
was there is lost, and gatefold must not be running. LIGHT is a name of the configuration
or a serial; it is needed where several blink(1)s are plugged in.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return asFailed(lightAlarm(c.Context(), s, file, c.Flags().Changed("config"), optional(args, 0), yes))
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration, for names of lights; there need not be one")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

func lightAlarm(ctx context.Context, s stdio, file string, given bool, name string, yes bool) error {
	cfg, err := lightConfig(s, file, given)
	if err != nil {
		return err
	}
	o := hardware.Blink1Options{SysRoot: s.sys, DevRoot: s.dev}
	if name != "" {
		w, err := lightNamed(cfg, name)
		if err != nil {
			return err
		}
		o.Serial = w.serial
	}
	if daemonLights(ctx, cfg) != nil {
		return &codedError{code: exitFailed, err: errors.New("gatefold is running, and holds the lights"), hint: "stop it first"}
	}
	if !yes {
		if err := s.agree(ctx, "write the alarm into the EEPROM of the blink(1) mk1? The pattern that is there is lost."); err != nil {
			return err
		}
	}
	written, err := hardware.WriteAlarm(o)
	switch {
	case err != nil:
		return err
	case written == 0:
		fmt.Fprintln(s.out, "the alarm was there already: nothing was written")
	default:
		fmt.Fprintf(s.out, "%s written: the light shows the alarm from now on, if the daemon dies\n", count(written, "line"))
	}
	return nil
}

// agree asks whoever sits at the terminal, who has to type yes.
func (s stdio) agree(ctx context.Context, question string) error {
	in := s.terminalIn()
	if in == nil {
		return usage(errors.New("nobody is there to be asked: say --yes"))
	}
	fmt.Fprint(s.err, question+" (yes/no) ")
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n')
		lines <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return errInterrupted
	case line := <-lines:
		if line != "yes" {
			return errors.New("nothing was changed")
		}
	}
	return nil
}
