package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"gatefold/internal/worker"
)

// runsRules are the commands that run rules, or timelines and tests of them, in their own process: a rule that goes wrong
// must not take the memory of the machine that a daemon runs on.
var runsRules = []string{"test", "replay", "record", "eval", "repl", "check"}

// boundedly runs the program: a command that runs rules in a child of its own, with bounds, of which this says how it ended.
func boundedly(args []string, s stdio) int {
	if c, _, err := rootCommand(s).Find(goStyle(args[1:])); err != nil || !slices.Contains(runsRules, c.Name()) || c.Parent() == nil || c.Parent().HasParent() {
		return run(context.Background(), args[1:], s)
	}
	if s.getenv("GATEFOLD_ISOLATION") != "none" { // else the program cannot start itself, as under qemu-user
		fd := int(os.Stdin.Fd())
		before, _ := term.GetState(fd) // it may end while it reads single keys
		ending, err := worker.RunBounded(args)
		if err == nil {
			if before != nil && (ending.Why != "" || ending.Said != "") {
				_ = term.Restore(fd, before)
			}
			return ended(s, ending)
		}
		fmt.Fprintf(s.err, "note: the command does not run in a child of its own, which would say more should rules end it: %s\n", err)
	}
	if err := worker.Bound(); err != nil {
		fmt.Fprintf(s.err, "note: nothing limits how much memory the rules take: %s\n", err)
	}
	return run(context.Background(), args[1:], s)
}

// ended says how a bounded command ended, if not by itself.
func ended(s stdio, e worker.Ending) int {
	switch {
	case e.Why != "":
		fmt.Fprintf(s.err, "gatefold: a rule has ended this command: %s\nhint: gatefold check runs each handler and timeline in a process of its own, and names the one\n", e.Why)
	case e.Said != "":
		fmt.Fprintln(s.err, strings.TrimRight(e.Said, "\n"))
	}
	return e.Code
}

// asBounded is the child.
func asBounded(args []string) int {
	command, stderr, err := worker.BeBounded(args)
	s := system()
	if err != nil {
		fmt.Fprintln(s.err, "gatefold:", err)
		return exitFailed
	}
	s.err, s.console = stderr, term.IsTerminal(int(stderr.Fd()))
	return run(context.Background(), command, s)
}
