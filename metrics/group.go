package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// group collects as one everything that was made through it: it is registered
// wholly or not at all, and nothing that was made can be forgotten.
type group struct {
	members []prometheus.Collector
	created time.Time // from when counters count
}

var _ prometheus.Collector = (*group)(nil)

// Describe sends the description of every member.
func (g *group) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range g.members {
		m.Describe(ch)
	}
}

// Collect sends the series of every member.
func (g *group) Collect(ch chan<- prometheus.Metric) {
	for _, m := range g.members {
		m.Collect(ch)
	}
}

// add makes c part of the group and hands it back.
func add[C prometheus.Collector](g *group, c C) C {
	g.members = append(g.members, c)
	return c
}

func (g *group) counter(name, help string) prometheus.Counter {
	return add(g, prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help}))
}

func (g *group) counterVec(name, help string, labels ...string) *prometheus.CounterVec {
	return add(g, prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels))
}

func (g *group) gauge(name, help string) prometheus.Gauge {
	return add(g, prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help}))
}

func (g *group) gaugeFunc(name, help string, value func() float64) {
	add(g, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

func (g *group) histogram(name, help string, buckets []float64) prometheus.Histogram {
	return add(g, prometheus.NewHistogram(histogramOpts(name, help, buckets)))
}

// histogramOpts ask for classic buckets, which every Prometheus reads, and for
// native ones: each at most a tenth wider than the one before, at most 160 of
// them (coarser, or begun anew at most once an hour, when that is not enough).
func histogramOpts(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  160,
		NativeHistogramMinResetDuration: time.Hour,
	}
}

// The classic buckets, in seconds.

// A look crosses the internet: 10 ms would be a near neighbour, 10 s is the
// time-out.
func lookBuckets() []float64 {
	return []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}
}

// A pause should leave within 0.3 ms, and within 2 ms in the 99th percentile.
func reactionBuckets() []float64 {
	return []float64{50e-6, 100e-6, 200e-6, 300e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 50e-3, 100e-3, 500e-3, 1}
}

// Who presses play again does so within seconds, or has understood after two
// minutes. The least is what a look that verifies a pause can tell.
func resumedBuckets() []float64 {
	return []float64{1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120}
}

// A rule takes about a microsecond; the wall clock stops it after 2 s.
func evaluationBuckets() []float64 {
	return []float64{1e-6, 2e-6, 5e-6, 10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 1e-3, 10e-3, 100e-3, 1, 2}
}
