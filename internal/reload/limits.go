package reload

import "cmp"

// Limits bound what a rules folder may hold. A field that is 0 is its default.
type Limits struct {
	File  int64 // bytes of one file; 256 KiB
	Files int   // .star files; 500
	Total int64 // bytes of all of them; 8 MiB
	Depth int   // folders below one another, the rules folder not counted; 8
	Names int   // names looked at, .star or not, so that "/" is found out early; 20,000
}

func (l Limits) orDefaults() Limits {
	return Limits{
		File:  cmp.Or(l.File, 256<<10),
		Files: cmp.Or(l.Files, 500),
		Total: cmp.Or(l.Total, 8<<20),
		Depth: cmp.Or(l.Depth, 8),
		Names: cmp.Or(l.Names, 20_000),
	}
}
