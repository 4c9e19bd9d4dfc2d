package worker

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// computed is how much time of the processor a process has got; false: that cannot be read.
func computed(pid int) (time.Duration, bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	f := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:]) // behind the name, which may hold anything
	if len(f) < 13 {
		return 0, false
	}
	user, err := strconv.ParseInt(string(f[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(f[12]), 10, 64)
	const hertz = 100 // of what the kernel says here, on every machine that Go runs on
	return time.Duration(user+system) * time.Second / hertz, err == nil && err2 == nil
}

// peak is the most memory that a process had which has ended; 0: not known.
func peak(state *os.ProcessState) int64 {
	if state == nil {
		return 0
	}
	if u, ok := state.SysUsage().(*syscall.Rusage); ok {
		return int64(u.Maxrss) << 10
	}
	return 0
}

// ownPeak is the most memory that this process has had. The kernel takes it for the beginning of a child's.
func ownPeak() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return int64(u.Maxrss) << 10
}
