package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The command line is specified by testdata/*.txtar.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"history": scriptHistory},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "keys")) // of the secrets store
			if dir := filepath.Join(e.WorkDir, "latin1"); exists(dir) {
				if err := os.WriteFile(filepath.Join(dir, "home.star"), []byte("# Caf\xe9\n"), 0o644); err != nil {
					return err
				}
			}
			// umask may be 002: files that a group can write are refused.
			return filepath.WalkDir(e.WorkDir, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.Type()&os.ModeSymlink != 0 {
					return err
				}
				if d.IsDir() {
					return os.Chmod(path, 0o755)
				}
				return os.Chmod(path, 0o644)
			})
		},
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
