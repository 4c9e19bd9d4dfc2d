package hardware

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestHints(t *testing.T) {
	a, b := Info{Serial: "20001111", Path: "1-1"}, Info{Path: "1-2"}
	const dir = "sys/bus/usb/devices/"
	here := machine(t, map[string]string{
		dir + "1-1/busnum": "1", dir + "1-1/devnum": "4", dir + "1-1:1.0/bInterfaceNumber": "00",
		dir + "1-2/busnum": "1", dir + "1-2/devnum": "5", dir + "1-2:1.0/bInterfaceNumber": "00",
	})
	if err := os.Symlink("../../../bus/usb/drivers/usbfs", filepath.Join(here.sys, "bus/usb/devices/1-2:1.0/driver")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		err  error
		is   State
		says []string
	}{
		{"nothing", hintAbsent("", nil, nil), StateAbsent, []string{"no blink(1) is plugged in"}},
		{"nothing, one wanted", hintAbsent("2000", nil, nil), StateAbsent, []string{"blink(1) 2000 is not plugged in"}},
		{"another", hintAbsent("2000", []Info{a, b}, []Info{a, b}), StateOther, []string{"2000 is not", "20001111, at 1-2", "light: usb"}},
		{"another, as sysfs says", hintAbsent("2000", nil, []Info{a}), StateOther, []string{"2000 is not", "20001111"}},
		{"all are other lights", hintAbsent("", []Info{a}, []Info{a}), StateOther, []string{"20001111 is in use as another light"}},
		{"sysfs only", hintAbsent("", nil, []Info{a}), StateHidden, []string{"20001111", "AF_NETLINK", "RestrictAddressFamilies="}},
		{"sysfs only, the one wanted", hintAbsent("20001111", []Info{b}, []Info{a, b}), StateHidden, []string{"20001111", "AF_NETLINK"}},
		{"permission", hintRefused(a, here, &fs.PathError{Op: "open", Err: syscall.EACCES}), StateForbidden, []string{"no permission", "001/004", UdevRule, "70-blink1.rules"}},
		{"cgroup", hintRefused(a, here, &fs.PathError{Op: "open", Err: syscall.EPERM}), StateForbidden, []string{"DeviceAllow"}},
		{"no node", hintRefused(b, here, fs.ErrNotExist), StateHidden, []string{"at 1-2", "PrivateDevices=no"}},
		{"something else", hintRefused(a, here, errFake), StateForbidden, []string{"DeviceAllow"}},
		{"held", hintRefused(a, sysfs{}, nil), StateBusy, []string{"another program holds it"}},
		{"held by a driver", hintRefused(b, here, nil), StateBusy, []string{"another program holds it"}},
		{"not held", hintRefused(a, here, nil), StateSilent, []string{"no other program holds it"}},
		{"pulled out", hintLost(a, false, errFake), StateAbsent, []string{"lost blink(1) 20001111"}},
		{"unreadable", hintUnreadable("2000", b), StateOther, []string{"at 1-2", "2000"}},
		{"silent", hintSilent(a, errFake), StateSilent, []string{"does not answer", "plug it in again"}},
		{"lost", hintLost(a, true, errFake), StateSilent, []string{"lost blink(1) 20001111"}},
	} {
		if got := stateOf(c.err); got != c.is {
			t.Errorf("%s: the state is %s, want %s", c.name, got, c.is)
		}
		for _, words := range c.says {
			if !strings.Contains(c.err.Error(), words) {
				t.Errorf("%s: %q lacks %q", c.name, c.err, words)
			}
		}
		if strings.ContainsAny(c.err.Error(), "\n\x1b") {
			t.Errorf("%s: %q is not one line", c.name, c.err)
		}
	}
}

// udev looks up a group when it reads a rule: one that is made afterwards is not known to it.
func TestTheGroupIsMadeBeforeTheRuleIsRead(t *testing.T) {
	says := hintRefused(Info{Serial: "20001111", Path: "1-1"}, sysfs{}, fs.ErrPermission).Error()
	group, read := strings.Index(says, "groupadd"), strings.Index(says, "udevadm control --reload")
	if group < 0 || read < group || !strings.Contains(says, "start the daemon again") {
		t.Errorf("in this order: %s", says)
	}
}

