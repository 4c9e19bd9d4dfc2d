package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// worker are the series about the process that rules run in.
type worker struct {
	restarts children[prometheus.Counter] // by reason
	memory   atomic.Pointer[func() int64]
}

func (g *group) worker() *worker {
	w := &worker{}
	restarts := g.counterVec("gatefold_rule_worker_restarts_total", "Rule workers that ended and had to be replaced, by why they ended.", "reason")
	w.restarts = childrenOf(workerReasons(), restarts.WithLabelValues)
	g.gaugeFunc("gatefold_rule_worker_memory_bytes", "Memory of the process that the rules in force run in; 0: there is none.", func() float64 {
		source := w.memory.Load()
		if source == nil {
			return 0
		}
		return float64(max((*source)(), 0))
	})
	return w
}

func workerReasons() closed {
	return closedSet("crash", "memory", "stack", "deadline", "protocol", "killed", "crash")
}

// WorkerReplaced counts a rule worker that has ended, by why: "memory", "stack", "deadline", "protocol" (it answered what
// cannot be), "killed" (by somebody else) or "crash", and so is everything else.
func (m *Metrics) WorkerReplaced(reason string) { m.worker.restarts.of(reason).Inc() }

// WorkerMemory sets what a scrape asks for the memory of the rule worker in bytes; 0 is none. It must not block and may be
// called from several goroutines.
func (m *Metrics) WorkerMemory(bytes func() int64) { m.worker.memory.Store(&bytes) }
