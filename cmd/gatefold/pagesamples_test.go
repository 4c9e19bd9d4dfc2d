package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/timeline"
)

// pageBlock is a block of a page: fenced, or indented by four.
type pageBlock struct {
	page string
	line int
	lang string // of a fenced one
	text string

	indent string // in front of each line: it stands in a list
}

func (s pageBlock) String() string { return fmt.Sprintf("%s:%d", s.page, s.line) }

// samplesOf finds all blocks of a page, and the code spans of its text.
func samplesOf(page, text string) (blocks []pageBlock, spans []pageBlock) {
	var open *pageBlock
	fenced := false
	end := func() {
		if open != nil {
			blocks = append(blocks, *open)
		}
		open, fenced = nil, false
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case fenced && trimmed == "```":
			end()
		case fenced:
			open.text += strings.TrimPrefix(line, open.indent) + "\n"
		case strings.HasPrefix(trimmed, "```"):
			end()
			open, fenced = &pageBlock{page: page, line: i + 1, lang: strings.TrimPrefix(trimmed, "```"), indent: line[:strings.Index(line, "`")]}, true
		case strings.HasPrefix(line, "    ") && (open != nil || i == 0 || strings.TrimSpace(lines[i-1]) == ""):
			if open == nil {
				open = &pageBlock{page: page, line: i + 1}
			}
			open.text += strings.TrimPrefix(line, "    ") + "\n"
		case trimmed == "" && open != nil:
			open.text += "\n"
		default:
			end()
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
				spans = append(spans, pageBlock{page: page, line: i + 1, text: m[1]})
			}
		}
	}
	end()
	return blocks, spans
}

// TestPageSamples holds what the pages show against the program: command lines name commands and flags that there are, rules
// load and nothing is to be said about them, timelines come true by the rules above them, and configurations have keys that
// exist. What checking.md and testing.md show is run by tests of their own (builtins/vet_test.go, testingpage_test.go).
func TestPageSamples(t *testing.T) {
	pages := []string{"README.md", "internal/timeline/FORMAT.md"}
	for _, pattern := range []string{"docs/*.md", "docs/rules/*.md", "examples/README.md", "examples/*/README.md", "examples/rules/*/README.md"} {
		found, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range found {
			pages = append(pages, strings.TrimPrefix(filepath.ToSlash(p), "../../"))
		}
	}
	commands, rules, timelines, configs := map[string]int{}, 0, 0, 0
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join("../..", page))
		if err != nil {
			t.Fatal(err)
		}
		blocks, spans := samplesOf(page, string(text))
		ruleset := ""
		for _, b := range blocks {
			switch {
			case page == "docs/checking.md" || page == "docs/testing.md" || strings.HasPrefix(page, "docs/rules/") || page == "internal/timeline/FORMAT.md":
				// run elsewhere; their command lines count
			case b.lang == "star" || b.lang == "python" && page != "docs/webhooks.md": // there it is a receiver in Python
				ruleset = b.text
				rules++
				soundRules(t, b)
			case b.lang == "timeline" || b.lang == "" && regexp.MustCompile(`(?m)^at \d\S*( |$)`).MatchString(b.text):
				timelines++
				trueTimeline(t, b, ruleset)
			case b.lang == "yaml" && page != "docs/metrics.md": // there it is Prometheus's
				configs++
				soundConfig(t, b)
			}
			if b.lang == "" || b.lang == "sh" || b.lang == "console" {
				spans = append(spans, b)
			}
		}
		for _, s := range spans {
			n, wrong := commandsOf(s)
			commands[page] += n
			for _, text := range wrong {
				t.Error(text)
			}
		}
	}
	for _, page := range []string{"README.md", "docs/replay.md", "docs/eval.md", "docs/reloading.md", "docs/isolation.md", "docs/testing.md", "docs/checking.md", "docs/editors.md"} {
		if commands[page] == 0 {
			t.Errorf("%s: no command line was found", page)
		}
	}
	if rules < 1 || timelines < 1 || configs < 2 {
		t.Errorf("only %d rules, %d timelines and %d configurations were found", rules, timelines, configs)
	}
}

// soundRules says what is wrong with a block of rules.
func soundRules(t *testing.T, s pageBlock) {
	t.Helper()
	files := engine.Snapshot{{Path: "home.star", Data: []byte(s.text)}}
	for _, p := range engine.Vet(files, vocabulary()...) {
		t.Errorf("%s: %s", s, p)
	}
	set, err := engine.Load(files, engine.Limits{}, vocabulary()...)
	if err != nil {
		t.Errorf("%s: %v", s, err)
		return
	}
	for _, p := range builtins.TryOut(set, newClock(1).Now()) {
		t.Errorf("%s: %s", s, p)
	}
}

// trueTimeline runs a block that is a timeline by the rules that the page shows before it.
func trueTimeline(t *testing.T, s pageBlock, rules string) {
	t.Helper()
	if rules == "" {
		t.Errorf("%s: a timeline without rules before it", s)
		return
	}
	story, err := timeline.Parse("home.timeline", []byte(s.text))
	if err != nil {
		t.Errorf("%s: %v", s, err)
		return
	}
	r, err := timeline.Run(story, timeline.Options{Files: engine.Snapshot{{Path: "home.star", Data: []byte(rules)}}, Alone: "home.star", Context: t.Context()})
	if err != nil || !r.OK() {
		t.Errorf("%s: %v\n%s", s, err, r.Diff())
	}
}

