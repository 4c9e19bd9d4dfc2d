package hardware

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// sysfs is what the Linux kernel says about USB devices, which everyone may read. Elsewhere it knows nothing.
type sysfs struct{ sys, dev, proc string }

func newSysfs(sys, dev string) sysfs {
	if sys == "" {
		sys = "/sys"
	}
	if dev == "" {
		dev = "/dev"
	}
	return sysfs{sys, dev, "/proc"}
}

// port matches the name of a USB device in sysfs: bus, and the ports on the way ("1-1.2").
var port = regexp.MustCompile(`^[0-9]+-[0-9]+(\.[0-9]+)*$`)

// attr is one attribute of the device at a path of hidapi ("1-1.2:1.0") or a port ("1-1.2"); "" if there is none.
func (s sysfs) attr(path, name string) string {
	p := portOf(path)
	if p == "" {
		return ""
	}
	b, err := os.ReadFile(filepath.Join(s.devices(), p, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (s sysfs) devices() string { return filepath.Join(s.sys, "bus/usb/devices") }

// portOf is where the device at a path of hidapi is plugged in; "" if that is no such path.
func portOf(path string) string {
	p, _, _ := strings.Cut(path, ":")
	if !port.MatchString(p) {
		return ""
	}
	return p
}

// present says whether something is plugged in there.
func (s sysfs) present(path string) bool { return s.attr(path, "devnum") != "" }

// serial is the serial of the device at a path; "" if the kernel has none.
func (s sysfs) serial(path string) string { return cleanSerial(s.attr(path, "serial")) }

// node is the device node of the device at a path, /dev/bus/usb/001/004; "" if it cannot be told.
func (s sysfs) node(path string) string {
	bus, err1 := strconv.Atoi(s.attr(path, "busnum"))
	num, err2 := strconv.Atoi(s.attr(path, "devnum"))
	if err1 != nil || err2 != nil {
		return ""
	}
	return filepath.Join(s.dev, "bus/usb", fmt.Sprintf("%03d/%03d", bus, num))
}

// access says whether we may open the node of the device at a path. Opening a node claims nothing.
func (s sysfs) access(path string) error {
	node := s.node(path)
	if node == "" {
		return nil
	}
	f, err := os.OpenFile(node, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// blink1s are those that the kernel sees, in order of ports.
func (s sysfs) blink1s() []Info {
	entries, err := os.ReadDir(s.devices())
	if err != nil {
		return nil
	}
	var found []Info
	for _, e := range entries {
		at := e.Name()
		if at != portOf(at) {
			continue // an interface or a hub
		}
		if s.attr(at, "idVendor") == "27b8" && s.attr(at, "idProduct") == "01ed" {
			release, _ := strconv.ParseUint(s.attr(at, "bcdDevice"), 16, 16) // 0 is none that we know
			i := Info{Serial: s.serial(at), Path: at, Release: uint16(release)}
			i.Model = model(i.Release, i.Serial)
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b Info) int { return strings.Compare(a.Path, b.Path) })
	return found
}

// Drivers of a USB interface. The kernel's own way to a blink(1) is usbhid, and on it hid-led.
const (
	driverUsbfs = "usbfs" // a program holds it, through libusb
	driverHID   = "usbhid"
	driverLED   = "hid-led"
)

// driver is what is bound to the interface of the device at a path: usbfs, usbhid, hid-led (which sits on usbhid), or
// "" for nothing. It is not known where sysfs has no such interface.
func (s sysfs) driver(path string) (name string, known bool) {
	p := portOf(path)
	at := filepath.Join(s.devices(), p+":1.0")
	if _, err := os.Stat(at); p == "" || err != nil {
		return "", false
	}
	name = bound(at)
	if name != driverHID {
		return name, true
	}
	onHID, _ := filepath.Glob(filepath.Join(at, "0003:27B8:01ED.*")) // the pattern is not malformed
	for _, h := range onHID {
		if bound(h) == driverLED {
			return driverLED, true
		}
	}
	return name, true
}

// bound is the name of the driver of one device in sysfs; "" if it has none.
func bound(at string) string {
	to, err := os.Readlink(filepath.Join(at, "driver"))
	if err != nil {
		return ""
	}
	return filepath.Base(to)
}

// holders are the processes that have a device node open, as far as we may see: without privileges those of our own
// user.
func (s sysfs) holders(node string) []Holder {
	if node == "" {
		return nil
	}
	fds, _ := filepath.Glob(filepath.Join(s.proc, "[0-9]*/fd/*")) // the pattern is not malformed
	var found []Holder
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err != nil || to != node {
			continue
		}
		dir := filepath.Dir(filepath.Dir(fd))
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || slices.ContainsFunc(found, func(h Holder) bool { return h.PID == pid }) {
			continue
		}
		comm, _ := os.ReadFile(filepath.Join(dir, "comm")) // it has ended meanwhile
		found = append(found, Holder{pid, printable(strings.TrimSpace(string(comm)))})
	}
	return found
}

// printable is a program's name, which it may choose itself, without what does not belong on a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return '_'
	}, s)
}
