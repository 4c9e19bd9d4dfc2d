package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"gatefold/hardware"
	"gatefold/internal/config"
	"gatefold/internal/control"
)

func lightListCommand(s stdio) *cobra.Command {
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "list the blink(1)s that are plugged in, without disturbing them",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return asFailed(lightList(c.Context(), s, file, c.Flags().Changed("config"), asJSON))
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration, for names of lights; there need not be one")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// listedLight is a blink(1) that is plugged in.
type listedLight struct {
	Serial   string   `json:"serial,omitempty"`
	Model    string   `json:"model"`
	Port     string   `json:"port"`
	Names    []string `json:"names,omitempty"` // of the configuration
	State    string   `json:"state"`           // as for gatefold_light_state; connected: it can be used, or the daemon uses it
	Daemon   bool     `json:"daemon,omitempty"`
	Firmware string   `json:"firmware,omitempty"` // known of one that the daemon uses
	Driver   string   `json:"driver,omitempty"`   // what of the kernel's is bound to it
	Hint     string   `json:"hint,omitempty"`
}

func lightList(ctx context.Context, s stdio, file string, given, asJSON bool) error {
	cfg, err := lightConfig(s, file, given)
	if err != nil {
		return err
	}
	found := listLights(s, cfg, daemonLights(ctx, cfg))
	switch {
	case asJSON:
		return printJSON(s.out, found, "  ")
	case len(found) > 0:
		return printListed(s.out, found)
	case !hardware.USBSupported():
		return hardware.ErrNoUSB
	}
	fmt.Fprintln(s.out, "no blink(1) is plugged in (USB 27b8:01ed)")
	return nil
}

// daemonLights are those of the daemon that runs on a configuration; none if none does.
func daemonLights(ctx context.Context, cfg *config.Config) []control.Light {
	if cfg.File == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	st, err := control.Client{Path: socketPath(cfg)}.Status(ctx)
	if err != nil {
		return nil
	}
	return append([]control.Light{st.Light}, st.Lights...)
}

func listLights(s stdio, cfg *config.Config, daemon []control.Light) []listedLight {
	out := []listedLight{}
	for _, f := range hardware.Diagnose(hardware.Blink1Options{SysRoot: s.sys, DevRoot: s.dev}).Lights {
		l := listedLight{Serial: f.Serial, Model: f.Model, Port: f.Path, State: string(f.State), Driver: f.Driver, Hint: f.Hint}
		if cfg.Light.Is(f.Serial) {
			l.Names = append(l.Names, config.UsualLight)
		}
		for _, n := range cfg.Lights {
			if n.Serial == f.Serial {
				l.Names = append(l.Names, n.Name)
			}
		}
		for _, d := range daemon {
			if d.Connected && d.Serial != "" && d.Serial == f.Serial && samePort(d.Port, f.Path) {
				l.Daemon, l.State, l.Firmware, l.Hint = true, string(hardware.StateConnected), d.Firmware, ""
				if len(l.Names) == 0 {
					l.Names = append(l.Names, d.Label)
				}
			}
		}
		out = append(out, l)
	}
	return out
}

// samePort says whether two paths are of one device. The kernel's is without the interface.
func samePort(a, b string) bool {
	a, _, _ = strings.Cut(a, ":")
	b, _, _ = strings.Cut(b, ":")
	return a == b
}

func printListed(w io.Writer, found []listedLight) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "SERIAL\tMODEL\tPORT\tNAME\tSTATE")
	for _, l := range found {
		state := l.State
		switch {
		case l.Daemon:
			state = "connected, by the daemon"
		case state == string(hardware.StateConnected):
			state = "can be used"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", orDash(l.Serial), l.Model, orDash(l.Port), orDash(strings.Join(l.Names, ", ")), state)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, l := range found {
		if l.Hint != "" {
			fmt.Fprintf(w, "%s\n", harmless(l.Hint))
		}
	}
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
