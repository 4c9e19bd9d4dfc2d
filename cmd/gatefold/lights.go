package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"gatefold/builtins"
	"gatefold/hardware"
	"gatefold/internal/config"
)

// lights are the lights of a daemon: the one of the key light, whose name is "",
// those that the key lights names, and those that only rules name by their serials,
// from when they do. A blink(1) is shown by one of them: what has a name, or is
// named by a rule, is not for a light that takes any.
type lights struct {
	o    lightsOptions
	move sync.Mutex // held while a device goes from one light to another
	jobs sync.WaitGroup

	mu     sync.Mutex
	all    []*lamp // the one without a name first
	most   int     // percent
	closed bool
	full   bool // was said

	news    sync.Mutex // innermost: lights tell how they are from wherever they are asked
	claimed []string   // serials that are not for a light that takes any
	heard   []*lamp    // the same as all
}

// lightsOptions say what lights there are, and who hears of them. All but usual,
// changed and alive are required.
type lightsOptions struct {
	light   config.Light
	names   config.Lights
	most    int // percent of brightness
	stdio   stdio
	log     *slog.Logger
	usual   func(hardware.Options) hardware.Light           // in place of what light says
	told    func(light string, s hardware.Status, all bool) // how a light is, whenever that changes, and whether all that are wanted are there
	changed func()                                          // a light shows something else
	alive   func() bool                                     // while it says no, lights are left to their alarm
}

// mostLights is more than a machine has ports. Without a bound a rule that makes up
// serials would have goroutines look for each of them.
const mostLights = 32

// lamp is one of them.
type lamp struct {
	name   string
	open   func(hardware.Options) (hardware.Light, error)
	light  hardware.Light // nil while it changes hands
	wanted [2]builtins.LED
	asked  bool
	test   *[2]builtins.LED // shown in place of what is wanted
	tests  int              // how often that was asked for

	// guarded by news
	status  hardware.Status
	said    string
	changes uint64
}

