package main

import (
	"fmt"
	"log/slog"

	"gatefold/builtins"
	"gatefold/hardware"
	"gatefold/internal/config"
	"gatefold/metrics"
)

// openLight opens the configured light. auto takes a blink(1) if one is plugged
// in, else the terminal if there is one, else none.
func openLight(c config.Light, s stdio, m *metrics.Metrics, log *slog.Logger) (hardware.Light, error) {
	var changes uint64
	var said string
	o := hardware.Options{
		Clock: newClock(1), // the wire is not faster because a story is
		Changed: func(st hardware.Status) {
			m.LightConnected(st.Connected)
			if st.Err != said && st.Err != "" {
				log.Warn("the light is not connected", "error", st.Err)
			}
			said = st.Err
			for ; changes < st.Changes; changes++ {
				m.LightChanged()
			}
		},
	}
	kind := c.Kind
	if kind == "auto" {
		kind = "none"
		found, err := hardware.ListBlink1()
		switch {
		case err == nil && len(found) > 0:
			kind = "usb"
		case s.terminal:
			kind = "terminal"
		}
	}
	switch kind {
	case "usb":
		return hardware.OpenBlink1(hardware.Blink1Options{Options: o, Serial: c.Serial})
	case "terminal":
		return hardware.NewTerminal(hardware.TerminalOptions{
			Options: o, Writer: s.out, Live: false,
			Profile: hardware.ProfileOf(s.terminal, s.getenv),
		}), nil
	case "none":
		return hardware.None(), nil
	}
	return nil, fmt.Errorf("light %q: auto, usb, usb:<serial>, terminal or none is needed", c.Kind)
}

// frame is what the arbiter decided, for a light on a wire.
func frame(top, bottom builtins.LED) hardware.Frame {
	return hardware.Frame{Top: led(top), Bottom: led(bottom)}
}

func led(l builtins.LED) hardware.LED {
	return hardware.LED{Color: hardware.RGB{R: l.R, G: l.G, B: l.B}, Fade: l.Fade, Every: l.Every}
}

// lightStatus is how a light is, if it can say.
func lightStatus(l hardware.Light) hardware.Status {
	if r, ok := l.(hardware.Reporter); ok {
		return r.Status()
	}
	return hardware.Status{Name: "custom", Connected: true}
}
