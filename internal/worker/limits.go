package worker

import (
	"cmp"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
)

// Limits bound a child and what is asked of it. Zero fields take the defaults.
type Limits struct {
	Handler time.Duration // engine.Limits.Wall, 2 s: what cannot be interrupted is ended when it takes Late longer
	Turn    time.Duration // engine.Limits.Turn, 10 s, in the same way
	Late    time.Duration // 1 s
	Load    time.Duration // loading one file, and trying one handler, of a ruleset: 10 s; and three times that in all
	Stories time.Duration // the timelines of a folder: 10 s
	Start   time.Duration // until a child can take rules: 10 s
	Spare   time.Duration // what comes to each of these for a child that gets no time to compute: 10 s

	Memory        int64 // data beside what the program itself has mapped: 256 MiB
	StoriesMemory int64 // where timelines run: 512 MiB
	Stack         int   // of a goroutine: 64 MiB
}

func (l Limits) orDefault() Limits {
	l.Handler = cmp.Or(l.Handler, engine.WallMost)
	l.Turn = cmp.Or(l.Turn, engine.TurnMost)
	l.Late = cmp.Or(l.Late, time.Second)
	l.Load = cmp.Or(l.Load, 10*time.Second)
	l.Stories = cmp.Or(l.Stories, 10*time.Second)
	l.Start = cmp.Or(l.Start, 10*time.Second)
	l.Spare = cmp.Or(l.Spare, 10*time.Second)
	l.Memory = cmp.Or(l.Memory, 256<<20)
	l.StoriesMemory = cmp.Or(l.StoriesMemory, 512<<20)
	l.Stack = cmp.Or(l.Stack, 64<<20)
	return l
}

// turn is how long a turn is waited for: the engine ends by itself what it can.
func (l Limits) turn() allowance {
	return allowance{part: l.Handler + l.Late, whole: l.Turn + l.Late, spare: l.Spare}
}

func (l Limits) load() allowance { return allowance{part: l.Load, whole: 3 * l.Load, spare: l.Spare} }

func (l Limits) stories() allowance {
	return allowance{whole: l.Stories + 3*time.Second, spare: l.Spare}
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
