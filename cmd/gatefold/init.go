package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gatefold/examples"
	"gatefold/rules"
)

func initCommand(s stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "make a folder to start from (default: this one): configuration, rules, a timeline, editor settings",
		Long: `init writes gatefold.yaml, rules/home.star with the timeline that tests it, a .gitignore,
and settings for VS Code, Neovim and Helix. It asks nothing and overwrites nothing: what is
there stays, and is named. In the end it prints the next three commands.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return initFolder(s, folder(args, "."))
		},
	}
}

// starter is a file that init writes.
type starter struct {
	path string
	data string
}

const ignoredByGit = `# What gatefold keeps: the journal (what was played), sealed secrets, its socket. It belongs to nobody else.
/data/
# Secrets, in case one lies beside the configuration.
.env
*.key
*.token
`

const codeSettings = `{
  "bazel.lsp.command": "gatefold",
  "bazel.lsp.args": ["lsp"],
  "[starlark]": {"editor.tabSize": 4, "editor.insertSpaces": true},
  "files.associations": {"*.star": "starlark", "*.timeline": "plaintext"}
}
`

const codeExtensions = `{
  "recommendations": ["bazelbuild.vscode-bazel"]
}
`

const neovimSettings = `-- For Neovim 0.11 and later, with :set exrc: it asks before it trusts this file.
vim.filetype.add({ extension = { star = "starlark" } })
vim.lsp.config("gatefold", { cmd = { "gatefold", "lsp" }, filetypes = { "starlark", "bzl" }, root_markers = { "gatefold.yaml" } })
vim.lsp.enable("gatefold")
`

const helixSettings = `[language-server.gatefold]
command = "gatefold"
args = ["lsp"]

[[language]]
name = "starlark"
language-servers = ["gatefold"]
formatter = { command = "gatefold", args = ["fmt", "-"] }
`

// starters are all but the rules.
func starters() []starter {
	return []starter{
		{"gatefold.yaml", string(examples.Home)},
		{".gitignore", ignoredByGit},
		{".vscode/settings.json", codeSettings},
		{".vscode/extensions.json", codeExtensions},
		{".nvim.lua", neovimSettings},
		{".helix/languages.toml", helixSettings},
	}
}

func initFolder(s stdio, dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return usage(fmt.Errorf("%s is a file: name a folder", dir))
	}
	files := starters()
	ours, err := startingRules(dir)
	if err != nil {
		return asFailed(err)
	}
	files = append(files, ours...)
	for _, f := range files {
		switch wrote, err := writeNew(dir, f); {
		case err != nil:
			return asFailed(err)
		case wrote:
			fmt.Fprintln(s.out, "wrote", filepath.Join(dir, f.path))
		default:
			fmt.Fprintln(s.out, "kept ", filepath.Join(dir, f.path))
		}
	}
	if len(ours) == 0 {
		fmt.Fprintln(s.out, "kept ", filepath.Join(dir, "rules")+", as it has rules")
	}
	fmt.Fprintln(s.out, "\nNext, after client_id: is filled in, with an id from https://developer.spotify.com/dashboard :")
	for _, command := range nextCommands(dir, firstAccount(s, dir)) {
		fmt.Fprintln(s.out, "  "+command)
	}
	return nil
}

// startingRules are the shipped rules and their story. A folder that has rules gets none: beside others they would decide too.
func startingRules(dir string) ([]starter, error) {
	there, err := filepath.Glob(filepath.Join(escapeGlob(dir), "rules", "*.star"))
	if err != nil {
		return nil, err
	}
	for _, path := range there {
		if filepath.Base(path) != "home.star" {
			return nil, nil
		}
	}
	var out []starter
	for _, name := range []string{"home.star", "home.timeline"} {
		data, err := fs.ReadFile(rules.Files, name)
		if err != nil {
			return nil, err
		}
		if len(there) > 0 && name == "home.timeline" && !exact(there[0], out[0].data) {
			continue // the story is about other rules than these
		}
		out = append(out, starter{"rules/" + name, string(data)})
	}
	return out, nil
}

func exact(path, data string) bool {
	raw, err := os.ReadFile(path)
	return err == nil && string(raw) == data
}

// escapeGlob is a path as a pattern that matches it alone.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// writeNew makes a file, unless there is anything of its name. Nobody else may write it: gatefold would refuse it.
func writeNew(dir string, f starter) (wrote bool, err error) {
	path := filepath.Join(dir, filepath.FromSlash(f.path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil:
		return false, err
	}
	_, err = out.WriteString(f.data)
	if err = errors.Join(err, out.Close()); err != nil {
		os.Remove(path) // half a file would be kept by the next try
		return false, fmt.Errorf("writing %s: %w", path, err)
	}
	return true, nil
}

// firstAccount is that of the configuration, which may be one that was there.
func firstAccount(s stdio, dir string) string {
	cfg, err := loadConfig(s, filepath.Join(dir, "gatefold.yaml"))
	if err != nil {
		return "home"
	}
	return cfg.Accounts[0].Name
}

// nextCommands are what to type next, in a shell, from where init was called.
func nextCommands(dir, account string) []string {
	config := ""
	if filepath.Clean(dir) != "." {
		config = " --config " + shellQuoted(filepath.Join(dir, "gatefold.yaml"))
	}
	try := "gatefold test "
	if !tested(filepath.Join(dir, "rules")) {
		try = "gatefold check " // there is nothing to test, which is a failure
	}
	return []string{
		try + shellQuoted(filepath.Join(dir, "rules")),
		"gatefold login " + account + config,
		"gatefold run" + config,
	}
}

// tested says that a rules folder has a timeline or tests.
func tested(dir string) bool {
	for _, pattern := range []string{"*.timeline", "*_test.star", "*/*_test.star"} {
		if found, err := filepath.Glob(filepath.Join(escapeGlob(dir), pattern)); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// shellQuoted is a word for a shell.
func shellQuoted(word string) string {
	plain := strings.IndexFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+,@:", r))
	}) < 0
	if plain && word != "" && !strings.HasPrefix(word, "-") {
		return word
	}
	if strings.HasPrefix(word, "-") {
		word = "./" + word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
