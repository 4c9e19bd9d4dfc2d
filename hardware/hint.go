package hardware

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// UdevRule lets the group gatefold, and whoever sits at the machine, open every blink(1). It belongs into a file whose
// number is below 73 (uaccess is applied there), such as /etc/udev/rules.d/70-blink1.rules.
const UdevRule = `SUBSYSTEM=="usb", ATTR{idVendor}=="27b8", ATTR{idProduct}=="01ed", MODE="0660", GROUP="gatefold", TAG+="uaccess"`

// The errors of the layers below say nothing ("failed to open device", or an empty list and no error), so each of
// these says what the situation means and what to do about it.

// hintAbsent explains that none of the devices that libusb sees is the one wanted; kernel is what sysfs shows.
func hintAbsent(serial string, found, kernel []Info) error {
	if len(found) > 0 {
		return fmt.Errorf("blink(1) %s is not plugged in; there is %s: name that one in the config, or use light: usb for any", serial, names(found))
	}
	if len(kernel) == 0 {
		if serial != "" {
			return fmt.Errorf("blink(1) %s is not plugged in, and no other (USB 27b8:01ed)", serial)
		}
		return errors.New("no blink(1) is plugged in (USB 27b8:01ed)")
	}
	return fmt.Errorf("the kernel sees blink(1) %s but libusb does not: in a systemd unit add AF_NETLINK to RestrictAddressFamilies= and set PrivateDevices=no; in a container pass /dev/bus/usb through", names(kernel))
}

// hintRefused explains that a device that is there cannot be opened; access is what opening its node said.
func hintRefused(i Info, node string, access error) error {
	switch {
	case errors.Is(access, fs.ErrPermission):
		return fmt.Errorf("no permission to open blink(1) %s (%s): write this line to /etc/udev/rules.d/70-blink1.rules, run `udevadm control --reload`, run `groupadd -f gatefold`, make the daemon's user a member of that group, and plug it in again: %s", name(i), node, UdevRule)
	case errors.Is(access, fs.ErrNotExist):
		return fmt.Errorf("blink(1) %s has no device node %s here: in a systemd unit set PrivateDevices=no; in a container pass /dev/bus/usb through", name(i), node)
	case access != nil:
		return fmt.Errorf("cannot open blink(1) %s: %w: in a systemd unit set DeviceAllow=char-usb_device rw", name(i), access)
	}
	return fmt.Errorf("cannot open blink(1) %s: another program holds it (blink1-tool, Blink1Control, a second gatefold?): end that one", name(i))
}

// hintSilent explains that a device was opened and does not answer.
func hintSilent(i Info, err error) error {
	return fmt.Errorf("blink(1) %s does not answer: %w: plug it in again", name(i), err)
}

// hintLost explains that a device has failed while in use.
func hintLost(i Info, err error) error {
	return fmt.Errorf("lost blink(1) %s: %w: was it unplugged?", name(i), err)
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
