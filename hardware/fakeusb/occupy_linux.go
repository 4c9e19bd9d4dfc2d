package fakeusb

import (
	"fmt"
	"syscall"
)

// Occupy holds the device in a port as a second program would that does nothing with it, or lets it go. It is an error
// if a program holds it.
func (b *Bus) Occupy(port string, yes bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.ports[port]
	if p == nil {
		return fmt.Errorf("occupy %s: nothing is there", port)
	}
	how, driver := syscall.LOCK_UN, p.native
	if yes {
		how, driver = syscall.LOCK_EX|syscall.LOCK_NB, "usbfs"
	}
	if err := syscall.Flock(int(p.file.Fd()), how); err != nil {
		return fmt.Errorf("occupy %s: %w", port, err)
	}
	return b.drive(p, driver)
}
