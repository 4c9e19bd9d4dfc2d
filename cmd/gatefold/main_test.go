package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"gatefold/internal/worker"
)

// asGatefold makes the test binary behave as the program: the daemon is tested
// as a process of its own.
const asGatefold = "TEST_AS_GATEFOLD"

func TestMain(m *testing.M) {
	if worker.IsChild(os.Args) {
		os.Exit(worker.Main())
	}
	if worker.IsBounded(os.Args) {
		os.Exit(asBounded(os.Args))
	}
	syscall.Umask(0o022) // rules that a group can write are refused
	switch os.Getenv(asFleet) {
	case "simulator":
		simulateFleet()
	case "daemon":
		runFleet()
	}
	if os.Getenv(asGatefold) != "" {
		os.Unsetenv(asGatefold)
		s := system()
		s.patient = true
		if root := os.Getenv("FAKEUSB_ROOT"); root != "" { // libusb sees that by itself, see hardware/fakeusb
			s.sys, s.dev = filepath.Join(root, "sys"), filepath.Join(root, "dev")
		}
		os.Exit(boundedly(os.Args, s))
	}
	testscript.Main(m, map[string]func(){"gatefold": main})
}