// machine is a sysfs with files.
func machine(t *testing.T, files map[string]string) sysfs {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return newSysfs(filepath.Join(root, "sys"), filepath.Join(root, "dev"))
}

func TestSysfs(t *testing.T) {
	const dir = "sys/bus/usb/devices/"
	s := machine(t, map[string]string{
		dir + "1-1.2/idVendor": "27b8\n", dir + "1-1.2/idProduct": "01ed\n", dir + "1-1.2/serial": "2000ABCD\n",
		dir + "1-1.2/bcdDevice": "0002\n", dir + "1-1.2/busnum": "1\n", dir + "1-1.2/devnum": "14\n", "dev/bus/usb/001/014": "",
		dir + "1-3/idVendor": "27b8\n", dir + "1-3/idProduct": "01ed\n", dir + "1-3/serial": "\x1b[31mevil\n",
		dir + "1-3/busnum": "one\n", dir + "1-3/devnum": "3\n",
		dir + "2-1/idVendor": "27b8\n", dir + "2-1/idProduct": "ffff\n",
		dir + "1-3:1.0/bInterfaceNumber": "00\n", // of the same device
		dir + "usb1/idVendor":            "1d6b\n", "sys/secret": "x",
	})
	if got := s.serial("1-1.2:1.0"); got != "2000abcd" {
		t.Errorf("serial %q", got)
	}
	if got := s.node("1-1.2:1.0"); !strings.HasSuffix(got, "/dev/bus/usb/001/014") {
		t.Errorf("node %q", got)
	}
	if err := s.access("1-1.2:1.0"); err != nil {
		t.Errorf("access: %v", err)
	}
	for _, path := range []string{"", ":", "../../secret", "1-1/../1-1.2:1.0", "/dev/hidraw0", "DevSrvsID:4294", "1-9:1.0"} {
		if got := s.attr(path, "serial"); got != "" {
			t.Errorf("attr of %q is %q", path, got)
		}
		if s.node(path) != "" || s.access(path) != nil {
			t.Errorf("%q has a node", path)
		}
	}
	if got := s.node("1-3"); got != "" {
		t.Errorf("node %q from a bad busnum", got)
	}
	found := s.blink1s()
	if len(found) != 2 || found[0] != (Info{Serial: "2000abcd", Model: "blink(1) mk2", Path: "1-1.2", Release: 2}) || found[1] != (Info{Serial: "31mevil", Model: "blink(1)", Path: "1-3"}) {
		t.Errorf("found %+v", found)
	}
	if found := newSysfs(filepath.Join(t.TempDir(), "none"), "").blink1s(); found != nil {
		t.Errorf("without sysfs: %+v", found)
	}
	if err := machine(t, map[string]string{dir + "1-1/busnum": "1", dir + "1-1/devnum": "2"}).access("1-1"); err == nil {
		t.Error("a node that is not there can be opened")
	}
}

func TestModels(t *testing.T) {
	for _, c := range []struct {
		release      uint16
		serial, want string
	}{
		{0x0100, "1a001234", "blink(1) mk1"}, {0x0002, "20001234", "blink(1) mk2"}, {0x0101, "3000abcd", "blink(1) mk3"},
		{0x0101, "", "blink(1) mk3"}, {0x0100, "40001234", "blink(1) mk4 or later"}, {0x0100, "", "blink(1) mk1"},
		{0x0101, "40000001", "blink(1) mk4 or later"}, {0x0200, "a0000001", "blink(1) mk4 or later"}, {0x0200, "", "blink(1)"},
	} {
		if got := model(c.release, c.serial); got != c.want {
			t.Errorf("%04x %s is %q, want %q", c.release, c.serial, got, c.want)
		}
	}
}

func FuzzCleanSerial(f *testing.F) {
	for _, s := range []string{"2000ABCD", "", "\x1b]0;x\a", "ÄÖ\xff\x00", strings.Repeat("A", 1000), "10 OFF"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleanSerial(s)
		if len(got) > 32 || strings.Trim(got, "0123456789abcdefghijklmnopqrstuvwxyz") != "" || cleanSerial(got) != got {
			t.Errorf("%q became %q", s, got)
		}
	})
}
