package worker

import "golang.org/x/sys/unix"

const (
	auditArch = unix.AUDIT_ARCH_ARM
	sysMmap   = unix.SYS_MMAP2
)

// moreCalls are the usual ones by older names too. The processor's own calls (cacheflush, set_tls) and those with 64-bit times come beside them.
func moreCalls() []uintptr {
	return []uintptr{
		unix.SYS_EPOLL_WAIT, unix.SYS_FCNTL64, unix.SYS_FSTAT64, unix.SYS_SIGRETURN, unix.SYS_FUTEX_TIME64,
		unix.SYS_CLOCK_GETTIME64, unix.SYS_CLOCK_NANOSLEEP_TIME64, 0xf0002, 0xf0005,
	}
}
