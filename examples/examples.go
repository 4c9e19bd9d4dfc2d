package examples

import _ "embed"

// Ladder is rules/ladder/ladder.star: the laboratory measures it.
//
//go:embed rules/ladder/ladder.star
var Ladder []byte