// openLights opens what the configuration names.
func openLights(o lightsOptions) (*lights, error) {
	l := &lights{o: o, most: o.most}
	for _, n := range o.names {
		l.claimed = append(l.claimed, n.Serial)
	}
	usual := &lamp{open: l.usual}
	if err := l.add(usual); err != nil {
		return nil, err
	}
	for _, n := range o.names {
		if o.light.Is(n.Serial) {
			continue // it is the one without a name
		}
		if err := l.add(&lamp{name: n.Name, open: l.blink1(n.Serial)}); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

// known are the lights as rules can name them.
func (o lightsOptions) known() *builtins.Lights {
	k := &builtins.Lights{Serials: map[string]string{}, Usual: strings.ToLower(o.light.Serial)}
	for _, n := range o.names {
		k.Serials[n.Name] = n.Serial
	}
	return k
}

// names are those of the lights that are open, but of the one without.
func (l *lights) names() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, p := range l.all[1:] {
		names = append(names, p.name)
	}
	return names
}

// usual opens the light of the key light. auto takes a blink(1) if one is plugged in
// that no other light is for, else the terminal if there is one, else none.
func (l *lights) usual(o hardware.Options) (hardware.Light, error) {
	if l.o.usual != nil {
		return l.o.usual(o), nil
	}
	kind := l.o.light.Kind
	if kind == "auto" {
		switch {
		case l.spare():
			kind = "usb"
		case l.o.stdio.terminal:
			kind = "terminal"
		default:
			kind = "none"
		}
		l.o.light.Kind = kind // for good: it is not looked for again
	}
	switch kind {
	case "usb":
		return l.blink1(l.o.light.Serial)(o)
	case "terminal":
		return hardware.NewTerminal(hardware.TerminalOptions{
			Options: o, Writer: l.o.stdio.out, Live: false,
			Profile: hardware.ProfileOf(l.o.stdio.terminal, l.o.stdio.getenv),
		}), nil
	case "none":
		return hardware.None(), nil
	}
	return nil, fmt.Errorf("light %q: auto, usb, usb:<serial>, terminal or none is needed", kind)
}

// spare says whether a blink(1) is plugged in that has no other light.
func (l *lights) spare() bool {
	found, err := hardware.ListBlink1()
	return err == nil && slices.ContainsFunc(found, func(i hardware.Info) bool { return !slices.Contains(l.others(), i.Serial) })
}

// blink1 opens the one with a serial, or any that is nobody else's.
func (l *lights) blink1(serial string) func(hardware.Options) (hardware.Light, error) {
	return func(o hardware.Options) (hardware.Light, error) {
		return hardware.OpenBlink1(hardware.Blink1Options{
			Options: o, Serial: serial, SysRoot: l.o.stdio.sys, DevRoot: l.o.stdio.dev, Except: l.others,
		})
	}
}

// others are the serials that a light which takes any must leave alone.
func (l *lights) others() []string {
	l.news.Lock()
	defer l.news.Unlock()
	return l.claimed
}

// add opens a light, and has it show what is wanted of it by then.
func (l *lights) add(p *lamp) error {
	l.mu.Lock()
	if !slices.Contains(l.all, p) {
		l.all = append(l.all, p)
	}
	l.news.Lock()
	l.heard = slices.Clone(l.all)
	l.news.Unlock()
	l.mu.Unlock()
	light, err := p.open(hardware.Options{
		Clock:   newClock(1), // the wire is not faster because a story is
		Changed: func(s hardware.Status) { l.changed(p, s) },
		Alive:   l.o.alive,
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return light.Close()
	}
	p.light = light
	if s := lightStatus(light); s.State == hardware.StateNone { // of which nothing is heard
		l.changed(p, s)
	}
	l.refresh(p)
	return nil
}

// refresh has a light show what it should. Called with mu held.
func (l *lights) refresh(p *lamp) {
	switch {
	case p.light == nil || l.closed:
	case p.test != nil:
		p.light.Show(frame(p.test[0].Dimmed(l.most), p.test[1].Dimmed(l.most)))
	case p.asked:
		p.light.Show(frame(p.wanted[0].Dimmed(l.most), p.wanted[1].Dimmed(l.most)))
	}
}

// show is for the arbiter: it does not block. A light that it names first is opened
// beside it.
func (l *lights) show(name string, top, bottom builtins.LED) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	p := l.find(name)
	if p == nil && len(l.all) >= mostLights {
		if !l.full {
			l.full = true
			l.o.log.Error("rules name more lights than can be opened: this one and further ones are left out", "light", name, "at_most", mostLights)
		}
		return
	}
	if p == nil {
		p = &lamp{name: name, open: l.blink1(name)}
		l.all = append(l.all, p)
		l.job(func() { l.claim(p) })
	}
	p.wanted, p.asked = [2]builtins.LED{top, bottom}, true
	l.refresh(p)
}

func (l *lights) find(name string) *lamp {
	for _, p := range l.all {
		if p.name == name {
			return p
		}
	}
	return nil
}

// job runs beside whoever asked. Called with mu held, before Close.
func (l *lights) job(f func()) { l.jobs.Go(f) }

// claim opens a light that a rule has named by its serial.
func (l *lights) claim(p *lamp) {
	l.news.Lock()
	l.claimed = append(slices.Clone(l.claimed), p.name) // others are read meanwhile
	l.news.Unlock()
	l.giveUp()
	if err := l.add(p); err != nil {
		l.o.log.Error("a light that a rule names cannot be opened", "light", p.name, "error", err)
	}
}

// giveUp has the light that takes any let go of a device that is another light's,
// and look for one that is not.
func (l *lights) giveUp() {
	l.move.Lock()
	defer l.move.Unlock()
	l.mu.Lock()
	p := l.all[0]
	light := p.light
	if l.closed || light == nil || !l.holdsClaimed(p) {
		l.mu.Unlock()
		return
	}
	p.light = nil
	l.mu.Unlock()
	if err := light.Close(); err != nil {
		l.o.log.Warn("a light that changes hands", "error", err)
	}
	if err := l.add(p); err != nil {
		l.o.log.Error("the light cannot be opened again", "error", err)
	}
}

// holdsClaimed says whether the light that takes any has a device that is not for it.
func (l *lights) holdsClaimed(p *lamp) bool {
	if l.o.light.Kind != "usb" || l.o.light.Serial != "" {
		return false
	}
	l.news.Lock()
	defer l.news.Unlock()
	return slices.Contains(l.claimed, p.status.Serial)
}

// changed hears how a light is.
func (l *lights) changed(p *lamp, s hardware.Status) {
	l.news.Lock()
	p.status = s
	changes := s.Changes - min(p.changes, s.Changes) // one that was opened anew counts anew
	p.changes = s.Changes
	news := s.Err != "" && s.Err != p.said
	p.said = s.Err
	if l.o.told != nil {
		l.o.told(p.label(), s, l.connected())
	}
	taken := s.Serial != "" && p.name == "" && slices.Contains(l.claimed, s.Serial)
	l.news.Unlock()
	if news {
		l.o.log.Warn("the light is not connected", "light", p.label(), "error", s.Err)
	}
	for ; changes > 0 && l.o.changed != nil; changes-- {
		l.o.changed()
	}
	if taken { // it was being opened when a rule named it
		go l.yield()
	}
}

// yield is giveUp, unless everything ends.
func (l *lights) yield() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.job(l.giveUp)
	}
}

