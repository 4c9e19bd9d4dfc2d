//go:build unix

package worker

import "golang.org/x/sys/unix"

// limitMemory bounds what this process can map to write to: so much more than it has now.
func limitMemory(bytes int64) error {
	most := uint64(mapped() + withRace(bytes))
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most})
}
