package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// configuration are the series about gatefold.yaml.
type configuration struct {
	reloaded   prometheus.Gauge
	reloadedAt prometheus.Gauge
}

func (g *group) configuration() configuration {
	return configuration{
		reloaded:   g.gauge("gatefold_config_last_reload_successful", "Whether the configuration as it lies in the file was taken (1) or refused (0)."),
		reloadedAt: g.gauge("gatefold_config_last_reload_success_timestamp_seconds", "When the configuration was last read without a fault; 0 before that."),
	}
}

// ConfigTaken says that the configuration as it lies in the file was read without a
// fault at the given time, at the start or later; also when it is, again, what was
// in force all along.
func (m *Metrics) ConfigTaken(at time.Time) {
	m.config.reloaded.Set(1)
	m.config.reloadedAt.Set(timestamp(at))
}

// ConfigRefused says that the configuration as it lies in the file was refused.
// What was in force stays.
func (m *Metrics) ConfigRefused() { m.config.reloaded.Set(0) }
