package worker

import (
	"context"
	"os"
	"testing"

	"gatefold/builtins"
	"gatefold/engine"
)

// BenchmarkTurn is what a turn of the shipped rules costs here and in the worker: the same look again and again, of which
// only the progress moves, as in life.
func BenchmarkTurn(b *testing.B) {
	data, err := os.ReadFile("../../rules/home.star")
	if err != nil {
		b.Fatal(err)
	}
	files := source("home.star", string(data))
	here, err := engine.Load(files, engine.Limits{}, builtins.All(builtins.Deps{})...)
	if err != nil {
		b.Fatal(err)
	}
	w := open(b, nil)
	there, err := w.Load(context.Background(), files)
	if err != nil {
		b.Fatal(err)
	}
	w.Adopt(there)
	for _, c := range []struct {
		name  string
		rules *engine.Ruleset
	}{{"here", here}, {"worker", there}} {
		b.Run(c.name, func(b *testing.B) {
			facts := engine.Facts{}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				ev := look(i%50+1, "Bob's Laptop", true)
				d := c.rules.Evaluate(context.Background(), ev, facts, nil)
				if d.Err != nil {
					b.Fatal(d.Err)
				}
				facts = engine.Fold(facts, ev, d)
			}
			if c.name == "worker" {
				b.ReportMetric(float64(w.Memory())/(1<<20), "MiB-child")
			}
		})
	}
}

// BenchmarkStart is what a child costs that has to be replaced: until it has decided a turn.
func BenchmarkStart(b *testing.B) {
	w := open(b, nil)
	rules := mustLoad(b, w, denies)
	w.Adopt(rules)
	for b.Loop() {
		if d := rules.Evaluate(context.Background(), plays("Bob"), engine.Facts{}, nil); d.Err != nil {
			b.Fatal(d.Err)
		}
		b.StopTimer()
		w.running.seats[0].take()
		w.running.seats[0].fresh()
		w.running.seats[0].leave()
		b.StartTimer()
	}
}
