package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Exit codes, as the README documents them.
const (
	exitOK         = 0
	exitFailed     = 1 // something is wrong with the rules, a timeline, or the daemon
	exitUsage      = 2 // flags, configuration
	exitNotRunning = 3 // there is no daemon to ask
)

// stdio is what a command talks through.
type stdio struct {
	in       io.Reader
	out, err io.Writer
	env      []string
	terminal bool   // out is one
	console  bool   // err is one
	sys, dev string // where the kernel shows USB devices; "" is /sys and /dev
	patient  bool   // what is cut short lest somebody waits may take a minute: a test on a busy machine waits
}

// within is how long something may take that somebody waits for.
func (s stdio) within(d time.Duration) time.Duration {
	if s.patient {
		return time.Minute
	}
	return d
}

func system() stdio {
	return stdio{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Environ(),
		terminal: term.IsTerminal(int(os.Stdout.Fd())),
		console:  term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// abandoned says that err was a terminal that is not there any more: a SIGHUP is
// its end then, and no wish to read the rules again.
func (s stdio) abandoned() bool {
	if f, ok := s.err.(*os.File); ok && s.console {
		_, _, err := term.GetSize(int(f.Fd()))
		return err != nil
	}
	return false
}

func (s stdio) getenv(name string) string {
	for _, kv := range s.env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// codedError carries an exit code, and a hint for people.
type codedError struct {
	code int
	err  error
	hint string
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

func usage(err error) error { return &codedError{code: exitUsage, err: err} }

// run is the whole program: arguments in, exit code out.
func run(ctx context.Context, args []string, s stdio) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := rootCommand(s)
	root.SetArgs(goStyle(args))
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var coded *codedError
	if !errors.As(err, &coded) {
		coded = &codedError{code: exitUsage, err: err} // cobra's own: flags and arguments
	}
	if text := coded.Error(); text != "" {
		fmt.Fprintln(s.err, "gatefold:", strings.TrimRight(text, "\n"))
	}
	if coded.hint != "" {
		fmt.Fprintln(s.err, "hint:", coded.hint)
	}
	return coded.code
}

func rootCommand(s stdio) *cobra.Command {
	root := &cobra.Command{
		Use:   "gatefold",
		Short: "watch who is streaming on a Spotify account, and act on it by rules",
		Long: `gatefold looks at the Spotify player of an account. At every look, rules in
Starlark decide whether the playing device is authorized, which colour a
blink(1) light shows, how often an intruder is paused, and when Slack hears of it.

Exit codes: 0 all is well; 1 rules, timelines or the daemon failed; 2 flags or
configuration are wrong; 3 there is no running daemon to ask.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, _ []string) error {
			return c.Help()
		},
	}
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.AddCommand(
		demoCommand(s), runCommand(s), checkCommand(s), testCommand(s),
		statusCommand(s), reloadCommand(s), rulesCommand(s), versionCommand(s),
		loginCommand(s), logoutCommand(s), secretCommand(s),
		devicesCommand(s), allowCommand(s), blockCommand(s), enforceCommand(s),
		pollCommand(s), holdCommand(s), publishCommand(s), notifyCommand(s),
		journalCommand(s), replayCommand(s), recordCommand(s), lightCommand(s), doctorCommand(s), simulateCommand(s),
		fmtCommand(s), docCommand(s), lspCommand(s),
		initCommand(s), evalCommand(s), replCommand(s),
	)
	return root
}
