package fakeusb

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// Bus is a USB bus in a folder. Its methods may be called from anywhere.
type Bus struct {
	root string

	mu        sync.Mutex
	ports     map[string]*plugged // by port, "1-1"
	devnum    int
	watchers  []net.Conn // who hears of hotplug
	listeners []net.Listener
}

// plugged is a device in a port.
type plugged struct {
	device *Device
	port   string
	node   string // "001/002"
	conns  map[net.Conn]bool
	file   *os.File // the node: holds the name of the driver
	native string   // the driver that the kernel would bind
	holder net.Conn // who has claimed it
}

// HIDLED is the kernel's driver for a blink(1): when a program takes a device from it, the light goes dark.
const HIDLED = "hid-led"

// drive says which driver is bound now: to the program, and in sysfs. hid-led sits on usbhid.
func (b *Bus) drive(p *plugged, driver string) error {
	at := b.sys(p.port + ":1.0")
	if err := os.RemoveAll(at); err != nil {
		return err
	}
	if err := os.Mkdir(at, 0o755); err != nil {
		return err
	}
	bound := driver
	if driver == HIDLED {
		bound = "usbhid"
		child := filepath.Join(at, "0003:27B8:01ED.0001")
		if err := os.Mkdir(child, 0o755); err != nil {
			return err
		}
		if err := os.Symlink("../../../../../../bus/hid/drivers/"+HIDLED, filepath.Join(child, "driver")); err != nil {
			return err
		}
	}
	if bound != "" {
		if err := os.Symlink("../../../../../bus/usb/drivers/"+bound, filepath.Join(at, "driver")); err != nil {
			return err
		}
	}
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	_, err := p.file.WriteAt([]byte(bound), 0)
	return err
}

// Bind says which driver the kernel binds to the device in a port: HIDLED, "usbhid", or "" for none, which is so for
// what was just plugged in.
func (b *Bus) Bind(port, driver string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.ports[port]
	if p == nil {
		return fmt.Errorf("bind %s: nothing is there", port)
	}
	p.native = driver
	if p.holder != nil {
		return nil
	}
	return b.drive(p, driver)
}

// note hears what a program does to the driver of a device that it has open.
func (b *Bus) note(c net.Conn, p *plugged, what byte) error {
	if what == 'D' && p.native == HIDLED {
		p.device.darken()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ports[p.port] != p {
		return nil // pulled out meanwhile
	}
	switch what {
	case 'C':
		p.holder = c
		return b.drive(p, "usbfs")
	case 'A':
		return b.drive(p, p.native)
	case 'R', 'D':
		p.holder = nil
		return b.drive(p, "")
	}
	return fmt.Errorf("an unknown note %q", what)
}

// NewBus serves an empty bus in root, which must be a short path: sockets lie in it. Without hotplug a program's
// libusb cannot hear of devices, as when its sandbox denies AF_NETLINK, and so sees none at all.
func NewBus(root string, hotplug bool) (*Bus, error) {
	b := &Bus{root: root, ports: map[string]*plugged{}, devnum: 1}
	for _, dir := range []string{b.sys(""), b.node("001")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("make a USB bus: %w", err)
		}
	}
	if err := b.listen("unix", "urb.sock", b.serve); err != nil {
		return nil, err
	}
	if hotplug {
		if err := b.listen("unixpacket", "uevent.sock", b.watch); err != nil {
			b.Close()
			return nil, err
		}
	}
	return b, nil
}

// SysRoot and DevRoot are what stands for /sys and /dev.
func (b *Bus) SysRoot() string { return filepath.Join(b.root, "sys") }
func (b *Bus) DevRoot() string { return filepath.Join(b.root, "dev") }

func (b *Bus) sys(port string) string  { return filepath.Join(b.SysRoot(), "bus/usb/devices", port) }
func (b *Bus) node(node string) string { return filepath.Join(b.DevRoot(), "bus/usb", node) }

func (b *Bus) listen(network, name string, handle func(net.Conn)) error {
	l, err := net.Listen(network, filepath.Join(b.root, name))
	if err != nil {
		return fmt.Errorf("make a USB bus: %w", err)
	}
	b.listeners = append(b.listeners, l)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go handle(c)
		}
	}()
	return nil
}

