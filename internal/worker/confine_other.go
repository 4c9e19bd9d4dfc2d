//go:build unix && !linux

package worker

// seal has nothing to offer here: a process of its own, without environment, and with a limit for memory where the system
// keeps to it.
func seal(*Confinement, int64) error { return nil }

// mapped is a guess at how much the program itself needs.
func mapped() int64 { return 64 << 20 }
