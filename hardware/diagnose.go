package hardware

import (
	"slices"
	"strings"
)

// Diagnosis is what can be said about blink(1)s on this machine without disturbing one.
type Diagnosis struct {
	Lights []Finding // all that the kernel or libusb sees, in order of ports
	State  State     // what a light with these options would meet; StateConnected if it can be used
	Hint   string    // why, and what to do about that; empty if it can be used
}

// Finding is one blink(1).
type Finding struct {
	Info
	Node    string   // its device node, "/dev/bus/usb/001/004"; empty if the kernel does not say
	Kernel  bool     // sysfs shows it
	Libusb  bool     // libusb shows it
	NoIconv bool     // libusb cannot read its texts though it may open it: the program has no iconv, and the serial is from sysfs
	Driver  string   // what is bound to it: "hid-led", "usbhid", "usbfs" (a program holds it), or "" (nothing, or unknown)
	Holders []Holder // who has its node open, as far as we may see
	State   State    // what is in the way of opening it; StateConnected if nothing is
	Hint    string   // why, and what to do about that; empty if nothing is
}

// Holder is a process that has a device open.
type Holder struct {
	PID     int
	Command string // its name, "blink1-tool"
}

// Diagnose looks at what the kernel says, what libusb says, and who may open what. It opens no device and changes
// nothing: a device that does not answer is found only by using it. Of the options Serial, Except, SysRoot and DevRoot
// count. In a build without USB the state is StateUnsupported, and what the kernel sees is listed all the same.
func Diagnose(o Blink1Options) Diagnosis {
	sys := newSysfs(o.SysRoot, o.DevRoot)
	if !USBSupported() {
		return diagnose(o, sys, nil, ErrNoUSB)
	}
	seen, err := usb{sys}.find()
	return diagnose(o, sys, seen, err)
}

func diagnose(o Blink1Options, sys sysfs, seen []Info, err error) Diagnosis {
	kernel := sys.blink1s()
	var d Diagnosis
	for _, k := range kernel {
		d.Lights = append(d.Lights, Finding{Info: k, Kernel: true})
	}
	for _, i := range seen {
		at := slices.IndexFunc(d.Lights, func(f Finding) bool { return portOf(f.Path) == portOf(i.Path) && portOf(i.Path) != "" })
		if at < 0 {
			d.Lights, at = append(d.Lights, Finding{}), len(d.Lights)
		}
		d.Lights[at].Info, d.Lights[at].Libusb = i, true
	}
	for i := range d.Lights {
		d.Lights[i].examine(sys, err)
	}
	d.State, d.Hint = d.verdict(o, seen, kernel, err)
	return d
}

// examine finds out whether one can be opened.
func (f *Finding) examine(sys sysfs, err error) {
	f.Node = sys.node(f.Path)
	f.Driver, _ = sys.driver(f.Path)
	f.Holders = sys.holders(f.Node)
	f.State = StateConnected
	access := sys.access(f.Path)
	f.NoIconv = f.Libusb && f.mute && access == nil
	switch {
	case err == ErrNoUSB:
		f.refuse(hint(StateUnsupported, "%w", err))
	case !f.Libusb:
		f.refuse(hintAbsent("", nil, []Info{f.Info}))
	case access != nil || f.Driver == driverUsbfs:
		f.refuse(hintRefused(f.Info, sys, access))
	}
}

func (f *Finding) refuse(err error) { f.State, f.Hint = stateOf(err), err.Error() }

// verdict is what a light with these options would meet: the first of its choice that can be used, or what is in the way
// of the first.
func (d Diagnosis) verdict(o Blink1Options, seen, kernel []Info, err error) (State, string) {
	if err == ErrNoUSB {
		return StateUnsupported, err.Error()
	}
	var first *Finding
	for _, i := range choose(wantedSerial(o.Serial), exceptOf(o), seen) {
		at := slices.IndexFunc(d.Lights, func(f Finding) bool { return f.Path == i.Path })
		f := &d.Lights[at]
		if f.State == StateConnected {
			if o.Serial != "" && f.Serial == "" {
				err := hintUnreadable(wantedSerial(o.Serial), i)
				return stateOf(err), err.Error()
			}
			return StateConnected, ""
		}
		if first == nil {
			first = f
		}
	}
	if first != nil {
		return first.State, first.Hint
	}
	err = hintAbsent(wantedSerial(o.Serial), seen, kernel)
	return stateOf(err), err.Error()
}

func exceptOf(o Blink1Options) []string {
	if o.Except == nil {
		return nil
	}
	return o.Except()
}

// String is the finding in a few words: "30001234 blink(1) mk3 at 1-1".
func (f Finding) String() string {
	words := []string{f.Serial, f.Model, "at", portOf(f.Path)}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}
