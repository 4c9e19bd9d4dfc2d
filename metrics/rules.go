package metrics

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// maxFiles bounds the rule files that get a series of their own.
const maxFiles = 100

// rules are the series about the ruleset in force.
type rules struct {
	evaluation prometheus.Histogram
	reloaded   prometheus.Gauge
	reloadedAt prometheus.Gauge
	waiting    prometheus.Gauge
	hash       *info
	errors     *prometheus.CounterVec
	elsewhere  prometheus.Counter // errors in files without a series of their own

	mu     sync.Mutex
	inFile map[string]prometheus.Counter // errors by path, as it was given
	labels map[string]bool               // the cleaned paths that have a series
}

func (g *group) rules() *rules {
	r := &rules{
		evaluation: g.histogram("gatefold_rule_evaluation_seconds", "Time to evaluate one turn.", evaluationBuckets()),
		reloaded:   g.gauge("gatefold_rules_last_reload_successful", "Whether the rules as they lie in the folder are in force (1) or were refused (0)."),
		reloadedAt: g.gauge("gatefold_rules_last_reload_success_timestamp_seconds", "When rules were last read without a fault; 0 before that."),
		waiting:    g.gauge("gatefold_rules_waiting", "Whether rules wait for gatefold rules accept (1) or not (0)."),
		hash:       g.info("gatefold_rules_info", "The ruleset in force.", "hash"),
		errors:     g.counterVec("gatefold_rule_errors_total", "Turns that a rule failed, by rule file.", "file"),
	}
	r.elsewhere = r.errors.WithLabelValues(other)
	return r
}

// RuleEvaluated counts a turn by the time that its evaluation took.
func (m *Metrics) RuleEvaluated(d time.Duration) { m.rules.evaluation.Observe(seconds(d)) }

// RuleError counts an error in a rule file (its path in the rules folder). A file
// that is not of the ruleset in force, or not among its first 100, counts as "other".
func (m *Metrics) RuleError(file string) {
	r := m.rules
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.inFile[file]; ok {
		c.Inc()
		return
	}
	r.elsewhere.Inc()
}

// Rules says which ruleset came into force, and of which files it is made,
// without saying that a reload went well: a start with broken rules runs on those
// that the journal kept. Files that stay keep their count; the series of the
// others go. An empty hash is no ruleset at all.
func (m *Metrics) Rules(hash string, files []string) {
	m.rules.install(files)
	if hash == "" {
		m.rules.hash.hush()
		return
	}
	m.rules.hash.tell(clean(hash, unnamed))
}

// ReloadSucceeded says that the rules as they lie in the folder were read without
// a fault at the given time and are in force, at the start or later. It is also to
// be called when what lies there is, again, what was in force all along.
func (m *Metrics) ReloadSucceeded(hash string, files []string, at time.Time) {
	m.Rules(hash, files)
	m.rules.reloaded.Set(1)
	m.rules.reloadedAt.Set(timestamp(at))
}

// ReloadFailed says that the rules as they lie in the folder were refused. What
// was in force stays.
func (m *Metrics) ReloadFailed() { m.rules.reloaded.Set(0) }

// RulesWaiting says whether rules that would change a past verdict wait to be accepted.
func (m *Metrics) RulesWaiting(waiting bool) { m.rules.waiting.Set(bit(waiting)) }

// install gives the first 100 files in name order a series, and takes it from
// those that are not among them.
func (r *rules) install(files []string) {
	files = slices.Compact(slices.Sorted(slices.Values(files)))
	files = files[:min(len(files), maxFiles)]

	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.labels
	r.labels = map[string]bool{other: true} // never goes
	r.inFile = make(map[string]prometheus.Counter, len(files))
	for _, file := range files {
		label := clean(file, unnamed)
		r.labels[label] = true
		r.inFile[file] = r.errors.WithLabelValues(label)
	}
	for label := range before {
		if !r.labels[label] {
			r.errors.DeleteLabelValues(label)
		}
	}
}