// Plug puts a device into a free port, "1-1" to "1-9".
func (b *Bus) Plug(port string, d *Device) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.devnum++
	p := &plugged{device: d, port: port, node: fmt.Sprintf("001/%03d", b.devnum), conns: map[net.Conn]bool{}}
	if err := os.Mkdir(b.sys(port), 0o755); err != nil {
		return fmt.Errorf("plug into %s: %w", port, err)
	}
	d.plug()
	for name, value := range d.attributes(b.devnum) {
		if err := os.WriteFile(filepath.Join(b.sys(port), name), value, 0o644); err != nil {
			return fmt.Errorf("plug into %s: %w", port, err)
		}
	}
	var err error
	if p.file, err = os.OpenFile(b.node(p.node), os.O_CREATE|os.O_RDWR, 0o666); err != nil {
		return fmt.Errorf("plug into %s: %w", port, err)
	}
	if err := b.drive(p, ""); err != nil {
		return fmt.Errorf("plug into %s: %w", port, err)
	}
	b.ports[port] = p
	b.announce("add", port, p.node)
	return nil
}

// Unplug pulls out what is in a port, in the middle of a transfer if there is one.
func (b *Bus) Unplug(port string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.ports[port]
	if p == nil {
		return fmt.Errorf("unplug %s: nothing is there", port)
	}
	delete(b.ports, port)
	p.device.unplug()
	for c := range p.conns {
		c.Close()
	}
	p.file.Close()
	b.announce("remove", port, p.node)
	for _, at := range []string{b.sys(port + ":1.0"), b.sys(port), b.node(p.node)} {
		if err := os.RemoveAll(at); err != nil {
			return fmt.Errorf("unplug %s: %w", port, err)
		}
	}
	return nil
}

// Allow says whether programs may open the device in a port, as udev rules would.
func (b *Bus) Allow(port string, yes bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.ports[port]
	if p == nil {
		return fmt.Errorf("permit %s: nothing is there", port)
	}
	mode := os.FileMode(0o444)
	if yes {
		mode = 0o666
	}
	return os.Chmod(b.node(p.node), mode)
}

// Close ends the bus. The folder stays.
func (b *Bus) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.listeners {
		l.Close()
	}
	for _, c := range b.watchers {
		c.Close()
	}
	for _, p := range b.ports {
		p.device.unplug()
		p.file.Close()
		for c := range p.conns {
			c.Close()
		}
	}
}

// watch lets a program hear of hotplug, and tells it when it can count on that.
func (b *Bus) watch(c net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers = append(b.watchers, c)
	c.Write([]byte("!"))
}

// announce says what the kernel says when a device comes or goes.
func (b *Bus) announce(action, port, node string) {
	path := "/devices/fake/usb1/" + port
	event := action + "@" + path + "\x00ACTION=" + action + "\x00DEVPATH=" + path +
		"\x00SUBSYSTEM=usb\x00DEVTYPE=usb_device\x00DEVNAME=bus/usb/" + node + "\x00BUSNUM=" + node[:3] + "\x00DEVNUM=" + node[4:] + "\x00"
	for _, c := range b.watchers {
		c.Write([]byte(event))
	}
}

// serve carries the control transfers of one open device node.
func (b *Bus) serve(c net.Conn) {
	defer c.Close()
	var node [len("001/002")]byte
	if _, err := io.ReadFull(c, node[:]); err != nil {
		return
	}
	p := b.attach(string(node[:]), c)
	if p == nil {
		return
	}
	for b.transfer(c, p) == nil {
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(p.conns, c)
	if p.holder == c && b.ports[p.port] == p { // killed: nothing is bound again
		p.holder = nil
		b.drive(p, "")
	}
}

// attach finds the device of a node and ties the connection's life to it; nil if it has been pulled out.
func (b *Bus) attach(node string, c net.Conn) *plugged {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.ports {
		if p.node == node {
			p.conns[c] = true
			return p
		}
	}
	return nil
}

// transfer carries one control transfer, or a note; the framing is described in fakeusb.c.
func (b *Bus) transfer(c net.Conn, p *plugged) error {
	le := binary.LittleEndian
	var head [16]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return err
	}
	setup := [8]byte(head[8:])
	if le.Uint32(head[:]) == 0 {
		return b.note(c, p, setup[0])
	}
	var out []byte
	if setup[0]&0x80 == 0 {
		out = make([]byte, le.Uint16(setup[6:]))
		if _, err := io.ReadFull(c, out); err != nil {
			return err
		}
	}
	in, status := p.device.control(setup, out)
	answer := append([]byte(nil), head[:4]...)
	answer = le.AppendUint32(answer, uint32(status))
	answer = le.AppendUint32(answer, uint32(len(in)))
	_, err := c.Write(append(answer, in...))
	return err
}
