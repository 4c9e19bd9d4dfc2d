package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// info is a family of at most one series, whose labels tell something and whose
// value is always 1. The old series goes in the same moment as the new one comes.
type info struct {
	desc    *prometheus.Desc
	current atomic.Pointer[prometheus.Metric] // nil: there is nothing to tell
}

var _ prometheus.Collector = (*info)(nil)

func (g *group) info(name, help string, labels ...string) *info {
	return add(g, &info{desc: prometheus.NewDesc(name, help, labels, nil)})
}

// tell replaces the labels' values, which must be clean.
func (i *info) tell(values ...string) {
	series := prometheus.MustNewConstMetric(i.desc, prometheus.GaugeValue, 1, values...)
	i.current.Store(&series)
}

func (i *info) hush() { i.current.Store(nil) }

// Describe sends the family's description.
func (i *info) Describe(ch chan<- *prometheus.Desc) { ch <- i.desc }

// Collect sends the one series, if there is one.
func (i *info) Collect(ch chan<- prometheus.Metric) {
	if series := i.current.Load(); series != nil {
		ch <- *series
	}
}

// build says which program this is.
func (g *group) build(o Options) {
	g.info("gatefold_build_info", "The program that runs.", "version", "revision", "goversion").
		tell(clean(o.Version, "unknown"), clean(o.Revision, "unknown"), clean(o.GoVersion, "unknown"))
}
