package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"gatefold/builtins"
	"gatefold/hardware"
	"gatefold/internal/config"
)

func lightCommand(s stdio) *cobra.Command {
	c := &cobra.Command{
		Use:   "light",
		Short: "list and try the lights, and say what is in their way",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return c.Help()
		},
	}
	c.AddCommand(lightListCommand(s), lightTestCommand(s), lightDoctorCommand(s), lightUdevCommand(s), lightAlarmCommand(s))
	return c
}

// lightConfig is what the configuration says of lights. Lights can be tried before
// there is one: then any is meant.
func lightConfig(s stdio, file string, given bool) (*config.Config, error) {
	cfg, err := config.Load(config.LoadOptions{Path: file, Env: s.env})
	switch {
	case err == nil:
		return cfg, nil
	case !given && errors.Is(err, fs.ErrNotExist):
		return &config.Config{Light: config.Light{Kind: "usb"}, Brightness: 100}, nil
	}
	return nil, usage(err)
}

// wantedLight is a light that a configuration wants.
type wantedLight struct {
	label  string // "default", "door"
	serial string // "" is any
}

// wantedLights are those that may be blink(1)s, the one without a name first.
func wantedLights(c *config.Config) []wantedLight {
	var out []wantedLight
	if k := c.Light.Kind; k == "usb" || k == "auto" {
		out = append(out, wantedLight{config.UsualLight, strings.ToLower(c.Light.Serial)})
	}
	for _, n := range c.Lights {
		if !c.Light.Is(n.Serial) {
			out = append(out, wantedLight{n.Name, n.Serial})
		}
	}
	return out
}

// options are for looking for it as the daemon does.
func (w wantedLight) options(s stdio, c *config.Config) hardware.Blink1Options {
	return hardware.Blink1Options{Serial: w.serial, SysRoot: s.sys, DevRoot: s.dev, Except: func() []string {
		var others []string
		for _, n := range c.Lights {
			others = append(others, n.Serial)
		}
		return others
	}}
}

// lightNamed is the light that somebody calls so: a name of the configuration,
// "default", or a serial.
func lightNamed(c *config.Config, name string) (wantedLight, error) {
	if name == config.UsualLight {
		return wantedLight{config.UsualLight, strings.ToLower(c.Light.Serial)}, nil
	}
	found, err := (lightsOptions{light: c.Light, names: c.Lights}).known().Find(name)
	switch {
	case err != nil:
		return wantedLight{}, usage(err)
	case found == "":
		return wantedLight{config.UsualLight, strings.ToLower(c.Light.Serial)}, nil
	case builtins.IsSerial(found):
		return wantedLight{found, found}, nil
	}
	return wantedLight{found, c.Lights.Serial(found)}, nil
}

func lightUdevCommand(s stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "udev",
		Short: "print the udev rule that lets gatefold open a blink(1)",
		Long: `udev prints the rule that lets the group gatefold, and whoever sits at the machine,
open every blink(1), and nobody else. On standard output is the rule alone:

  gatefold light udev | sudo tee /etc/udev/rules.d/70-blink1.rules`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(s.out, hardware.UdevRule)
			fmt.Fprintln(s.err, udevAdvice)
			return nil
		},
	}
}

const udevAdvice = `To put it in force (the number before 73 is needed, for whoever sits at the machine):
  gatefold light udev | sudo tee /etc/udev/rules.d/70-blink1.rules
  sudo groupadd -f gatefold && sudo usermod -aG gatefold "$USER"
  sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=usb --attr-match=idVendor=27b8
in place of $USER the user of the daemon, if that is another one. Then start the daemon again: it is in the group
from then on, if it is started by systemd or from a new login.`
