package main

import (
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/lsp"
	"gatefold/internal/reload"
)

func lspCommand(s stdio) *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use:   "lsp",
		Short: "speak to an editor, which shows problems, documentation and completion of rules",
		Long: `lsp speaks the Language Server Protocol over standard input and output: an editor
starts it. examples/editors has the settings for VS Code, Neovim and Helix. It never
runs the rules that it reads.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			level := slog.LevelWarn
			if verbose {
				level = slog.LevelDebug
			}
			o := lsp.Options{
				Version: version, Root: func(file string) string { return rulesAround(s, file) },
				Read:    func(root string) (engine.Snapshot, error) { return reload.Read(root, reload.Limits{}) },
				Modules: func(root string) []engine.Module { return vocabularyAround(s, root) },
				Log:     slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level})),
			}
			err := lsp.Serve(c.Context(), talk{s.in, s.out}, o)
			if errors.Is(err, lsp.ErrAbrupt) {
				return &codedError{code: exitFailed, err: err}
			}
			return err
		},
	}
	c.Flags().Bool("stdio", true, "standard input and output: there is no other way, and editors say so")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "say more on standard error")
	return c
}

// talk is standard input and output as one.
type talk struct {
	io.Reader
	io.Writer
}

// Close ends the reading, so that nobody waits for an editor that is gone.
func (t talk) Close() error {
	if c, ok := t.Reader.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// rulesAround is the folder whose ruleset a file belongs to: that of the nearest gatefold.yaml above it, or else the
// folder it lies in, above lib/.
func rulesAround(s stdio, file string) string {
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		if rules, ok := configuredRules(s, dir); ok {
			if rel, err := filepath.Rel(rules, file); err == nil && !strings.HasPrefix(rel, "..") {
				return rules
			}
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	parts := strings.Split(filepath.ToSlash(filepath.Dir(file)), "/")
	if i := slices.Index(parts, "lib"); i > 0 {
		return filepath.FromSlash(strings.Join(parts[:i], "/"))
	}
	return filepath.Dir(file)
}

// configuredRules is the rules folder of the configuration in a folder; with one that is wrong, which others say, the usual one.
func configuredRules(s stdio, dir string) (rules string, ok bool) {
	file := filepath.Join(dir, "gatefold.yaml")
	if !there(file) {
		return "", false
	}
	cfg, err := loadConfig(s, file)
	if err != nil {
		return filepath.Join(dir, "rules"), true
	}
	return cfg.Rules, true
}

// vocabularyAround is what the rules of a folder can call: with the names of its configuration, if it has one.
func vocabularyAround(s stdio, root string) []engine.Module {
	for dir := root; ; dir = filepath.Dir(dir) {
		if rules, ok := configuredRules(s, dir); ok && rules == root {
			return vocabularyBeside(s, filepath.Join(dir, "gatefold.yaml"))
		}
		if dir == filepath.Dir(dir) {
			return vocabulary()
		}
	}
}
