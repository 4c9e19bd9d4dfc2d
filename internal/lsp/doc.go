// Package lsp turns what an editor tells (Language Server Protocol 3.17, over standard input and output) into problems,
// completion, documentation, definitions and layout of rule files.
//
//	server.go    the conversation: one request after the other     frame.go     messages on a stream
//	session.go   documents and the folders they lie in              protocol.go  the part of the protocol that is used
//	text.go      places in a document                               lex.go       words, whatever else is wrong with a file
//	outline.go   what a file defines, loads and publishes           cursor.go    what stands at a place
//	value.go     what a name stands for                             expression.go  what an expression stands for
//	loop.go      what the names of loops stand for                  result.go    what calls give
//	check.go     problems, beside the conversation
//	lull.go      when to look for them: a pause of the typing       turns.go     what is out of date since
//	backlog.go   of each folder the newest state                    tryout.go    problems that only running the rules finds
//	disk.go      what other programs change
//	complete.go, hover.go, signature.go, define.go, symbols.go, fix.go, layout.go: what is asked
//
// Promises: nothing that a file holds is run in this process, and elsewhere by Options.Try alone. Neither the search for
// problems nor a try keeps an answer waiting, and newer text ends both. A file that does not parse is answered as well as one that does:
// everything but the problems goes by words, not by the syntax tree. A message that makes no sense is answered with an
// error, a panic over one too, and the next is answered as if nothing had been. What is asked is answered in order, but a
// request that was taken back before its turn. It reads files only through Options.Read,
// and looks at their times and sizes where the editor does not tell of changes.
package lsp
