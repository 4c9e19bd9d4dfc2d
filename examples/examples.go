package examples

import _ "embed"

// Ladder is ladder/ladder.star: the laboratory measures it.
//
//go:embed ladder/ladder.star
var Ladder []byte
