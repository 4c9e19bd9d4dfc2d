package worker

import "syscall"

// apart is a process that is not in our group (what is typed in a terminal is not meant for it), and does not outlive us.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
