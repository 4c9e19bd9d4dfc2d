package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"gatefold/internal/lab"
)

type simulateOptions struct {
	weeks      float64
	seeds      []uint
	population string
	policies   []string
	json       bool
	svg        string
}

func simulateCommand(s stdio) *cobra.Command {
	o := simulateOptions{}
	c := &cobra.Command{
		Use:   "simulate",
		Short: "compare ways of polling over weeks of a simulated household",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return simulate(c, s, o) },
	}
	c.Flags().Float64Var(&o.weeks, "weeks", 4, "how long the story is")
	c.Flags().UintSliceVar(&o.seeds, "seed", []uint{1}, "of the story; several give the spread too")
	c.Flags().StringVar(&o.population, "population", "habits", "habits or flat")
	c.Flags().StringSliceVar(&o.policies, "policies", lab.DefaultPolicies(), "which, in this order; also: fixed 15s")
	c.Flags().BoolVar(&o.json, "json", false, "print JSON")
	return c
}

func simulate(c *cobra.Command, s stdio, o simulateOptions) error {
	days := int(o.weeks * 7)
	if days < 1 || days > 365 {
		return usage(fmt.Errorf("--weeks %v: from one day (0.143) to 52 weeks", o.weeks))
	}
	run := lab.Options{Policies: o.policies, Disk: true, Stubborn: true}
	for _, seed := range o.seeds {
		p, err := lab.Population(o.population, uint64(seed), days)
		if err != nil {
			return usage(err)
		}
		run.Params = append(run.Params, p)
	}
	r, err := lab.Run(c.Context(), run)
	if err != nil {
		return &codedError{code: exitFailed, err: err}
	}
	if o.json {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.Table(s.out)
}
