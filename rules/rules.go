// Package rules holds the rules that gatefold ships, and the timelines that show what they do.
//
//	home.star          who may play, and what happens to everyone else
//	home.timeline      a day in that household; it runs home.star alone
//	*.timeline         the same rules in trouble: intruders, blindness, edits, restarts
//	_*.star            what the timelines edit home.star into
package rules

import "embed"

// Files are the rules and timelines as they are in this folder.
//
//go:embed *.star *.timeline
var Files embed.FS
