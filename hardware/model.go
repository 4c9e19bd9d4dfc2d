package hardware

import "strings"

// bcdDevice of the models that are known.
const (
	releaseMk1 = 0x0100
	releaseMk2 = 0x0002
	releaseMk3 = 0x0101
)

// model names a blink(1) by its bcdDevice, and where that is not enough by its serial, whose first digit is the
// generation.
func model(release uint16, serial string) string {
	switch {
	case release == releaseMk1:
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
