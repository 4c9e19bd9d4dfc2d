package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"gatefold/hardware"
	"gatefold/internal/manual"
)

func docCommand(s stdio) *cobra.Command {
	var markdown string
	c := &cobra.Command{
		Use:   "doc [NAME] [ARGUMENT]",
		Short: "say what rules can call, are told, and are written in",
		Long: `doc prints what a name of the rules means: a call, a handler, what a handler is told,
an argument, a word of the language, the code of a problem that check found, what
tests can call, or a chapter. Without a name it lists them.`,
		Example: `  gatefold doc blink1.set
  gatefold doc now.device.approved
  gatefold doc state.set ttl
  gatefold doc wrong-value
  gatefold doc durations`,
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := manual.New()
			if err != nil {
				return &codedError{code: exitFailed, err: err}
			}
			if markdown != "" {
				return writeWebsite(s, m, markdown)
			}
			return printDoc(s, m, args)
		},
	}
	c.Flags().StringVar(&markdown, "markdown", "", "write all of it as pages in Markdown into this folder")
	return c
}

func printDoc(s stdio, m *manual.Manual, words []string) error {
	style := manual.Style{Width: 80, Bold: hardware.ProfileOf(s.terminal, s.getenv) != hardware.NoColor}
	if f, ok := s.out.(*os.File); ok && s.terminal {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			style.Width = min(w, 100)
		}
	}
	if len(words) == 0 {
		_, err := io.WriteString(s.out, m.Index(style)+"gatefold doc NAME says more about each.\n")
		return err
	}
	e, row, err := m.Find(words...)
	if err != nil {
		out := &codedError{code: exitUsage, err: errors.New(harmless(err.Error()))}
		var unknown *manual.UnknownError
		if errors.As(err, &unknown) {
			out.hint = unknown.Hint()
		}
		return out
	}
	if row != nil {
		_, err = io.WriteString(s.out, row.Text(style, e))
		return err
	}
	_, err = io.WriteString(s.out, e.Text(style))
	return err
}

// writeWebsite writes the pages of docs/rules.
func writeWebsite(s stdio, m *manual.Manual, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return &codedError{code: exitFailed, err: err}
	}
	pages := m.Website()
	names := make([]string, 0, len(pages))
	for name := range pages {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(pages[name]), 0o644); err != nil {
			return &codedError{code: exitFailed, err: fmt.Errorf("writing the pages: %w", err)}
		}
	}
	_, err := fmt.Fprintf(s.out, "%s in %s\n", count(len(names), "page"), dir)
	return err
}
