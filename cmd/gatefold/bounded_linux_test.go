package main

import "testing"

// Nothing of a command is left when it is killed.
func TestChildOfACommandDoesNotOutliveIt(t *testing.T) {
	t.Parallel()
	c, _, gone := hanging(t)
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-gone // the last who could write has ended
	_ = endOf(c)
}

// A terminal is given back as it was, also by a command that ends while it reads single keys.
func TestTerminalAfterARuleHasEndedTheCommand(t *testing.T) {
	t.Parallel()
	p := newPTY(t)
	before := p.lflag()
	c := p.repl(exampleRules(t), t.TempDir())
	p.waitFor("home example> ")
	p.types("[0] * ((1 << 30) - 1)\r", "it wanted more memory than rules may have")
	if err := endOf(c); err == nil || c.ProcessState.ExitCode() != exitFailed {
		t.Errorf("%v", c.ProcessState)
	}
	if now := p.lflag(); now != before {
		t.Errorf("modes %x, before it %x", now, before)
	}
}
