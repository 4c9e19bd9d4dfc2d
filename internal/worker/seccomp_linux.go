//go:build amd64 || arm64 || arm

package worker

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// filterCalls has the kernel refuse, in all threads, every system call but those of needed: with EPERM, so that what asks
// for one out of habit goes on without it; and with ENOMEM more than so many bytes of memory at once. why is why there is no
// filter.
func filterCalls(most uint32) (why string, err error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return "", err
	}
	filter := filterOf(uint32(os.Getpid()), most)
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	switch {
	case errors.Is(errno, unix.ENOSYS) || errors.Is(errno, unix.EINVAL):
		return "this kernel has none", nil
	case errors.Is(errno, unix.EPERM) || errors.Is(errno, unix.EACCES): // some containers do not let anybody
		return "it is not permitted here", nil
	case errno != 0:
		return "", fmt.Errorf("%w", errno)
	}
	return "", nil
}

// Where the number, the processor and the arguments of a system call lie in what a filter sees: of an argument its low word,
// which comes first, and its high one.
const (
	atNumber = 0
	atArch   = 4
	atArg0   = 16
	atArg1   = 16 + 1*8
	atHigh1  = atArg1 + 4
	atArg2   = 16 + 2*8
)

func load32(at uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
}

// ifElse goes on with the next instruction, or skips as many.
func ifElse(code uint16, k uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | code, Jt: yes, Jf: no, K: k}
}

func verdict(action uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
}

// filterOf is the filter of a process: one comparison a call, so that no jump is long.
func filterOf(pid, most uint32) []unix.SockFilter {
	refused := verdict(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	allowed := verdict(unix.SECCOMP_RET_ALLOW)
	f := []unix.SockFilter{
		load32(atArch), ifElse(unix.BPF_JEQ, auditArch, 1, 0), verdict(unix.SECCOMP_RET_KILL_PROCESS),
		load32(atNumber),
	}
	for _, nr := range needed() {
		f = append(f, ifElse(unix.BPF_JEQ, uint32(nr), 0, 1), allowed)
	}
	// A new thread, but no new process.
	f = append(f, ifElse(unix.BPF_JEQ, unix.SYS_CLONE, 0, 4), load32(atArg0),
		ifElse(unix.BPF_JSET, unix.CLONE_THREAD, 0, 1), allowed, refused)
	// The C library asks for a thread this way first, and goes on without it where there is none.
	f = append(f, ifElse(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1), verdict(unix.SECCOMP_RET_ERRNO|uint32(unix.ENOSYS)))
	// A signal to a thread of its own: the Go scheduler interrupts long computations so.
	f = append(f, ifElse(unix.BPF_JEQ, unix.SYS_TGKILL, 0, 4), load32(atArg0),
		ifElse(unix.BPF_JEQ, pid, 0, 1), allowed, refused)
	// Not all memory at once. The kernel compares RLIMIT_DATA before what is mapped over a reservation, as the Go heap is, and
	// not with it: the last piece may be of any size.
	none := verdict(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOMEM))
	f = append(f, ifElse(unix.BPF_JEQ, sysMmap, 0, 6), load32(atHigh1), ifElse(unix.BPF_JEQ, 0, 1, 0), none,
		load32(atArg1), ifElse(unix.BPF_JGT, most, 0, 1), none, load32(atNumber))
	// Memory, but none that can be executed.
	for _, nr := range []uint32{sysMmap, unix.SYS_MPROTECT} {
		f = append(f, ifElse(unix.BPF_JEQ, nr, 0, 4), load32(atArg2),
			ifElse(unix.BPF_JSET, unix.PROT_EXEC, 0, 1), refused, allowed)
	}
	return append(f, refused)
}

// needed are the system calls that a Go program needs to compute, and to read and write what is open.
func needed() []uintptr {
	return append([]uintptr{
		unix.SYS_READ, unix.SYS_WRITE, unix.SYS_CLOSE, unix.SYS_FCNTL, unix.SYS_FSTAT,
		unix.SYS_FUTEX, unix.SYS_SCHED_YIELD, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_CLOCK_GETTIME, unix.SYS_GETTIMEOFDAY,
		unix.SYS_MUNMAP, unix.SYS_MREMAP, unix.SYS_MADVISE, unix.SYS_BRK, unix.SYS_MEMBARRIER,
		unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL,
		unix.SYS_GETPID, unix.SYS_GETTID, unix.SYS_SCHED_GETAFFINITY, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ, unix.SYS_SET_TID_ADDRESS,
		unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT, unix.SYS_GETRANDOM, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
	}, moreCalls()...)
}
