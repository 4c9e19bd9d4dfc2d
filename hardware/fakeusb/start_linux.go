package fakeusb

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// Start starts a program for which the permissions of device nodes (Bus.Allow) count even if it is root, as they do for
// a daemon's own user: without the capability to override them.
func Start(cmd *exec.Cmd) error {
	const (
		dropFromBoundingSet = 24 // PR_CAPBSET_DROP of prctl(2)
		overrideMode        = 1  // CAP_DAC_OVERRIDE of capabilities(7)
	)
	if os.Geteuid() != 0 {
		return cmd.Start()
	}
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread has lost what others may need, so it ends
		_, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, dropFromBoundingSet, overrideMode, 0)
		if errno != 0 {
			failed <- fmt.Errorf("start a program without CAP_DAC_OVERRIDE: %w", errno)
			return
		}
		failed <- cmd.Start()
	}()
	return <-failed
}
