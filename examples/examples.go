package examples

import _ "embed"

// Home is home/gatefold.yaml: what gatefold init writes.
//
//go:embed home/gatefold.yaml
var Home []byte

// Ladder is rules/ladder/ladder.star: the laboratory measures it.
//
//go:embed rules/ladder/ladder.star
var Ladder []byte
