package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// Questions to whoever sits at the terminal. Each of them ends with ctrl-C: what
// waits for a key cannot be called back, so it is left waiting.

// readLines gives the lines of a reader until it ends, or ctx does.
func readLines(ctx context.Context, in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(in)
		scanner.Buffer(nil, 64<<10)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// terminalIn is standard input if somebody sits before it, else nil.
func (s stdio) terminalIn() *os.File {
	if in, ok := s.in.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		return in
	}
	return nil
}

// ask reads a line that does not show. After ctrl-C the terminal shows again what
// is typed.
func (s stdio) ask(ctx context.Context, in *os.File, prompt string) ([]byte, error) {
	before, err := term.GetState(int(in.Fd()))
	if err != nil {
		return nil, err
	}
	fmt.Fprint(s.err, prompt+": ")
	defer fmt.Fprintln(s.err)
	type reply struct {
		text []byte
		err  error
	}
	replies := make(chan reply, 1)
	go func() {
		text, err := term.ReadPassword(int(in.Fd()))
		replies <- reply{text, err}
	}()
	select {
	case r := <-replies:
		return r.text, r.err
	case <-ctx.Done():
		_ = term.Restore(int(in.Fd()), before)
		return nil, context.Cause(ctx)
	}
}

// errInterrupted is what ctrl-C comes to.
var errInterrupted = errors.New("interrupted: nothing was changed")

// interrupted is why a command was given up, in place of an error that only says
// that it was.
func interrupted(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case ctx.Err() == nil:
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && cause != nil:
		return cause
	}
	return errInterrupted
}
