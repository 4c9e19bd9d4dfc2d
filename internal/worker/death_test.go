package worker

import (
	"os"
	"testing"
)

// What a child says on its way out tells whether it died for want of memory, as Go 1.26 and glibc say it.
func TestCauseOfWords(t *testing.T) {
	for said, want := range map[string]string{
		"fatal error: runtime: out of memory\n\ngoroutine 1 [running]:\nruntime.throw({0x1, 0x2})\n":     DiedOfMemory,
		"fatal error: runtime: cannot allocate memory\n":                                                 DiedOfMemory,
		"runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort\nPC=0x1\n": DiedOfMemory,
		"fatal error: too many address space collisions for -race mode\n\nruntime stack:\n":              DiedOfMemory,
		"runtime: goroutine stack exceeds 67108864-byte limit\nfatal error: stack overflow\n":            DiedOfStack,

		// The collector, on the stack of the system and on that of a goroutine which may not panic.
		"SIGSEGV: segmentation violation\nPC=0x439d5d m=0 sigcode=1 addr=0x0\n\ngoroutine 0 gp=0x15d01c0 m=0 mp=0x15d1e00 [idle]:\nruntime.(*spanQueue).tryDrain(0x1)\n\t/go/src/runtime/mgcmark_greenteagc.go:520\n":                                DiedOfMemory,
		"fatal error: unexpected signal during runtime execution\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x439d5d]\n\ngoroutine 7 gp=0x1 m=2 mp=0x2 [running]:\nruntime.throw({0x1, 0x2a})\n\t/go/src/runtime/panic.go:1229\n": DiedOfMemory,

		// Elsewhere, or of other code.
		"SIGSEGV: segmentation violation\nPC=0x439d5d m=0 sigcode=1 addr=0x0f0\n\ngoroutine 0 gp=0x15d01c0 m=0 mp=0x15d1e00 [idle]:\nruntime.(*spanQueue).tryDrain(0x1)\n":                                                                                                       DiedOtherwise,
		"SIGSEGV: segmentation violation\nPC=0x439d5d m=0 sigcode=1 addr=0x0\n\ngoroutine 9 gp=0x15d01c0 m=0 mp=0x15d1e00 [running]:\ngatefold/engine.(*Engine).Evaluate(0x1)\n":                                                                                                 DiedOtherwise,
		"panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]\n\ngoroutine 1 [running]:\ngatefold/engine.f(...)\n":                                                                         DiedOtherwise,
		"panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]\n\ngoroutine 1 [running]:\nruntime.mapaccess1(...)\nfatal error: addr=0x0 SIGSEGV: segmentation violation\ngoroutine 1 x:\n": DiedOtherwise,
		"": DiedOtherwise,
	} {
		if got := causeOf(&os.ProcessState{}, said, false); got != want {
			t.Errorf("%q: %s, want %s", said, got, want)
		}
	}
}
