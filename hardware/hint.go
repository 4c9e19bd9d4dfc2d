package hardware

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
)

// UdevRule lets the group gatefold, and whoever sits at the machine, open every blink(1). It belongs into a file whose
// number is below 73 (uaccess is applied there), such as /etc/udev/rules.d/70-blink1.rules.
const UdevRule = `SUBSYSTEM=="usb", ATTR{idVendor}=="27b8", ATTR{idProduct}=="01ed", MODE="0660", GROUP="gatefold", TAG+="uaccess"`

// trouble is what is in the way of a light: which of the states, and what to do about it.
type trouble struct {
	state State
	err   error
}

func (t *trouble) Error() string { return t.err.Error() }
func (t *trouble) Unwrap() error { return t.err }

func hint(s State, format string, args ...any) error { return &trouble{s, fmt.Errorf(format, args...)} }

// stateOf is the state that an error means. What is not one of ours came from looking for devices.
func stateOf(err error) State {
	var t *trouble
	if errors.As(err, &t) {
		return t.state
	}
	return StateHidden
}

// The errors of the layers below say nothing ("failed to open device", or an empty list and no error), so each of
// these says what the situation means and what to do about it.

// hintAbsent explains that none of the devices that libusb sees is the one wanted; kernel is what sysfs shows.
func hintAbsent(serial string, found, kernel []Info) error {
	missed := slices.DeleteFunc(slices.Clone(kernel), func(k Info) bool {
		return slices.ContainsFunc(found, func(f Info) bool { return portOf(f.Path) == portOf(k.Path) })
	})
	wanted := slices.DeleteFunc(slices.Clone(missed), func(k Info) bool { return serial != "" && k.Serial != "" && k.Serial != serial })
	switch {
	case len(wanted) > 0:
		return hint(StateHidden, "the kernel sees blink(1) %s but libusb does not: in a systemd unit add AF_NETLINK to RestrictAddressFamilies= and set PrivateDevices=no; in a container pass /dev/bus/usb through", names(wanted))
	case serial == "" && len(found) > 0:
		return hint(StateOther, "blink(1) %s is in use as another light: plug in one more, or name another light in the config", names(found))
	case len(found)+len(missed) > 0:
		return hint(StateOther, "blink(1) %s is not plugged in; there is %s: name that one in the config, or use light: usb for any", serial, names(slices.Concat(found, missed)))
	case serial != "":
		return hint(StateAbsent, "blink(1) %s is not plugged in, and no other (USB 27b8:01ed)", serial)
	}
	return hint(StateAbsent, "no blink(1) is plugged in (USB 27b8:01ed)")
}

// hintRefused explains that a device that is there cannot be opened; access is what opening its node said.
func hintRefused(i Info, sys sysfs, access error) error {
	node := sys.node(i.Path)
	switch {
	case errors.Is(access, syscall.EPERM): // the node's mode would be EACCES; this is a control group
		return hint(StateForbidden, "cannot open blink(1) %s: %w: in a systemd unit set DeviceAllow=char-usb_device rw", name(i), access)
	case errors.Is(access, fs.ErrPermission):
		return hint(StateForbidden, "no permission to open blink(1) %s (%s): run `groupadd -f gatefold`, make the daemon's user a member of that group, write this line to /etc/udev/rules.d/70-blink1.rules, run `udevadm control --reload`, plug it in again, and start the daemon again: %s", name(i), node, UdevRule)
	case errors.Is(access, fs.ErrNotExist):
		return hint(StateHidden, "blink(1) %s has no device node %s here: in a systemd unit set PrivateDevices=no; in a container pass /dev/bus/usb through", name(i), node)
	case access != nil:
		return hint(StateForbidden, "cannot open blink(1) %s: %w: in a systemd unit set DeviceAllow=char-usb_device rw", name(i), access)
	}
	if driver, known := sys.driver(i.Path); known && driver != driverUsbfs {
		return hint(StateSilent, "cannot open blink(1) %s, though no other program holds it: plug it in again", name(i))
	}
	who := "blink1-tool, Blink1Control, a second gatefold?"
	if holders := sys.holders(node); len(holders) > 0 {
		who = holderNames(holders)
	}
	return hint(StateBusy, "cannot open blink(1) %s: another program holds it (%s): end that one", name(i), who)
}

// hintUnreadable explains that nobody can say which device this is.
func hintUnreadable(serial string, i Info) error {
	return hint(StateOther, "is the blink(1) %s the %s that is wanted? neither libusb nor sysfs gives its serial: use light: usb for any, or mount /sys", name(i), serial)
}

// hintSilent explains that a device was opened and does not answer.
func hintSilent(i Info, err error) error {
	return hint(StateSilent, "blink(1) %s does not answer: %w: plug it in again", name(i), err)
}

// hintLost explains that a device has failed while in use; present says that it is still plugged in.
func hintLost(i Info, present bool, err error) error {
	state := StateAbsent
	if present {
		state = StateSilent
	}
	return hint(state, "lost blink(1) %s: %w: was it unplugged?", name(i), err)
}

// name is what people know a device by.
func name(i Info) string {
	if i.Serial == "" {
		return "at " + i.Path
	}
	return i.Serial
}

func names(is []Info) string {
	var s []string
	for _, i := range is {
		s = append(s, name(i))
	}
	return strings.Join(s, ", ")
}

func holderNames(hs []Holder) string {
	var s []string
	for _, h := range hs {
		s = append(s, fmt.Sprintf("%s, pid %d", h.Command, h.PID))
	}
	return strings.Join(s, "; ")
}
