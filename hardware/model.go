package hardware

import (
	"strconv"
	"strings"
)

// bcdDevice of the models that are known.
const (
	releaseMk1 = 0x0100
	releaseMk2 = 0x0002
	releaseMk3 = 0x0101
)

// generation is what a blink(1) can do. What comes after mk3 is taken for an mk3: its maker keeps to the protocol.
type generation int

const (
	gen1 generation = 1 + iota // one LED, lines in EEPROM, no reading back
	gen2                       // two LEDs, lines in RAM, which can be read back
	gen3                       // an mk3, or later
)

// generationOf tells it by bcdDevice, and where that is not known by the serial, whose first digit it is.
func generationOf(release uint16, serial string) generation {
	switch {
	case release == releaseMk1:
		return gen1
	case release == releaseMk2:
		return gen2
	case release == releaseMk3 || len(serial) != 8:
		return gen3
	case serial[0] < '2':
		return gen1
	case serial[0] == '2':
		return gen2
	}
	return gen3
}

// traits are what a driver must know of one device.
type traits struct {
	generation
	firmware int // 303; 0 if it does not say
}

// traitsOf puts together what its descriptor says and what its firmware answers. One that calls itself 1xx is taken for
// an mk1 whatever it looks like: on that, writing lines wears out its EEPROM. One whose descriptor is an mk1's is none only
// if both its serial and its firmware say so.
func traitsOf(i Info, firmware string) traits {
	t := traits{generation: generationOf(i.Release, i.Serial)}
	t.firmware, _ = strconv.Atoi(firmware) // 0 if it is empty
	switch later := generationOf(0, i.Serial); {
	case firmware == "":
	case firmware[0] == '1':
		t.generation = gen1
	case i.Release == releaseMk1 && len(i.Serial) == 8 && later > gen1 && firmware[0] > '1':
		t.generation = later
	}
	return t
}

// oneLED says whether both LEDs are one.
func (t traits) oneLED() bool { return t.generation == gen1 }

// lines says whether its lines are in RAM, and it answers what it shows.
func (t traits) lines() bool { return t.generation > gen1 }

// addressesLines says whether a line can be for one LED. An mk2 that does not tell its firmware may be able to, and then a
// program before us may have chosen one.
func (t traits) addressesLines() bool {
	return t.generation == gen3 || t.generation == gen2 && (t.firmware == 0 || t.firmware >= 204)
}

// choosesLines says whether its watchdog plays the lines it is told. An mk2 plays them all up to firmware 204.
func (t traits) choosesLines() bool {
	return t.generation == gen3 || t.generation == gen2 && t.firmware >= 205
}

// plays says whether the device is to play a pattern by itself. Where the watchdog plays all lines, a pattern would be
// mixed with the alarm. An mk2 plays the alarm only as often as is left of a count that the watchdog has interrupted,
// so there what is counted is played by us.
func (t traits) plays(m melody) bool {
	return t.choosesLines() && (t.generation == gen3 || m.repeats == 0)
}

// model names a blink(1) by its bcdDevice, and where that is not enough by its serial, whose first digit is the
// generation.
func model(release uint16, serial string) string {
	switch {
	case release == releaseMk1 && (len(serial) != 8 || serial[0] < '4'):
		return "blink(1) mk1"
	case release == releaseMk2:
		return "blink(1) mk2"
	case len(serial) == 8 && serial[0] >= '4':
		return "blink(1) mk4 or later"
	case release == releaseMk3:
		return "blink(1) mk3"
	}
	return "blink(1)"
}

// cleanSerial is a serial in lower case. A device can claim to be anything, and this goes to terminals and logs: what
// is not a letter or a digit is dropped, and so is what goes on too long.
func cleanSerial(s string) string {
	keep := func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}
	const longest = 32
	s = strings.Map(keep, s)
	return s[:min(len(s), longest)]
}
