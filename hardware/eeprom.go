package hardware

import (
	"errors"
	"fmt"
)

// ErrNotMk1 is why a blink(1) needs no alarm in its EEPROM.
var ErrNotMk1 = errors.New("only a blink(1) mk1 keeps its alarm in EEPROM; later ones are given it whenever they are opened")

// WriteAlarm writes the alarm into the EEPROM of a blink(1) mk1, whose watchdog plays nothing else: 12 lines, each only
// if it holds something else, which written says. An EEPROM cell lasts for about 100,000 writes, so this is for a person
// who asks for it, once. The pattern that was there (a rainbow, as it is sold) is lost. The light is dark afterwards.
//
// Of the options Serial, Except, SysRoot and DevRoot count; without a Serial it must be the only one that can be meant.
// No light may be using the device meanwhile. The error says what is in the way, ErrNotMk1 that it is another model.
func WriteAlarm(o Blink1Options) (written int, err error) {
	if !USBSupported() {
		return 0, ErrNoUSB
	}
	sys := newSysfs(o.SysRoot, o.DevRoot)
	return writeAlarm(o, usb{sys}, sys)
}

func writeAlarm(o Blink1Options, on bus, sys sysfs) (written int, err error) {
	b := &Blink1{serial: wantedSerial(o.Serial), except: func() []string { return exceptOf(o) }, alive: func() bool { return true }, bus: on, sys: sys}
	found, err := on.find()
	if err != nil {
		return 0, fmt.Errorf("look for blink(1): %w", err)
	}
	if choice := choose(b.serial, b.except(), found); len(choice) > 1 {
		return 0, fmt.Errorf("more than one blink(1) is plugged in (%s): say which", names(choice))
	}
	s, info, err := b.connect()
	if err != nil {
		return 0, err
	}
	defer s.dev.close()
	if s.traits.generation != gen1 {
		return 0, fmt.Errorf("%s is a %s: %w", name(info), info.Model, ErrNotMk1)
	}
	if err := s.send(stopReport()); err != nil {
		return 0, hintLost(info, sys.present(info.Path), err)
	}
	for pos, want := range alarmLinesMk1() {
		wrote, err := writeEEPROM(s.dev, pos, want)
		if err != nil {
			return written, hintLost(info, sys.present(info.Path), err)
		}
		if wrote {
			written++
		}
	}
	return written, s.end()
}

// errUnwritten is a line that does not hold what was written to it.
var errUnwritten = errors.New("its EEPROM does not keep what is written to it")

// writeEEPROM writes one line unless it holds that already, and reads it back.
func writeEEPROM(dev device, pos int, want line) (wrote bool, err error) {
	for range 2 {
		a, err := dev.ask(readLineReport(pos))
		if err != nil {
			return wrote, err
		}
		if a.answers(readLineReport(pos)) && a.line() == want {
			return wrote, nil
		}
		if wrote {
			break
		}
		wrote = true
		if err := dev.send(lineReport(pos, want.color, want.ticks)); err != nil {
			return wrote, err
		}
	}
	return wrote, errUnwritten
}