// soundConfig says what is wrong with keys of a configuration.
func soundConfig(t *testing.T, s pageBlock) {
	t.Helper()
	text := s.text
	for key, line := range map[string]string{"spotify:": "spotify: {client_id: \"00000000000000000000000000000000\"}\n", "accounts:": "accounts: [{name: home}]\n"} {
		if !strings.Contains("\n"+text, "\n"+key) {
			text = line + text
		}
	}
	path := filepath.Join(t.TempDir(), "gatefold.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(config.LoadOptions{Path: path}); err != nil {
		t.Errorf("%s: %v", s, err)
	}
}

var calledProgram = regexp.MustCompile(`^(?:\$ )?(?:\S*/)?gatefold ([a-z].*)$`)

// commandsOf counts the lines that call the program, and says what is wrong with them. What stands for something (DIR), what may
// be left out ([-u]), a flag that is only named, and what the shell does with the rest of a line are no concern of the program.
func commandsOf(b pageBlock) (n int, wrong []string) {
	for i, line := range strings.Split(b.text, "\n") {
		m := calledProgram.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		n++
		if err := parsesAsCommand(m[1]); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s, line %d of it: %s: %v", b, i+1, line, err))
		}
	}
	return n, wrong
}

func parsesAsCommand(line string) error {
	words, err := shellWords(line)
	if err != nil {
		return err
	}
	root := rootCommand(stdio{})
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	words = goStyle(append([]string{}, words...))
	c, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if c == root {
		return errors.New("it names no command")
	}
	c.InitDefaultHelpFlag()
	err = c.ParseFlags(rest)
	var named *pflag.ValueRequiredError
	var value *pflag.InvalidValueError
	switch {
	case errors.As(err, &named), errors.As(err, &value) && placeholder.MatchString(line):
		return nil
	case err != nil:
		return err
	case c.HasSubCommands() && len(c.Flags().Args()) > 0:
		return fmt.Errorf("%s has no command %s", c.CommandPath(), c.Flags().Args()[0])
	}
	return nil
}

var placeholder = regexp.MustCompile(`\b[A-Z]{2,}\b`)

// What is wrong with a command line on a page is seen.
func TestCommandsOf(t *testing.T) {
	for line, want := range map[string]string{
		"$ gatefold test -cover -run 'a|b'  # all": "", "bin/gatefold check rules | less": "", "gatefold replay --since TIME": "",
		"gatefold rules list|show": "", "gatefold test [-u] [-v]": "", "gatefold is a program": "unknown command", "gatefold tset": "unknown command",
		"gatefold test --coverr": "unknown flag", "gatefold rules lst": "no command lst", "gatefold replay --limit x": "unknown flag", "gatefold check --strict=maybe": "invalid argument",
	} {
		n, wrong := commandsOf(pageBlock{page: "x.md", line: 1, text: "gatefold: an error\n" + line + "\n"})
		if got := strings.Join(wrong, "\n"); n != 1 || (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %d commands, %q, want %q", line, n, got, want)
		}
	}
}

// shellWords splits a line as a shell does, up to where the program's own part ends.
func shellWords(line string) (words []string, err error) {
	word, quote, begun := "", rune(0), false
	end := func() {
		if begun {
			words = append(words, word)
		}
		word, begun = "", false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == ' ':
			end()
		case r == '#' && !begun, r == '|', r == ';', r == '>', r == '<', r == '&':
			if r == '|' && begun { // list|show: the first of several
				end()
				return words, nil
			}
			end()
			return words, nil
		case r == '[' || r == ']', r == '\\': // \| in a table
		default:
			word, begun = word+string(r), true
		}
	}
	if end(); quote != 0 {
		return nil, fmt.Errorf("a quote is open")
	}
	return slices.DeleteFunc(words, func(w string) bool { return w == "..." || w == "…" }), nil
}

// What docs/eval.md shows of gatefold eval is what it prints, by the rules of the README.
func TestEvalPage(t *testing.T) {
	read := func(page string) []pageBlock {
		text, err := os.ReadFile(filepath.Join("../..", page))
		if err != nil {
			t.Fatal(err)
		}
		blocks, _ := samplesOf(page, string(text))
		return blocks
	}
	readme, page := read("README.md"), read("docs/eval.md")
	i := slices.IndexFunc(readme, func(b pageBlock) bool { return b.lang == "python" })
	if i < 0 {
		t.Fatal("the README shows no rules")
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("rules", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("rules/home.star", []byte(readme[i].text), 0o644); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, b := range page {
		for _, call := range strings.Split(b.text, "$ gatefold eval ")[1:] {
			line, shown, _ := strings.Cut(call, "\n")
			words, err := shellWords(line)
			if err != nil {
				t.Fatalf("%s: %v", b, err)
			}
			var out bytes.Buffer
			code := run(t.Context(), append([]string{"eval", "--example"}, words...), stdio{out: &out, err: &out})
			want := strings.TrimSpace(regexp.MustCompile(`(?m)  # .*$`).ReplaceAllString(shown, "")) // what a running daemon knows besides
			if got := strings.TrimSpace(out.String()); code != 0 || got != want {
				t.Errorf("%s: %s: exit code %d\n%s\nand not\n%s", b, line, code, got, want)
			}
			ran++
		}
	}
	if ran < 2 {
		t.Errorf("only %d expressions were found", ran)
	}
}
