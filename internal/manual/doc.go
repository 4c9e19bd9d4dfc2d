// Package manual turns the pages for rule authors (builtins/*.md, and internal/startest/*.md about what tests can call),
// together with what the builtins say themselves about their arguments, into entries that can be looked up by name: "blink1.set", "now.device.approved", "on_blind", "durations".
//
//	page.go   a page and its sections            find.go    looking up what somebody typed
//	entry.go  what can be looked up              text.go    an entry for a terminal
//	table.go  the tables of a page               website.go the pages of docs/rules
//	value.go  what handlers are called with      inline.go  links, code and bold in a line
//	hover.go  an entry for an editor             code.go    the problems that check finds
//
// gatefold doc, docs/rules and the hover of an editor show the same entries, so there is one text to keep true: its tests
// hold every argument and attribute against the code. It reads no file; the pages are embedded.
package manual
