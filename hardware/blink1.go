package hardware

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Blink1Options says which blink(1) to use.
type Blink1Options struct {
	Options
	Serial  string // of the one to use, in either case; "" takes the first that can be opened, in order of serials
	SysRoot string // where sysfs is; "" is /sys
	DevRoot string // where device nodes are; "" is /dev
	// Except gives the serials of those that are other lights', which a light without a Serial leaves alone. It is asked
	// at each search and must not block; nil is none.
	Except func() []string
}

// Info describes a blink(1) that is plugged in. Texts come from the device: what cannot be printed was dropped.
type Info struct {
	Serial  string // 8 hex digits, lower case; empty if nobody can read it
	Model   string // "blink(1) mk2"
	Path    string // where it is plugged in, "1-1.2:1.0" on Linux
	Release uint16 // bcdDevice: 0x0100 mk1, 0x0002 mk2, 0x0101 mk3
	// Firmware is "303", or empty as long as nobody has opened it to ask.
	Firmware string
	mute     bool // libusb cannot read its serial
}

// bus finds blink(1)s and opens them; device is one that is open. The goroutine of one Blink1 is the only one that
// calls them: closing a handle while another thread uses it crashes the process in C.
type (
	bus interface {
		find() ([]Info, error)
		open(Info) (device, error)
	}
	device interface {
		send(report) error
		ask(report) (reply, error) // sends a question and fetches what the device answers, which may be to another one
		alive() error              // reads something; changes nothing
		close() error
	}
)

