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
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"gatefold/engine"
)

func replCommand(s stdio) *cobra.Command {
	var o sceneOptions
	c := &cobra.Command{
		Use:   "repl",
		Short: "try expressions and statements on what plays now; nothing is carried out",
		Long: `repl reads expressions and statements and evaluates each as gatefold eval does: on one
snapshot of the account, until :reload takes another. What is defined stays defined.

In a terminal: the arrow keys go through what was typed before, tab completes names and
members, ctrl-C gives up a line or an evaluation, ctrl-D leaves. Otherwise standard input
is run as a file of statements, up to the first that fails.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return repl(c.Context(), s, o)
		},
	}
	sceneFlags(c, &o)
	return c
}

func repl(ctx context.Context, s stdio, o sceneOptions) error {
	sc, err := setScene(ctx, s, o)
	if err != nil {
		return err
	}
	scratch, err := engine.NewScratch(sc.rules, sc.present)
	if err != nil {
		return asFailed(err)
	}
	for _, note := range sc.notes {
		fmt.Fprintln(s.err, "note:", note)
	}
	if in := s.terminalIn(); in != nil {
		r := &readEvalPrint{stdio: s, options: o, scene: sc, scratch: scratch}
		return r.loop(ctx, in)
	}
	return runChunks(ctx, s, sc, scratch)
}

// longestInput is how much of standard input is read: as much as a rule file may have.
const longestInput = 256 << 10

// runChunks runs standard input, statement by statement.
func runChunks(ctx context.Context, s stdio, sc scene, scratch *engine.Scratch) error {
	const name = "stdin"
	src, err := io.ReadAll(io.LimitReader(s.in, longestInput+1))
	if err != nil {
		return asFailed(err)
	}
	if len(src) > longestInput {
		return asFailed(fmt.Errorf("standard input is longer than %d KiB", longestInput>>10))
	}
	f, err := engine.ChunkOptions().Parse(name, src, 0)
	if err != nil {
		printAttempt(s, sc.present, engine.Attempt{Err: scratch.Wrong(name, string(src), err)}, false)
		return &codedError{code: exitFailed, err: errors.New("nothing was run")}
	}
	for _, stmt := range f.Stmts {
		tried, err := interruptible(ctx, func() engine.Attempt {
			return scratch.Run(ctx, &syntax.File{Path: name, Stmts: []syntax.Stmt{stmt}, Options: f.Options}, string(src))
		})
		if err != nil {
			return asFailed(err)
		}
		printAttempt(s, sc.present, tried, false)
		line, _ := stmt.Span()
		switch {
		case tried.Err != nil:
			return &codedError{code: exitFailed, err: fmt.Errorf("stopped at line %d", line.Line)}
		case len(tried.Decision.Asks) > 0:
			return &codedError{code: exitFailed, err: fmt.Errorf("line %d: %w", line.Line, errUnasked)}
		}
	}
	return nil
}

// readEvalPrint is a session with somebody at a terminal.
type readEvalPrint struct {
	stdio
	options sceneOptions
	scene   scene
	scratch *engine.Scratch
	lines   *lineReader
	text    []string // lines of the present chunk
}

const replHelp = `an expression      its value, and what it would do: now.device, on_playback(now)
a statement        def, if, for: an empty line ends it; names stay
now, state         what plays, and what rules remember; _ is the last value
file("home.star")  what one rule file defines
:now               who plays, and which rules decide
:reload            takes another snapshot, and the rules that are in force then
:help, :quit       this, and the end (ctrl-D)`

func (r *readEvalPrint) loop(ctx context.Context, in *os.File) error {
	// Ctrl-C is for an evaluation, and not the end of everything; the end of the terminal is.
	live, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(ends)
	go func() {
		select {
		case sig := <-ends:
			cancel(fmt.Errorf("ended by %s", sig))
		case <-live.Done():
		}
	}()
	if restore, err := singleKeys(in); err == nil { // else it would drop a ctrl-D that is typed while something runs
		defer restore()
	}
	history := openHistory(historyPath(r.stdio), func(err error) { fmt.Fprintln(r.err, "note:", err) })
	r.lines = newLineReader(in, r.editing(in), history, func(word string) []string { return r.scratch.Complete(word) })
	r.now()
	fmt.Fprintln(r.out, ":help says what there is")
	for {
		switch err := r.one(live); {
		case errors.Is(err, io.EOF):
			fmt.Fprintln(r.out)
			return nil
		case errors.Is(err, errCtrlC):
		case err != nil:
			return asFailed(err)
		}
	}
}

// editing is where lines are edited: the terminal, also if standard output goes elsewhere.
func (r *readEvalPrint) editing(in *os.File) io.Writer {
	if r.terminal {
		return r.out
	}
	return in
}

// one reads a chunk and does what it says.
func (r *readEvalPrint) one(ctx context.Context) error {
	r.text = nil
	line, err := r.lines.read(ctx, r.prompt())
	if err != nil {
		return err
	}
	if command, ok := strings.CutPrefix(strings.TrimSpace(line), ":"); ok {
		return r.command(ctx, command)
	}
	if strings.TrimSpace(line) == "" {
		return nil
	}
	var reading error
	f, err := engine.ChunkOptions().ParseCompoundStmt("typed", func() ([]byte, error) {
		if r.text != nil {
			if line, reading = r.lines.read(ctx, strings.Repeat(".", max(1, len(r.prompt())-1))+" "); reading != nil {
				return nil, reading
			}
		}
		r.text = append(r.text, line)
		return []byte(line + "\n"), nil
	})
	text := strings.Join(r.text, "\n")
	switch {
	case reading != nil:
		return reading
	case err != nil:
		printAttempt(r.stdio, r.scene.present, engine.Attempt{Err: r.scratch.Wrong("typed", text, err)}, false)
		return nil
	}
	running, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	tried, err := interruptible(running, func() engine.Attempt { return r.scratch.Run(running, f, text) })
	if err != nil { // it still runs: with what it holds this cannot go on
		return err
	}
	printAttempt(r.stdio, r.scene.present, tried, false)
	if len(tried.Decision.Asks) > 0 {
		fmt.Fprintln(r.err, errUnasked)
	}
	return nil
}

// prompt shows the account, and how old the snapshot is.
func (r *readEvalPrint) prompt() string {
	p := r.scene.present
	switch {
	case r.scene.source == "example":
		return p.Account + " example> "
	case p.Event.Data == nil:
		return p.Account + " unseen> "
	}
	age := max(0, newClock(1).Now().Sub(p.Event.Time))
	return fmt.Sprintf("%s %s> ", p.Account, ageText(age))
}

// ageText is a length in its largest unit: 12s, 5m, 3h, 2d.
func ageText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

func (r *readEvalPrint) command(ctx context.Context, name string) error {
	switch strings.TrimSpace(name) {
	case "reload":
		sc, err := setScene(ctx, r.stdio, r.options)
		if err != nil { // what was there stays
			fmt.Fprintln(r.err, harmless(err.Error()))
			return nil
		}
		r.scene = sc
		r.scratch.Renew(sc.rules, sc.present)
		for _, note := range sc.notes {
			fmt.Fprintln(r.err, "note:", note)
		}
		r.now()
	case "now":
		r.now()
	case "quit", "q":
		return io.EOF
	case "help", "h", "?":
		fmt.Fprintln(r.out, replHelp)
	default:
		fmt.Fprintf(r.err, "there is no :%s: try :help\n", clean(name))
	}
	return nil
}

// now says in a line or two what the session works on.
func (r *readEvalPrint) now() {
	p := r.scene.present
	what := p.Why
	if data := p.Event.Data; data != nil {
		what = starlark.Value(data).String()
	}
	fmt.Fprintf(r.out, "%s, %s: %s\n", p.Account, p.Event.Time.Format(time.DateTime), oneLine(what))
	fmt.Fprintf(r.out, "rules: %s (%s)\n", short(r.scene.rules.Hash), strings.Join(r.scene.rules.RuleFiles(), ", "))
}
