// Package fakeusb turns a folder into a USB bus with software blink(1)s on it, for tests: a program that runs with a
// small LD_PRELOAD library sees them through the real karalabe/hid, hidapi and libusb. No hardware, no root and no
// kernel support are needed; Linux, a C compiler and a dynamically linked cgo program are.
//
// A Bus serves the folder, a Device is one blink(1) with a model of its firmware, Compile, Env and Start prepare the
// program.
// LD_PRELOAD counts when a program starts, so a test starts the program under test as a child, or itself again; the
// bus may be in either process, because Go's own system calls do not go through the library. The library's source,
// testdata/fakeusb.c, describes the folder and the sockets in it.
package fakeusb

import (
	"debug/elf"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

//go:embed testdata/fakeusb.c
var source []byte

// Compile builds the library in dir with $CC, or gcc, and returns its path.
func Compile(dir string) (string, error) {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "gcc"
	}
	if _, err := exec.LookPath(cc); err != nil {
		return "", fmt.Errorf("the fake USB bus needs a C compiler: install gcc, or name one in CC: %w", err)
	}
	from, to := filepath.Join(dir, "fakeusb.c"), filepath.Join(dir, "fakeusb.so")
	if err := os.WriteFile(from, source, 0o600); err != nil {
		return "", fmt.Errorf("compile the fake USB bus: %w", err)
	}
	out, err := exec.Command(cc, "-O2", "-Wall", "-shared", "-fPIC", "-o", to, from, "-ldl", "-lpthread").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("compile the fake USB bus with %s: %w\n%s", cc, err, out)
	}
	return to, nil
}

// NoIconv is what to add to the environment of a program on a bus that shall have no iconv, as a static one.
const NoIconv = "FAKEUSB_NO_ICONV=1"

// Env is what to add to the environment of a program that shall see the bus in root.
func Env(library, root string) []string {
	return []string{"LD_PRELOAD=" + library, "FAKEUSB_ROOT=" + root}
}

// NeedsIconv says whether a program calls iconv: one that is built with -DNO_ICONV, as those of make dist are, does not.
func NeedsIconv(program string) (bool, error) {
	f, err := elf.Open(program)
	if err != nil {
		return false, err
	}
	defer f.Close()
	symbols, err := f.ImportedSymbols()
	return slices.ContainsFunc(symbols, func(s elf.ImportedSymbol) bool { return s.Name == "iconv_open" }), err
}
