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
type sysfs struct{ sys, dev string }

func newSysfs(sys, dev string) sysfs {
	if sys == "" {
		sys = "/sys"
	}
	if dev == "" {
		dev = "/dev"
	}
	return sysfs{sys, dev}
}

// port matches the name of a USB device in sysfs: bus, and the ports on the way ("1-1.2").
var port = regexp.MustCompile(`^[0-9]+-[0-9]+(\.[0-9]+)*$`)

// attr is one attribute of the device at a path of hidapi ("1-1.2:1.0") or a port ("1-1.2"); "" if there is none.
func (s sysfs) attr(path, name string) string {
	p, _, _ := strings.Cut(path, ":")
	if !port.MatchString(p) {
		return ""
	}
	b, err := os.ReadFile(filepath.Join(s.sys, "bus/usb/devices", p, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

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
	entries, err := os.ReadDir(filepath.Join(s.sys, "bus/usb/devices"))
	if err != nil {
		return nil
	}
	var found []Info
	for _, e := range entries {
		if s.attr(e.Name(), "idVendor") == "27b8" && s.attr(e.Name(), "idProduct") == "01ed" {
			found = append(found, Info{Serial: s.serial(e.Name()), Path: e.Name()})
		}
	}
	slices.SortFunc(found, func(a, b Info) int { return strings.Compare(a.Path, b.Path) })
	return found
}
