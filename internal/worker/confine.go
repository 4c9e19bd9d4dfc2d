package worker

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// Confinement is what a child has given up, as it says itself after having tried.
type Confinement struct {
	Memory  bool   // more than so much data ends it
	Files   bool   // it opens no file
	Network bool   // it makes no socket
	Calls   bool   // it makes no system call but those that a Go program needs to compute
	Kernel  string // what keeps it: "Landlock 7, seccomp"
	Lacks   []string
}

// String says it in a line: "no files, no network, bounded memory (Landlock 7, seccomp)".
func (c Confinement) String() string {
	var out []string
	for _, p := range []struct {
		has  bool
		text string
	}{{c.Files, "no files"}, {c.Network, "no network"}, {c.Memory, "bounded memory"}} {
		if p.has {
			out = append(out, p.text)
		}
	}
	text := strings.Join(out, ", ")
	if text == "" {
		text = "a process of its own"
	}
	if c.Kernel != "" {
		text += " (" + c.Kernel + ")"
	}
	return text
}

// confine gives up what rules must not have. What this system does not offer is left out, and said.
func confine(b begin) (c Confinement, err error) {
	runtime.GOMAXPROCS(min(2, runtime.NumCPU()))
	debug.SetMaxStack(b.Limits.Stack)
	debug.SetMemoryLimit(b.Memory * 3 / 4) // collecting more often comes before dying
	if err := limitMemory(b.Memory); err != nil {
		c.Lacks = append(c.Lacks, "a limit for memory: "+err.Error())
	} else {
		c.Memory = true
	}
	if err := seal(&c, withRace(b.Memory)); err != nil {
		return c, fmt.Errorf("giving up files and network: %w", err)
	}
	c.probe()
	return c, nil
}

// probe tries what should not work any more.
func (c *Confinement) probe() {
	if f, err := os.Open("/"); err == nil {
		f.Close()
		c.Lacks = append(c.Lacks, "nothing keeps it from opening files")
	} else {
		c.Files = true
	}
	if s, err := net.ListenPacket("udp", "127.0.0.1:0"); err == nil {
		s.Close()
		c.Lacks = append(c.Lacks, "nothing keeps it from the network")
	} else {
		c.Network = true
	}
}

// withRace is so much memory, and in a build that writes down every access what that takes.
func withRace(bytes int64) int64 {
	if raceBuild {
		return 10 * bytes
	}
	return bytes
}
