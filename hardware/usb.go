package hardware

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/karalabe/hid"
)

// The USB ids of every blink(1), mk1 to mk4.
const (
	vendorID  = 0x27B8
	productID = 0x01ED
)

// ErrNoUSB is why this build cannot use a blink(1).
var ErrNoUSB = errors.New("this gatefold was built without USB: build it with CGO_ENABLED=1 and a C compiler (gcc) for its platform")

// USBSupported says whether this build can use a blink(1). Without cgo it cannot; ErrNoUSB tells people.
func USBSupported() bool { return hid.Supported() }

// ListBlink1 lists the blink(1)s that are plugged in, in order of serials, without disturbing their light. None is no
// error. In a build without USB the error is ErrNoUSB.
func ListBlink1() ([]Info, error) {
	if !USBSupported() {
		return nil, ErrNoUSB
	}
	return usb{newSysfs("", "")}.find()
}

// usb is the bus of karalabe/hid: hidapi on libusb on Linux, compiled in by cgo.
type usb struct{ sys sysfs }

// find lists what libusb sees. libusb cannot read serials where it may not open the device, or where a static build
// has no iconv; the kernel can.
func (u usb) find() ([]Info, error) {
	seen, err := hid.Enumerate(vendorID, productID)
	if err != nil {
		return nil, fmt.Errorf("list USB devices: %w", err)
	}
	found := make([]Info, 0, len(seen))
	for _, d := range seen {
		serial := cleanSerial(d.Serial)
		mute := serial == ""
		if mute {
			serial = u.sys.serial(d.Path)
		}
		found = append(found, Info{Serial: serial, Model: model(d.Release, serial), Path: d.Path, Release: d.Release, mute: mute})
	}
	slices.SortFunc(found, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.Serial, b.Serial), cmp.Compare(a.Path, b.Path))
	})
	return found, nil
}

// open takes the device from the kernel's hid-led driver, which makes it dark. Its error says nothing but that it
// failed, whatever the cause.
func (u usb) open(i Info) (device, error) {
	d, err := hid.DeviceInfo{Path: i.Path}.Open()
	if err != nil {
		return nil, fmt.Errorf("open USB device %s: %w", i.Path, err)
	}
	return handle{d}, nil
}

// handle is an open blink(1).
type handle struct{ dev hid.Device }

// errTransfer stands for every error of a transfer: hidapi's own are all "hid_error is not implemented yet".
var errTransfer = errors.New("a USB transfer failed")

// send is SET_REPORT of a feature report on endpoint 0; about 1.4 ms, at most 1 s. The number of bytes that it
// returns differs between platforms and says nothing.
func (h handle) send(r report) error {
	if _, err := h.dev.SendFeatureReport(r[:]); err != nil {
		return errTransfer
	}
	return nil
}

// ask is SET_REPORT and then GET_REPORT: the firmware answers the last request. It answers with 8 bytes.
func (h handle) ask(q report) (reply, error) {
	if err := h.send(q); err != nil {
		return reply{}, err
	}
	a := reply{reportID}
	if _, err := h.dev.GetFeatureReport(a[:]); err != nil {
		return reply{}, errTransfer
	}
	return a, nil
}

// alive is GET_REPORT without a command before it: the firmware hands out its reply buffer and does nothing.
func (h handle) alive() error {
	reply := [9]byte{reportID}
	if _, err := h.dev.GetFeatureReport(reply[:]); err != nil {
		return errTransfer
	}
	return nil
}

func (h handle) close() error { return h.dev.Close() }
