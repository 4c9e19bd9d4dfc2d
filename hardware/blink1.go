package hardware

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Blink1Options says which blink(1) to use.
type Blink1Options struct {
	Options
	Serial  string // of the one to use, in either case; "" takes the first that can be opened, in order of serials
	SysRoot string // where sysfs is; "" is /sys
	DevRoot string // where device nodes are; "" is /dev
}

// Info describes a blink(1) that is plugged in. Texts come from the device: what cannot be printed was dropped.
type Info struct {
	Serial  string // 8 hex digits, lower case; empty if nobody can read it
	Model   string // "blink(1) mk2"
	Path    string // where it is plugged in, "1-1.2:1.0" on Linux
	Release uint16 // bcdDevice: 0x0100 mk1, 0x0002 mk2, 0x0101 mk3
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
		alive() error // reads something; changes nothing
		close() error
	}
)

const (
	firstRetry = 200 * time.Millisecond
	lastRetry  = 5 * time.Second
	// probeEvery is how soon a blink(1) that was pulled out is noticed while its light is steady.
	probeEvery = 2 * time.Second
)

// Blink1 is the light of a blink(1). Made by OpenBlink1.
type Blink1 struct {
	*owner
	serial string
	bus    bus
	sys    sysfs
	seq    sequence
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
	b := &Blink1{serial: strings.ToLower(strings.TrimSpace(o.Serial)), bus: on, sys: sys}
	name := "usb"
	if b.serial != "" {
		name += ":" + b.serial
	}
	b.owner = newOwner(o.Options, name)
	if !supported {
		b.tell(func(s *Status) { s.Err = ErrNoUSB.Error() })
		close(b.done)
		return b, nil
	}
	go b.run()
	return b, nil
}

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
		b.tell(func(s *Status) { s.Connected, s.Serial, s.Model, s.Err = false, "", "", err.Error() })
		if b.closing() || !b.sleep(retry) {
			break
		}
		retry = min(2*retry, lastRetry)
	}
	b.tell(func(s *Status) { s.Connected, s.Serial, s.Model, s.Err = false, "", "", "" })
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
// held on for a probe: then the next search begins with short waits again. A nil error is Close.
func (b *Blink1) use() (worked bool, err error) {
	dev, info, err := b.connect()
	if err != nil {
		return false, err
	}
	b.tell(func(s *Status) { s.Connected, s.Serial, s.Model, s.Err = true, info.Serial, info.Model, "" })
	b.seq.reconnect(info.Release == releaseMk1, b.clock.Now())
	worked, err = b.drive(dev)
	if err != nil {
		err = hintLost(info, err)
		if b.closing() {
			b.last = fmt.Errorf("close the light: it may not be dark: %w", err)
		}
	}
	if cerr := dev.close(); cerr != nil && err == nil && b.last == nil {
		b.last = fmt.Errorf("close the light: %w", cerr)
	}
	return worked, err
}

// connect opens the blink(1) that is wanted, or tells people why it cannot.
func (b *Blink1) connect() (device, Info, error) {
	found, err := b.bus.find()
	if err != nil {
		return nil, Info{}, fmt.Errorf("look for blink(1): %w", err)
	}
	var first error
	for _, info := range found {
		if b.serial != "" && !strings.EqualFold(info.Serial, b.serial) {
			continue
		}
		dev, err := b.bus.open(info)
		if err != nil {
			err = hintRefused(info, b.sys.node(info.Path), b.sys.access(info.Path))
		} else if err = dev.alive(); err == nil {
			return dev, info, nil
		} else {
			dev.close()
			err = hintSilent(info, err)
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

// drive shows what is wanted until the device fails (its error) or Close (nil, after darkening).
func (b *Blink1) drive(dev device) (worked bool, err error) {
	contact := b.clock.Now() // the device was heard of
	for {
		if b.closing() {
			return worked, dev.send(offReport())
		}
		now := b.clock.Now()
		sent, err := b.refresh(dev, now)
		if err != nil {
			return worked, err
		}
		if sent {
			contact, worked = now, true
		}
		if now.Sub(contact) >= probeEvery {
			if err := dev.alive(); err != nil {
				return worked, err
			}
			contact, worked = now, true
		}
		wait := probeEvery - max(now.Sub(contact), 0)
		if beat := b.seq.next(now); beat > 0 {
			wait = min(wait, beat)
		}
		fired, stop := b.clock.NewTimer(wait)
		select {
		case <-fired:
		case <-b.wake:
		case <-b.quit:
		}
		stop()
	}
}

// refresh makes the device show what is wanted now.
func (b *Blink1) refresh(dev device, now time.Time) (sent bool, err error) {
	if f, asked := b.wanted(); asked {
		b.seq.want(f, now)
	}
	for _, r := range b.seq.due(now) {
		if err := dev.send(r); err != nil {
			return sent, err
		}
		sent = true
	}
	if b.seq.showed() {
		b.tell(func(s *Status) { s.Changes++ })
	}
	return sent, nil
}
