package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"gatefold/hardware"
	"gatefold/internal/config"
	"gatefold/internal/control"
)

// lightLabels are the lights that the configuration knows, as metrics and people call
// them. One that is the light of the key light as well goes by that.
func lightLabels(c *config.Config) []string {
	labels := []string{config.UsualLight}
	for _, n := range c.Lights {
		if !c.Light.Is(n.Serial) {
			labels = append(labels, n.Name)
		}
	}
	return labels
}

// report is how all lights are, the one without a name first.
func (l *lights) report() []control.Light {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.news.Lock()
	defer l.news.Unlock()
	var out []control.Light
	for _, p := range l.all {
		s := p.status
		r := control.Light{
			Label: p.label(), Name: s.Name, State: string(s.State), Connected: s.Connected, Model: s.Model, Serial: s.Serial,
			Firmware: s.Firmware, Port: s.Path, Watchdog: s.Watchdog, Alarm: s.Alarm, Error: s.Err,
		}
		if p.light != nil {
			r.Name = lightStatus(p.light).Name
		}
		switch {
		case s.State == hardware.StateNone:
		case p.test != nil:
			r.Shows = hardware.Describe(frame(p.test[0].Dimmed(l.most), p.test[1].Dimmed(l.most))) + ", for gatefold light test"
		case p.asked:
			r.Shows = hardware.Describe(frame(p.wanted[0].Dimmed(l.most), p.wanted[1].Dimmed(l.most)))
		}
		out = append(out, r)
	}
	return out
}

// summary names the lights in one line of the log.
func (l *lights) summary() string {
	var names []string
	for _, r := range l.report() {
		name := r.Name
		if r.Label != config.UsualLight {
			name = r.Label
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func printLights(w io.Writer, s control.Status) {
	for _, l := range append([]control.Light{s.Light}, s.Lights...) {
		fmt.Fprintf(w, "light    %s\n", lightText(l))
		if l.Shows != "" && l.Connected && !l.Alarm {
			fmt.Fprintf(w, "         shows %s\n", l.Shows)
		}
		if l.Error != "" {
			fmt.Fprintf(w, "         %s\n", indent(l.Error))
		}
	}
}

// lightText is a light in a line: "door: usb:30001234, blink(1) mk3, firmware 303,
// connected, watchdog armed".
func lightText(l control.Light) string {
	if l.State == string(hardware.StateNone) && l.Name == "none" {
		return "none configured or found"
	}
	words := []string{l.Name}
	if l.Serial != "" && !strings.HasSuffix(l.Name, l.Serial) {
		words = append(words, l.Serial)
	}
	words = append(words, l.Model)
	if l.Firmware != "" {
		words = append(words, "firmware "+l.Firmware)
	}
	words = append(words, stateText(l))
	switch {
	case l.Alarm:
		words = append(words, "left to its ALARM: the daemon hangs")
	case l.Watchdog:
		words = append(words, "watchdog armed")
	case l.Connected && l.Name != "terminal":
		words = append(words, "watchdog NOT armed")
	}
	text := strings.Join(nonEmpty(words), ", ")
	if l.Label != config.UsualLight {
		text = l.Label + ": " + text
	}
	return text
}

func nonEmpty(words []string) []string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

func stateText(l control.Light) string {
	switch hardware.State(l.State) {
	case hardware.StateConnected:
		return "connected"
	case hardware.StateNone:
		return "closed"
	case "":
		return "not looked for yet"
	}
	return "NOT CONNECTED (" + cmp.Or(l.State, "silent") + ")"
}
