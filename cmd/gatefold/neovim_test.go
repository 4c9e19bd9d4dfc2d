//go:build editor

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A real editor, with the settings that we hand out: it shows a problem, completes, explains, lays out, and the problem goes.
func TestNeovim(t *testing.T) {
	nvim, err := exec.LookPath("nvim")
	if err != nil {
		t.Fatalf("%v: apt-get install --no-install-recommends neovim", err)
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	root, bin := t.TempDir(), t.TempDir()
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(bin, "gatefold")); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(root, "rules", "home.star")
	for file, text := range map[string]string{
		filepath.Join(root, "gatefold.yaml"): "rules: rules\naccounts:\n  - name: home\n",
		home:                                 "def on_playback(now):\n    deny( \"Küche 🎶\" )\n    blink1.sett(\"red\")\n",
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	editor := exec.CommandContext(ctx, nvim, "--headless", "-n", "-u", filepath.Join(here, "..", "..", "examples", "editors", "neovim", "gatefold.lua"),
		"-c", "luafile "+filepath.Join(here, "testdata", "lsp", "neovim.lua"))
	editor.Dir = root
	editor.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), asGatefold+"=1", "HOME="+root, "XDG_STATE_HOME="+root, "LC_ALL=C.UTF-8")
	if out, err := editor.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(home)
	if err != nil || string(text) != "def on_playback(now):\n    deny(\"Küche 🎶\")\n    blink1.set(\"red\")\n" {
		t.Errorf("%v %q", err, text)
	}
}
