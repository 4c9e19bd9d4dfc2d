package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/secrets"
)

func doctorCommand(s stdio) *cobra.Command {
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "look at everything that gatefold stands on, and say what to do",
		Long: `doctor looks at configuration, rules, secrets, tokens, permissions, Spotify, Slack, the
targets of notify, the light, the journal, the clock and the disk, beside a running daemon
or without one. It spends one or two calls of the budget for each account. It mends nothing
by itself; a token that has to be refreshed for it is kept.

Exit code 0: nothing is broken (there may be warnings); 1: something is.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return doctor(c.Context(), s, file, asJSON)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "gatefold.yaml", "the configuration")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// grade is how bad a finding is.
type grade string

const (
	gradeOK      grade = "ok"
	gradeWarning grade = "warning"
	gradeFailure grade = "failure"
)

// finding is one line of the doctor.
type finding struct {
	What  string `json:"what"` // "config", "token home"
	Grade grade  `json:"grade"`
	Text  string `json:"text"`
	Do    string `json:"do,omitempty"` // what mends it
}

// examination is one visit: what was found so far, and what later checks need.
type examination struct {
	stdio    stdio
	file     string
	found    []finding
	cfg      *config.Config
	store    secrets.Store
	status   control.Status // of the running daemon
	running  bool
	skewSeen bool
}

func (x *examination) say(what string, g grade, do, format string, args ...any) {
	x.found = append(x.found, finding{What: what, Grade: g, Text: harmless(fmt.Sprintf(format, args...)), Do: do})
}

func (x *examination) ok(what, format string, args ...any) { x.say(what, gradeOK, "", format, args...) }

func doctor(ctx context.Context, s stdio, file string, asJSON bool) error {
	x := &examination{stdio: s, file: file}
	x.examine(ctx)
	return x.report(asJSON)
}

// examine goes from what everything stands on to what stands on it. Where
// something is missing that a check needs, the check is left out: the cause is
// said already.
func (x *examination) examine(ctx context.Context) {
	if !x.config() {
		return
	}
	x.daemon(ctx)
	x.rules(ctx)
	x.folder()
	x.disk()
	x.light()
	if !x.secrets(ctx) {
		return
	}
	x.journal(ctx)
	x.slack(ctx)
	x.targets(ctx)
	x.accounts(ctx)
}

func printFindings(w io.Writer, found []finding) {
	wide := 0
	for _, f := range found {
		wide = max(wide, len(f.What))
	}
	for _, f := range found {
		lines := strings.Split(f.Text, "\n")
		fmt.Fprintf(w, "%-8s %-*s  %s\n", f.Grade, wide, f.What, lines[0])
		for _, more := range lines[1:] {
			fmt.Fprintf(w, "%-*s%s\n", wide+11, "", more)
		}
		if f.Do != "" {
			fmt.Fprintf(w, "%-*s-> %s\n", wide+11, "", f.Do)
		}
	}
}
