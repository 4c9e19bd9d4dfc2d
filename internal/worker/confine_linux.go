package worker

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/landlock-lsm/go-landlock/landlock"
	"github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// seal gives up files, network, every system call that computing does not need, and memory of more than so many bytes at once.
func seal(c *Confinement, most int64) error {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // where memory is short, this is what ends first
	closeInherited()
	none := &unix.Rlimit{}
	_ = unix.Setrlimit(unix.RLIMIT_FSIZE, none)
	_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, none)
	var by []string
	if version, err := syscall.LandlockGetABIVersion(); err != nil || version < 1 {
		c.Lacks = append(c.Lacks, "Landlock: this kernel has none")
	} else if err := landlock.V6.BestEffort().Restrict(); err != nil {
		return fmt.Errorf("landlock: %w", err)
	} else {
		by = append(by, "Landlock "+strconv.Itoa(version))
	}
	switch why, err := filterCalls(uint32(min(most, math.MaxUint32))); {
	case err != nil:
		return fmt.Errorf("seccomp: %w", err)
	case why != "":
		c.Lacks = append(c.Lacks, "seccomp: "+why)
	default:
		c.Calls = true
		by = append(by, "seccomp")
	}
	c.Kernel = strings.Join(by, ", ")
	return nil
}

// closeInherited closes files that a careless parent of our parent left open. Those of the Go runtime itself stay.
func closeInherited() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd < 3 {
			continue
		}
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && !strings.HasPrefix(to, "anon_inode:[event") {
			_ = unix.Close(fd)
		}
	}
}

// mapped is how much this process can write to already.
func mapped() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 64 << 20
	}
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmData:"); ok {
			if kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64); err == nil {
				return kb << 10
			}
		}
	}
	return 64 << 20
}
