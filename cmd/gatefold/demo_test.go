package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Beside a demo, what reads a journal works; and at its end nothing is left.
func TestDemoHasAHistory(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	demo := gatefoldIn(tmp, "demo", "--plain", "--for", "10m")
	demo.Env = append(demo.Env, "TMPDIR="+tmp, "XDG_CONFIG_HOME="+filepath.Join(tmp, "config"))
	var said syncBuffer
	demo.Stdout, demo.Stderr = &said, &said
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = demo.Process.Kill() })
	ask := func(args ...string) string {
		found, _ := filepath.Glob(filepath.Join(tmp, "gatefold-demo-*", "gatefold.yaml"))
		if len(found) != 1 {
			return ""
		}
		c := gatefoldIn(tmp, append(args, "-c", found[0])...)
		c.Env = append(c.Env, "XDG_CONFIG_HOME="+filepath.Join(tmp, "config"))
		out, _ := c.CombinedOutput()
		return string(out)
	}
	out := ""
	for end := time.Now().Add(time.Minute); !strings.Contains(out, `deny(reason="not a household device") by on_playback, home.star`); {
		if time.Now().After(end) {
			t.Fatalf("Bob is not in the history:\n%s\nthe demo:\n%s", out, said.String())
		}
		out = ask("replay", "--since", "1h", "--explain")
	}
	contains(t, "what the demo says", said.String(), "replay --since 2m --explain -c ")
	contains(t, "record", ask("record", "--since", "1h"), `device.name="Bob's Laptop"`, "budget 60/30s 100000/24h", "\tpause()")
	contains(t, "rules list", ask("rules", "list"), "in force")
	doctor := ask("doctor")
	contains(t, "doctor", doctor, "journal.db is whole, and sealed", "the daemon that runs was given one of its own")
	if strings.Contains(doctor, "nobody watches") || strings.Contains(doctor, "failure") {
		t.Errorf("doctor contradicts itself:\n%s", doctor)
	}
	if err := demo.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := endOf(demo); err != nil {
		t.Errorf("%v:\n%s", err, said.String())
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
