package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/lsp"
	"gatefold/internal/reload"
	"gatefold/internal/worker"
)

func lspCommand(s stdio) *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use:   "lsp",
		Short: "speak to an editor, which shows problems, documentation and completion of rules",
		Long: `lsp speaks the Language Server Protocol over standard input and output: an editor
starts it. examples/editors has the settings for VS Code, Neovim and Helix. When the
typing pauses it has each handler run once, as check does, in a process of its own
that rules cannot harm.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			level := slog.LevelWarn
			if verbose {
				level = slog.LevelDebug
			}
			o := lsp.Options{
				Version: version, Clock: newClock(1), Try: tryAround(s),
				Root:    func(file string) string { return rulesAround(s, file) },
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
	if file := configurationAround(s, root); file != "" {
		return vocabularyBeside(s, file)
	}
	return vocabulary()
}

// configurationAround is the configuration whose rules lie in a folder; "": there is none.
func configurationAround(s stdio, root string) string {
	for dir := root; ; dir = filepath.Dir(dir) {
		if rules, ok := configuredRules(s, dir); ok && rules == root {
			return filepath.Join(dir, "gatefold.yaml")
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// tryAround runs the rules of a folder in a process of their own, with the names of its configuration, also where that wants
// the daemon to run them in its own: an editor must not end with what somebody is writing. The process ends with each try: the
// next one could not use it.
func tryAround(s stdio) lsp.Try {
	return func(ctx context.Context, root string, files engine.Snapshot) ([]engine.Problem, error) {
		v, zone := worker.Vocabulary{AnyName: true}, time.Local
		if file := configurationAround(s, root); file != "" {
			if cfg, err := loadConfig(s, file); err == nil { // one that is wrong others tell of
				v, zone = namesFor(cfg), cfg.Timezone
			}
		}
		w, err := openWorker(s, zone, v, worker.Options{})
		if err != nil {
			return nil, err
		}
		defer w.Close()
		rules, err := w.Load(ctx, files)
		if err != nil {
			return nil, err
		}
		return slices.DeleteFunc(slices.Clone(rules.Warnings), func(p engine.Problem) bool { return p.Code != engine.CodeFails }), nil
	}
}
