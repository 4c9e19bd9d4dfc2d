//go:build !linux

package worker

import "syscall"

// apart is a process that is not in our group: what is typed in a terminal is not meant for it.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
