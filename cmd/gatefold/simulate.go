package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/examples"
	"gatefold/internal/lab"
)

type simulateOptions struct {
	weeks      float64
	warm       float64
	seeds      []uint
	population string
	policies   []string
	json       bool
	disk       bool
	svg        string
}

func simulateCommand(s stdio) *cobra.Command {
	var o simulateOptions
	c := &cobra.Command{
		Use:   "simulate",
		Short: "compare ways of polling over weeks of a simulated household",
		Long: `simulate lets ways of polling live through the same weeks of a household's
listening with intruders in it, on a virtual clock, and prints what an intruder
hears under each of them and what it costs: fixed intervals, the program that
gatefold replaces, gatefold's own poller with the real gate and the shipped
rules, and one that knows when intruders come. Nothing leaves the machine. The
same seed gives the same figures. The model is documented in internal/lab.

Exit code 0 whether or not the aims below the table are reached.`,
		Example: `  gatefold simulate
  gatefold simulate --seed 1,2,3 --svg polling.svg
  gatefold simulate --weeks 1 --population flat --policies "fixed 15s,ours"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return simulate(c, s, o) },
	}
	c.Flags().Float64Var(&o.weeks, "weeks", 4, "how long the story is, from 0.15 to 52")
	c.Flags().Float64Var(&o.warm, "warm", 0, "weeks before those, of which only what they taught counts")
	c.Flags().UintSliceVar(&o.seeds, "seed", []uint{1}, "of the story; several are put together, and their spread is shown")
	c.Flags().StringVar(&o.population, "population", "habits", "habits (intruders with hours of their own, who come back) or flat (at any hour, once)")
	c.Flags().StringSliceVar(&o.policies, "policies", lab.DefaultPolicies(), `which, in the order of the table; "fixed 15s" works with any duration`)
	c.Flags().BoolVar(&o.json, "json", false, "print JSON")
	c.Flags().BoolVar(&o.disk, "disk", true, "count what is written to disk (Linux; two more days with a real journal)")
	c.Flags().StringVar(&o.svg, "svg", "", "also draw detection time against calls a day into this file")
	return c
}

func simulate(c *cobra.Command, s stdio, o simulateOptions) error {
	days, warm := math.Round(o.weeks*7), math.Round(o.warm*7)
	if !(warm >= 0 && days+warm <= 364) {
		return usage(fmt.Errorf("--warm %v: a number of weeks, and no more than 52 of both together", o.warm))
	}
	if !(days >= 1 && days <= 364) {
		return usage(fmt.Errorf("--weeks %v: a number from 0.15 (a day) to 52 is needed", o.weeks))
	}
	run := lab.Options{
		Policies: o.policies, Disk: o.disk, Stubborn: true, Curve: o.svg != "", Warm: time.Duration(warm) * 24 * time.Hour,
		Against: []lab.Ours{{
			Name: "ours, examples/rules/ladder", HeardAtMost: 12,
			Rules: engine.Snapshot{{Path: "ladder.star", Data: examples.Ladder}},
		}},
	}
	for _, seed := range o.seeds {
		p, err := lab.Population(o.population, uint64(seed), int(days+warm))
		if err != nil {
			return usage(fmt.Errorf("--population: %w", err))
		}
		run.Params = append(run.Params, p)
	}
	if err := run.Check(); err != nil {
		return usage(err)
	}
	r, err := lab.Run(c.Context(), run)
	if err != nil {
		return &codedError{code: exitFailed, err: fmt.Errorf("simulating: %w", err)}
	}
	if o.svg != "" {
		if err := drawTo(o.svg, r); err != nil {
			return &codedError{code: exitFailed, err: err}
		}
	}
	if o.json {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.Table(s.out)
}

func drawTo(path string, r *lab.Report) error {
	var drawn bytes.Buffer
	if err := r.SVG(&drawn); err != nil {
		return err
	}
	return os.WriteFile(path, drawn.Bytes(), 0o644)
}
