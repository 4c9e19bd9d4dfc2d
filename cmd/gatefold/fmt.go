package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/format"
)

func fmtCommand(s stdio) *cobra.Command {
	var o fmtOptions
	c := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "lay out rule files as everybody does (default: those of ./rules)",
		Long: `fmt lays out rule files as buildifier does, and nothing else: the program stays the
same, and so do its comments. A PATH is a .star file or a folder; - reads one from
standard input and writes it to standard output.`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{usualRules(s, "")}
			}
			return formatAll(s, args, o)
		},
	}
	c.Flags().BoolVarP(&o.diff, "diff", "d", false, "show what would change, and change nothing")
	c.Flags().BoolVarP(&o.check, "check", "l", false, "name the files that are laid out otherwise, change nothing, and fail if there are any")
	return c
}

type fmtOptions struct{ diff, check bool }

// formatAll goes on after a file that cannot be formatted, and fails at the end.
func formatAll(s stdio, paths []string, o fmtOptions) error {
	files, err := starFiles(paths)
	if err != nil {
		return usage(err)
	}
	failed, others := 0, 0
	for _, path := range files {
		changed, err := formatFile(s, path, o)
		switch load := (*engine.LoadError)(nil); {
		case errors.As(err, &load):
			printProblems(s.err, load.Problems, s.colored())
			failed++
		case err != nil:
			fmt.Fprintln(s.err, harmless(err.Error()))
			failed++
		}
		if changed {
			others++
		}
	}
	switch {
	case failed > 0:
		return &codedError{code: exitFailed, err: fmt.Errorf("%s could not be formatted", count(failed, "file"))}
	case o.check && others > 0:
		return &codedError{code: exitFailed, err: fmt.Errorf("%s laid out otherwise", count(others, "file")), hint: "gatefold fmt lays them out"}
	}
	return nil
}

// starFiles are the files that were named and those of the folders, without what is hidden or an editor's.
func starFiles(paths []string) (files []string, err error) {
	for _, path := range paths {
		if path == "-" {
			files = append(files, path)
			continue
		}
		err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			switch name := filepath.Base(p); {
			case err != nil:
				return err
			case p == path && !d.IsDir():
				files = append(files, p)
			case p != path && strings.HasPrefix(name, "."):
				if d.IsDir() {
					return fs.SkipDir
				}
			case !d.IsDir() && filepath.Ext(name) == ".star" && !strings.HasPrefix(name, "#"):
				files = append(files, p)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("looking for rule files: %w", err)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no .star files in %s", strings.Join(paths, ", "))
	}
	return files, nil
}

// formatFile says whether a file is laid out otherwise, and does with it what was asked for.
func formatFile(s stdio, path string, o fmtOptions) (changed bool, err error) {
	name, src := path, []byte(nil)
	if path == "-" {
		name = "standard input"
		src, err = io.ReadAll(s.in)
	} else {
		src, err = os.ReadFile(path)
	}
	if err != nil {
		return false, err
	}
	out, err := format.Source(name, src)
	if err != nil {
		if wrong := misread(name, src, err); len(wrong) > 0 {
			err = &engine.LoadError{Problems: wrong}
		}
		return false, err
	}
	changed = !bytes.Equal(src, out)
	if o.check && changed {
		fmt.Fprintln(s.out, harmless(name))
	}
	switch {
	case o.diff:
		_, err = io.WriteString(s.out, harmlessText(string(diff.Diff(name, src, "formatted", out))))
	case o.check:
	case path == "-":
		_, err = s.out.Write(out)
	case changed:
		err = replaceFile(path, out)
	}
	return changed, err
}

// misread is what check says of a file that cannot be laid out because it is no Starlark.
func misread(name string, src []byte, err error) []engine.Problem {
	var bad *format.Error
	if !errors.As(err, &bad) || bad.Line == 0 || !utf8.Valid(src) {
		return nil
	}
	return engine.Misread(name, bytes.TrimPrefix(src, []byte("\ufeff")))
}

// harmlessText is a text for a terminal that keeps its tabs.
func harmlessText(s string) string {
	parts := strings.Split(s, "\t")
	for i := range parts {
		parts[i] = harmless(parts[i])
	}
	return strings.Join(parts, "\t")
}

// replaceFile replaces the content of a file, or of what a link leads to, beside and renamed: a full disk leaves the old
// one, and a daemon that watches sees either. Its mode stays.
func replaceFile(path string, data []byte) (err error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(real), ".gatefold-fmt-*")
	if err != nil {
		return fmt.Errorf("rewriting %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
			err = fmt.Errorf("rewriting %s: %w", path, err)
		}
	}()
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(info.Mode().Perm()), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), real)
}
