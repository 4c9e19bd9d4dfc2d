package fakeusb

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf16"
)

// The parts of the USB 2.0 specification (chapter 9) and of HID 1.11 (chapter 7) that hidapi asks for.
const (
	typeDevice    = 1
	typeConfig    = 2
	typeString    = 3
	typeHID       = 0x21
	typeHIDReport = 0x22
)

func (d *Device) release() uint16 {
	return map[Model]uint16{Mk1: 0x0100, Mk2: 0x0002, Mk3: 0x0101, Mk4: 0x0102}[d.model]
}

func (d *Device) strings() []string {
	product := "blink(1)"
	if d.model != Mk1 {
		product = fmt.Sprintf("blink(1) mk%d", d.model)
	}
	return []string{"ThingM", product, d.serial}
}

func (d *Device) deviceDescriptor() []byte {
	packet := byte(8)
	if d.model >= Mk3 {
		packet = 64
	}
	r := d.release()
	return []byte{18, typeDevice, 0x00, 0x02, 0, 0, 0, packet, 0xB8, 0x27, 0xED, 0x01, byte(r), byte(r >> 8), 1, 2, 3, 1}
}

// reportDescriptor declares feature report 1 with 8 bytes, from mk3 on also report 2 with 60.
func (d *Device) reportDescriptor() []byte {
	head := []byte{0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08}
	feature := func(id, size byte) []byte { return []byte{0x85, id, 0x95, size, 0x09, 0x00, 0xB2, 0x02, 0x01} }
	b := append(head, feature(1, 8)...)
	if d.model >= Mk3 {
		b = append(b, feature(2, 60)...)
	}
	return append(b, 0xC0)
}

func (d *Device) hidDescriptor() []byte {
	n := len(d.reportDescriptor())
	return []byte{9, typeHID, 0x01, 0x01, 0, 1, typeHIDReport, byte(n), byte(n >> 8)}
}

func (d *Device) configDescriptor() []byte {
	endpoints := []byte{7, 5, 0x81, 3, 8, 0, 10}
	if d.model != Mk1 {
		endpoints = append(endpoints, 7, 5, 0x01, 3, 8, 0, 10)
	}
	b := slices.Concat(
		[]byte{9, typeConfig, 0, 0, 1, 1, 0, 0x80, 60},
		[]byte{9, 4, 0, 0, byte(len(endpoints) / 7), 3, 0, 0, 0},
		d.hidDescriptor(), endpoints)
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// stringDescriptor is string i: 0 the languages (US English), then those of strings.
func (d *Device) stringDescriptor(i int) []byte {
	words := []uint16{0x0409}
	if i > 0 {
		words = utf16.Encode([]rune(d.strings()[i-1]))
	}
	b := []byte{byte(2 + 2*len(words)), typeString}
	for _, w := range words {
		b = binary.LittleEndian.AppendUint16(b, w)
	}
	return b
}

// attributes are the device's files in sysfs.
func (d *Device) attributes(devnum int) map[string][]byte {
	line := func(format string, v any) []byte { return fmt.Appendf(nil, format+"\n", v) }
	speed := "12"
	if d.model == Mk1 {
		speed = "1.5"
	}
	return map[string][]byte{
		"busnum": line("%v", 1), "devnum": line("%v", devnum), "speed": line("%v", speed),
		"bConfigurationValue": line("%v", 1), "bcdDevice": line("%04x", d.release()),
		"idVendor": line("%v", "27b8"), "idProduct": line("%v", "01ed"), "serial": line("%v", d.serial),
		"manufacturer": line("%v", d.strings()[0]), "product": line("%v", d.strings()[1]),
		"descriptors": slices.Concat(d.deviceDescriptor(), d.configDescriptor()),
	}
}

// control answers a control transfer: data of an IN transfer, and 0 or a negative errno.
func (d *Device) control(setup [8]byte, out []byte) ([]byte, int32) {
	kind, request := setup[0], setup[1]
	value, length := binary.LittleEndian.Uint16(setup[2:]), int(binary.LittleEndian.Uint16(setup[6:]))
	in, status := []byte(nil), int32(0)
	switch {
	case kind == 0x21 && request == 0x09: // SET_REPORT
		status = d.setReport(out)
	case kind == 0xA1 && request == 0x01: // GET_REPORT
		in, status = d.getReport()
	case kind&0xE0 == 0x80 && request == 6: // GET_DESCRIPTOR
		in, status = d.descriptor(byte(value>>8), int(value&0xFF))
	case kind&0xE0 == 0x80 && request == 0: // GET_STATUS
		in = []byte{0, 0}
	case kind&0xE0 == 0x80 && request == 8: // GET_CONFIGURATION
		in = []byte{1}
	case kind&0xE0 == 0x00, kind == 0x21 && request == 0x0A: // every standard OUT request, SET_IDLE
	default:
		status = stall
	}
	return in[:min(len(in), length)], status
}

func (d *Device) descriptor(kind byte, index int) ([]byte, int32) {
	switch {
	case kind == typeDevice:
		return d.deviceDescriptor(), 0
	case kind == typeConfig:
		return d.configDescriptor(), 0
	case kind == typeString && index <= len(d.strings()):
		return d.stringDescriptor(index), 0
	case kind == typeHID:
		return d.hidDescriptor(), 0
	case kind == typeHIDReport:
		return d.reportDescriptor(), 0
	}
	return nil, stall
}
