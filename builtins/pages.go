package builtins

import "embed"

// Pages are the pages for rule authors, one a capability: "slack.md".
//
//go:embed *.md
var Pages embed.FS