// label is what people call a light.
func (p *lamp) label() string {
	if p.name == "" {
		return config.UsualLight
	}
	return p.name
}

// connected says whether every light that is wanted is there. Called with news held.
func (l *lights) connected() bool {
	wanted := 0
	for _, p := range l.heard {
		if p.status.State == hardware.StateNone {
			continue
		}
		wanted++
		if !p.status.Connected {
			return false
		}
	}
	return wanted > 0
}

// dim changes what is the most that any light shows.
func (l *lights) dim(percent int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.most = percent
	for _, p := range l.all {
		l.refresh(p)
	}
}

// try shows something on a light in place of the truth, for so long.
func (l *lights) try(p *lamp, what [2]builtins.LED, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.tests++
	n := p.tests
	p.test = &what
	l.refresh(p)
	time.AfterFunc(d, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if p.tests == n {
			p.test = nil
			l.refresh(p)
		}
	})
}

// Close makes all of them dark, side by side: each may take hardware.CloseWait.
func (l *lights) Close() error {
	l.mu.Lock()
	l.closed = true
	errs := make([]error, len(l.all))
	var wg sync.WaitGroup
	for i, p := range l.all {
		if light := p.light; light != nil {
			wg.Go(func() {
				if err := light.Close(); err != nil {
					errs[i] = fmt.Errorf("%s: %w", p.label(), err)
				}
			})
		}
	}
	l.mu.Unlock()
	wg.Wait()
	l.jobs.Wait()
	return errors.Join(errs...)
}

// frame is what the arbiter decided, for a light on a wire.
func frame(top, bottom builtins.LED) hardware.Frame {
	return hardware.Frame{Top: led(top), Bottom: led(bottom)}
}

func led(l builtins.LED) hardware.LED {
	out := hardware.LED{Color: hardware.RGB{R: l.R, G: l.G, B: l.B}, Fade: l.Fade, Every: l.Every}
	if l.Pattern != "" {
		var err error
		if out.Pattern, err = hardware.ParsePattern(l.Pattern); err != nil { // a bug: dark would be a lie
			return hardware.LED{Color: hardware.RGB{R: 0xff, B: 0xff}, Every: 250 * time.Millisecond}
		}
	}
	return out
}

// lightStatus is how a light is, if it can say.
func lightStatus(l hardware.Light) hardware.Status {
	if r, ok := l.(hardware.Reporter); ok {
		return r.Status()
	}
	return hardware.Status{State: hardware.StateConnected, Name: "custom", Connected: true}
}
