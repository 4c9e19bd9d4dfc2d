package hardware

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDiagnose(t *testing.T) {
	const dir, hidLED = "sys/bus/usb/devices/", ":1.0/0003:27B8:01ED.0001/"
	files := map[string]string{}
	for at, serial := range map[string]string{"1-1": "20001111", "1-2": "3000ABCD", "1-3": "1A003333"} {
		for name, value := range map[string]string{
			"idVendor": "27b8", "idProduct": "01ed", "serial": serial, "busnum": "1", "devnum": at[2:], "bcdDevice": "0002",
		} {
			files[dir+at+"/"+name] = value + "\n"
		}
		files["dev/bus/usb/001/00"+at[2:]] = ""
		files[dir+at+hidLED+"uevent"] = ""
	}
	sys := machine(t, files)
	link := func(at, driver string) {
		if err := os.Symlink("../../../drivers/"+driver, filepath.Join(sys.sys, "bus/usb/devices", at, "driver")); err != nil {
			t.Fatal(err)
		}
	}
	link("1-1:1.0", "usbfs")
	link("1-2:1.0", "usbhid")
	link("1-2:1.0/0003:27B8:01ED.0001", "hid-led")
	link("1-3:1.0", "usbhid")
	if err := os.Remove(filepath.Join(sys.dev, "bus/usb/001/003")); err != nil {
		t.Fatal(err)
	}
	seen := []Info{
		{Serial: "1a003333", Path: "1-3:1.0", Release: releaseMk1}, {Serial: "20001111", Path: "1-1:1.0", Release: releaseMk2},
		{Serial: "3000abcd", Path: "1-2:1.0", Release: releaseMk3, mute: true},
	}
	g := diagnose(Blink1Options{}, sys, seen, nil)
	var got []string
	for _, f := range g.Lights {
		got = append(got, strings.Join([]string{f.String(), f.Driver, string(f.State), filepath.Base(f.Node)}, " "))
	}
	want := []string{"20001111 at 1-1 usbfs busy 001", "3000abcd at 1-2 hid-led connected 002", "1a003333 at 1-3 usbhid hidden 003"}
	if !slices.Equal(got, want) || !g.Lights[1].NoIconv || g.Lights[0].NoIconv || g.State != StateConnected || g.Hint != "" {
		t.Errorf("%q, want %q; %+v", got, want, g)
	}

	for _, c := range []struct {
		name string
		o    Blink1Options
		seen []Info
		err  error
		is   State
		says string
	}{
		{"the busy one", Blink1Options{Serial: "20001111"}, seen, nil, StateBusy, "another program holds it"},
		{"the one without a node", Blink1Options{Serial: "1A003333"}, seen, nil, StateHidden, "no device node"},
		{"another", Blink1Options{Serial: "20009999"}, seen, nil, StateOther, "there is 1a003333, 20001111, 3000abcd"},
		{"all named", Blink1Options{Except: func() []string { return []string{"20001111", "3000abcd", "1a003333"} }}, seen, nil, StateOther, "in use as another light"},
		{"libusb is blind", Blink1Options{}, nil, nil, StateHidden, "AF_NETLINK"},
		{"no USB", Blink1Options{}, nil, ErrNoUSB, StateUnsupported, "CGO_ENABLED=1"},
		{"libusb fails", Blink1Options{}, nil, errors.New("no luck"), StateHidden, "AF_NETLINK"},
	} {
		if g := diagnose(c.o, sys, c.seen, c.err); g.State != c.is || !strings.Contains(g.Hint, c.says) || len(g.Lights) != 3 {
			t.Errorf("%s: %s, %q; want %s, %q", c.name, g.State, g.Hint, c.is, c.says)
		}
	}
	if g := diagnose(Blink1Options{}, machine(t, nil), nil, nil); g.State != StateAbsent || len(g.Lights) != 0 {
		t.Errorf("nothing plugged in: %+v", g)
	}
	if g := diagnose(Blink1Options{}, machine(t, nil), seen[:1], nil); g.State != StateConnected || g.Lights[0].Kernel { // not Linux
		t.Errorf("without sysfs: %+v", g)
	}
	if g := diagnose(Blink1Options{Serial: "20001111"}, machine(t, nil), []Info{{Path: "1-1:1.0"}}, nil); g.State != StateOther || !strings.Contains(g.Hint, "neither libusb nor sysfs") {
		t.Errorf("nobody knows the serial: %+v", g)
	}
}

func TestHolders(t *testing.T) {
	s := machine(t, map[string]string{"proc/12/comm": "blink1-tool\n", "proc/12/fd/x": "", "proc/13/comm": "e\x1b[31mvil\n", "proc/13/fd/x": "", "proc/self/fd/x": ""})
	s.proc = filepath.Join(filepath.Dir(s.sys), "proc")
	for _, fd := range []string{"12/fd/3", "12/fd/4", "13/fd/0", "self/fd/9"} {
		if err := os.Symlink("/dev/bus/usb/001/004", filepath.Join(s.proc, fd)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := s.holders("/dev/bus/usb/001/004"), []Holder{{12, "blink1-tool"}, {13, "e_[31mvil"}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := s.holders("/dev/bus/usb/001/005"); got != nil {
		t.Errorf("%v", got)
	}
	if got := s.holders(""); got != nil {
		t.Errorf("%v", got)
	}
}
