package worker

import (
	"cmp"
	"time"

	"gatefold/builtins"
)

// Limits bound a child and what is asked of it. Zero fields take the defaults.
type Limits struct {
	Turn    time.Duration // a turn: 3 s
	Load    time.Duration // loading a ruleset and trying each handler once: 10 s
	Stories time.Duration // the timelines of a folder: 10 s
	Start   time.Duration // until a child can take rules: 10 s

	Memory        int64 // data beside what the program itself has mapped: 256 MiB
	StoriesMemory int64 // where timelines run: 512 MiB
	Stack         int   // of a goroutine: 64 MiB
}

func (l Limits) orDefault() Limits {
	l.Turn = cmp.Or(l.Turn, 3*time.Second)
	l.Load = cmp.Or(l.Load, 10*time.Second)
	l.Stories = cmp.Or(l.Stories, 10*time.Second)
	l.Start = cmp.Or(l.Start, 10*time.Second)
	l.Memory = cmp.Or(l.Memory, 256<<20)
	l.StoriesMemory = cmp.Or(l.StoriesMemory, 512<<20)
	l.Stack = cmp.Or(l.Stack, 64<<20)
	return l
}

// Vocabulary is what a configuration says of what rules can name.
type Vocabulary struct {
	Targets []string         // of notify
	AnyName bool             // notify takes every name: nobody has said which there are
	Lights  *builtins.Lights // nil: any
}

// Deps is it as what the builtins are made of.
func (v Vocabulary) Deps() builtins.Deps {
	d := builtins.Deps{Lights: v.Lights}
	if !v.AnyName {
		d.Targets = append([]string{}, v.Targets...)
	}
	return d
}