const (
	firstRetry = 200 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// Blink1 is the light of a blink(1). Made by OpenBlink1.
type Blink1 struct {
	*owner
	serial string
	except func() []string
	alive  func() bool
	bus    bus
	sys    sysfs
	seq    sequence
	lost   *Info // what has failed while it was ours, and may be lit; nil if none has since one was driven
}

// OpenBlink1 starts to look for a blink(1) and to show frames on it. It does not need one to be there: Status says
// whether it is, and why not. In a build without USB it never will be. The error is about the options.
func OpenBlink1(o Blink1Options) (*Blink1, error) {
	sys := newSysfs(o.SysRoot, o.DevRoot)
	return openBlink1(o, usb{sys}, sys, USBSupported())
}

func openBlink1(o Blink1Options, on bus, sys sysfs, supported bool) (*Blink1, error) {
	if o.Clock == nil {
		return nil, errors.New("open blink(1): no clock given")
	}
	b := &Blink1{serial: wantedSerial(o.Serial), except: o.Except, alive: o.Alive, bus: on, sys: sys}
	if b.except == nil {
		b.except = func() []string { return nil }
	}
	if b.alive == nil {
		b.alive = func() bool { return true }
	}
	name := "usb"
	if b.serial != "" {
		name += ":" + b.serial
	}
	b.owner = newOwner(o.Options, name)
	if !supported {
		b.tell(func(s *Status) { s.State, s.Err = StateUnsupported, ErrNoUSB.Error() })
		close(b.done)
		return b, nil
	}
	go b.run()
	return b, nil
}

// wantedSerial is a serial as devices have it.
func wantedSerial(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// run owns the device from here to Close.
func (b *Blink1) run() {
	defer close(b.done)
	retry := firstRetry
	for !b.closing() {
		worked, err := b.use()
		if worked {
			retry = firstRetry
		}
		if err == nil {
			break
		}
		b.tell(func(s *Status) { s.disconnected(stateOf(err), err.Error()) })
		if b.closing() || !b.sleep(retry) {
			break
		}
		retry = min(2*retry, lastRetry)
	}
	if b.lost != nil {
		b.last = b.darken(*b.lost)
	}
	b.tell(func(s *Status) { s.disconnected(StateNone, "") })
}

// darken is for a device that has failed and that nobody will look for any more. It was lit, and its watchdog would show
// the alarm of somebody who has died. So it is tried once more; one that was pulled out is dark.
func (b *Blink1) darken(i Info) error {
	b.serial = i.Serial // no other one, which may not be ours
	s, _, err := b.connect()
	if err == nil {
		err = errors.Join(s.end(), s.dev.close())
	}
	if err != nil && !unplugged(err) {
		return fmt.Errorf("close the light: it may not be dark: %w", err)
	}
	return nil
}

// unplugged says whether a device that is looked for in vain has no power.
func unplugged(err error) bool {
	state := stateOf(err)
	return state == StateAbsent || state == StateOther
}

// disconnected is how a light is without its device.
func (s *Status) disconnected(state State, why string) {
	*s = Status{State: state, Name: s.Name, Changes: s.Changes, Restored: s.Restored, Err: why}
}

// sleep waits; false if Close came first.
func (b *Blink1) sleep(d time.Duration) bool {
	fired, stop := b.clock.NewTimer(d)
	defer stop()
	select {
	case <-fired:
		return true
	case <-b.quit:
		return false
	}
}

// use finds a device, drives it until it fails or Close, and closes it. worked says that it has shown something, or
// held on for a heartbeat: then the next search begins with short waits again. A nil error is Close.
func (b *Blink1) use() (worked bool, err error) {
	s, info, err := b.connect()
	if err != nil {
		if unplugged(err) {
			b.lost = nil
		}
		return false, err
	}
	b.lost = nil
	worked, err = b.drive(s, info)
	if err != nil {
		err = hintLost(info, b.sys.present(info.Path), err)
		b.lost = &info
	}
	if cerr := s.dev.close(); cerr != nil && err == nil && b.last == nil {
		b.last = fmt.Errorf("close the light: %w", cerr)
	}
	return worked, err
}

// connect opens the blink(1) that is wanted, or tells people why it cannot.
func (b *Blink1) connect() (*session, Info, error) {
	found, err := b.bus.find()
	if err != nil {
		return nil, Info{}, fmt.Errorf("look for blink(1): %w", err)
	}
	choice := choose(b.serial, b.except(), found)
	var first error
	for _, info := range choice {
		s, info, err := b.greet(info)
		if err == nil {
			return s, info, nil
		}
		if first == nil {
			first = err
		}
	}
	if first != nil {
		return nil, Info{}, first
	}
	return nil, Info{}, hintAbsent(b.serial, found, b.sys.blink1s())
}

// choose picks those that may be the light that is wanted, in their order. One whose serial nobody can read may be it:
// opening it says why.
func choose(serial string, except []string, found []Info) []Info {
	var choice []Info
	for _, i := range found {
		switch {
		case serial != "" && i.Serial != "" && i.Serial != serial:
		case serial == "" && slices.ContainsFunc(except, func(e string) bool { return i.Serial != "" && wantedSerial(e) == i.Serial }):
		default:
			choice = append(choice, i)
		}
	}
	return choice
}

// greet opens a device and asks what it is.
func (b *Blink1) greet(i Info) (*session, Info, error) {
	if b.serial != "" && i.Serial == "" {
		if access := b.sys.access(i.Path); access != nil {
			return nil, i, hintRefused(i, b.sys, access)
		}
		return nil, i, hintUnreadable(b.serial, i)
	}
	dev, err := b.bus.open(i)
	if err != nil {
		return nil, i, hintRefused(i, b.sys, b.sys.access(i.Path))
	}
	if now := b.sys.serial(i.Path); i.Serial != "" && now != "" && now != i.Serial { // by its port something else was opened
		dev.close()
		return nil, i, hintAbsent(i.Serial, []Info{{Serial: now, Path: i.Path}}, nil)
	}
	a, err := dev.ask(versionReport())
	if err != nil {
		dev.close()
		return nil, i, hintSilent(i, err)
	}
	if a.answers(versionReport()) {
		i.Firmware = a.firmware()
	}
	return &session{dev: dev, traits: traitsOf(i, i.Firmware), seq: &b.seq, alive: b.alive}, i, nil
}

// drive shows what is wanted until the device fails (its error) or Close (nil, after darkening).
func (b *Blink1) drive(s *session, info Info) (worked bool, err error) {
	anew := fateLost
	for first := true; !b.closing(); first = false {
		now := b.clock.Now()
		if !first && s.due(now) {
			if anew, err = s.beat(now); err != nil {
				return worked, err
			}
			worked = true
			now = b.clock.Now() // it may have taken long
		}
		if anew != fateGood {
			if err := s.begin(now); err != nil {
				return worked, err
			}
		}
		lost := anew == fateLost && !first
		anew = fateGood
		b.tell(func(st *Status) {
			st.connected(info)
			st.Alarm = s.held
			if lost {
				st.Restored++
			}
		})
		if !s.held {
			sent, err := b.refresh(s, now)
			if err != nil {
				return worked, err
			}
			worked = worked || sent
		}
		fired, stop := b.clock.NewTimer(s.wait(now))
		select {
		case <-fired:
		case <-b.wake:
		case <-b.quit:
		}
		stop()
	}
	return worked, s.end()
}

// connected is how a light is with a device whose watchdog was armed.
func (s *Status) connected(i Info) {
	s.State, s.Connected, s.Watchdog, s.Err = StateConnected, true, true, ""
	s.Serial, s.Model, s.Firmware, s.Path = i.Serial, i.Model, i.Firmware, i.Path
}

// refresh makes the device show what is wanted now.
func (b *Blink1) refresh(s *session, now time.Time) (sent bool, err error) {
	if f, asked := b.wanted(); asked {
		b.seq.want(f, now)
	}
	due := b.seq.due(now)
	if err := s.send(due...); err != nil {
		return false, err
	}
	if b.seq.showed() {
		b.tell(func(s *Status) { s.Changes++ })
	}
	return len(due) > 0, nil
}
