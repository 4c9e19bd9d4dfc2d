package startest

import "embed"

// Pages are the pages about what tests can call, written as those of builtins are: internal/manual reads both.
//
//go:embed *.md
var Pages embed.FS
