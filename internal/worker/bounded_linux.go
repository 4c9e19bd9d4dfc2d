package worker

import (
	"os"
	"syscall"
)

// bounded is a process of our group (it reads what is typed), that does not outlive us.
func bounded() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// yieldMemory says that where memory is short, this is what ends first: before a daemon.
func yieldMemory() { _ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) }
