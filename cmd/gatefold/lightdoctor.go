package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatefold/hardware"
	"gatefold/internal/config"
	"gatefold/internal/control"
)

func lightDoctorCommand(s stdio) *cobra.Command {
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "say what is in the way of each light, and what to type",
		Long: `doctor looks at every blink(1) that the configuration wants, beside a running daemon or
without one, and disturbs none: is it plugged in, or another one; does another program hold
it; may gatefold open it; does the kernel see it where gatefold does not; can this build
use USB at all.

Exit code 0: no light is missing; 1: one is.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return asFailed(lightDoctor(c.Context(), s, file, c.Flags().Changed("config"), asJSON))
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration; there need not be one")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func lightDoctor(ctx context.Context, s stdio, file string, given, asJSON bool) error {
	cfg, err := lightConfig(s, file, given)
	if err != nil {
		return err
	}
	x := &examination{stdio: s, file: file, cfg: cfg}
	if cfg.File != "" {
		asked, cancel := context.WithTimeout(ctx, 5*time.Second)
		x.status, err = control.Client{Path: socketPath(cfg)}.Status(asked)
		x.running = err == nil
		cancel()
	}
	x.light()
	x.bus()
	return x.report(asJSON)
}

// light looks at every light that is wanted: through the daemon, which holds its own,
// or as the daemon would.
func (x *examination) light() {
	if x.running {
		for _, l := range append([]control.Light{x.status.Light}, x.status.Lights...) {
			x.daemonLight(l)
		}
		return
	}
	if k := x.cfg.Light.Kind; k == "terminal" || k == "none" {
		x.ok("light", "%s, as configured", k)
	}
	for _, w := range wantedLights(x.cfg) {
		what := lightWhat(w.label)
		d := hardware.Diagnose(w.options(x.stdio, x.cfg))
		switch {
		case d.State == hardware.StateConnected:
			x.ok(what, "%s", usable(d, w))
		case x.cfg.Light.Kind == "auto" && w.serial == "" && (d.State == hardware.StateAbsent || d.State == hardware.StateOther || d.State == hardware.StateUnsupported):
			x.say(what, gradeWarning, "plug one in, or write light: terminal or light: none", "no blink(1) for it: light: auto takes the terminal, or none (%s)", d.Hint)
		default:
			x.say(what, gradeFailure, lightRemedy(d.State, d.Hint), "%s: %s", d.State, d.Hint)
		}
	}
}

func (x *examination) daemonLight(l control.Light) {
	what := lightWhat(l.Label)
	switch state := hardware.State(l.State); {
	case l.Name == "none" && x.cfg.Light.Kind == "none":
		x.ok(what, "none, as configured")
	case l.Name == "none":
		x.say(what, gradeWarning, "plug a blink(1) in, and start gatefold again", "none: nothing shows the state")
	case l.Alarm:
		x.say(what, gradeFailure, "keep the log, and restart gatefold", "%s", lightText(l))
	case l.Connected:
		x.ok(what, "%s", lightText(l))
	default:
		x.say(what, gradeFailure, lightRemedy(state, l.Error), "%s: %s", l.State, l.Error)
	}
}

// lightWhat is what a finding about a light is headed by.
func lightWhat(label string) string {
	if label == config.UsualLight {
		return "light"
	}
	return "light " + label
}

// usable names what the light would be.
func usable(d hardware.Diagnosis, w wantedLight) string {
	for _, f := range d.Lights {
		if f.State == hardware.StateConnected && (w.serial == "" || w.serial == f.Serial) {
			return f.String() + ", which can be used"
		}
	}
	return "it can be used"
}

// bus says what else is to be known of what is plugged in, and is no fault.
func (x *examination) bus() {
	for _, f := range hardware.Diagnose(hardware.Blink1Options{SysRoot: x.stdio.sys, DevRoot: x.stdio.dev}).Lights {
		if f.Driver == "hid-led" {
			x.ok("blink(1) "+orDash(f.Serial), "the kernel's driver hid-led has it until a program opens it: gatefold takes it over, and it goes dark for a moment then")
		}
		if f.NoIconv {
			x.say("blink(1) "+orDash(f.Serial), gradeWarning, "where /sys cannot be read, take a build that is not static, or one made with CGO_CFLAGS=-DNO_ICONV",
				"libusb of this build cannot read serials (it has no iconv): they come from /sys")
		}
	}
}

// lightRemedy is what to type. hint tells apart what forbids it: a control group, or the mode of its node.
func lightRemedy(s hardware.State, hint string) string {
	switch s {
	case hardware.StateAbsent:
		return "plug it in: gatefold finds it by itself"
	case hardware.StateOther:
		return "gatefold light list shows the serials: write the right one into the configuration"
	case hardware.StateBusy:
		return "end the other program: gatefold takes the light by itself then"
	case hardware.StateForbidden:
		if strings.Contains(hint, "DeviceAllow=") {
			return "in the systemd unit: DeviceAllow=char-usb_device rw, and then systemctl daemon-reload and a restart"
		}
		return "gatefold light udev | sudo tee /etc/udev/rules.d/70-blink1.rules   (gatefold light udev says what else)"
	case hardware.StateHidden:
		return "in the systemd unit: RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK, PrivateDevices=no, DeviceAllow=char-usb_device rw; in a container: --device /dev/bus/usb"
	case hardware.StateUnsupported:
		return "take a build with USB (gatefold version says whether it is one), or write light: terminal"
	}
	return "unplug it, and plug it in again"
}

// report prints what was found, and fails if something is broken.
func (x *examination) report(asJSON bool) error {
	failures := 0
	for _, f := range x.found {
		if f.Grade == gradeFailure {
			failures++
		}
	}
	if asJSON {
		if err := printJSON(x.stdio.out, x.found, "  "); err != nil {
			return err
		}
	} else {
		printFindings(x.stdio.out, x.found)
	}
	if failures > 0 {
		return &codedError{code: exitFailed, err: errors.New(count(failures, "failure"))}
	}
	return nil
}
