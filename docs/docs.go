// Package docs holds the pages of docs that the program itself shows: gatefold doc explains a problem's code in the words of
// checking.md, whose examples are tested.
package docs

import _ "embed"

// Checking is checking.md.
//
//go:embed checking.md
var Checking string
