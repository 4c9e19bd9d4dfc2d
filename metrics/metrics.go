package metrics

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
)

// Options of New. Now is required.
type Options struct {
	Accounts []string // the closed set of the account label, from the configuration
	Lights   []string // that the configuration knows, for the light label
	Version  string   // of the program; "" shows as "unknown", as do the next two
	Revision string
	// GoVersion is the Go release that the program was built with.
	GoVersion string
	// Now is the clock by which the seconds still to wait are counted at a scrape.
	Now func() time.Time
}

// Metrics are the daemon's metrics. Make them with New.
type Metrics struct {
	accounts map[string]*account
	dropped  prometheus.Counter
	gate     *gate
	reaction prometheus.Histogram
	alerts   children[prometheus.Counter] // by outcome
	changes  prometheus.Counter
	light    prometheus.Gauge
	lights   *lights
	alive    prometheus.Gauge
	rules    *rules
	worker   *worker
	config   configuration

	shadowDropped prometheus.Counter

	slackConnected prometheus.Gauge
	slackRefused   prometheus.Gauge
	pressed        children[prometheus.Counter] // by outcome
}

// New makes the metrics and registers them with reg, all or none: after an
// error reg is as it was.
func New(reg prometheus.Registerer, o Options) (*Metrics, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("making the metrics: %w", err)
	}
	g := &group{created: o.Now()}
	m := &Metrics{
		accounts: g.accounts(o.Accounts),
		dropped:  g.counter("gatefold_metrics_dropped_total", "Observations left out because they named an account that is not configured."),
		gate:     g.gate(o.Now),
		reaction: g.histogram("gatefold_reaction_seconds", "Time from an answer received to the pause sent.", reactionBuckets()),
		alerts:   g.alerts(),
		changes:  g.counter("gatefold_light_changes_total", "Changes of what lights show."),
		light:    g.gauge("gatefold_light_connected", "Whether every light that is wanted is connected (1) or not (0)."),
		lights:   g.lights(o.Lights),
		alive:    g.gauge("gatefold_alive", "Whether the loops of the accounts answer (1), or one of them hangs (0)."),
		rules:    g.rules(),
		worker:   g.worker(),
		config:   g.configuration(),

		shadowDropped: g.counter("gatefold_shadow_dropped_total", "Turns that the shadow rules did not see because they were behind."),
		pressed:       g.presses(),

		slackRefused:   g.gauge("gatefold_slack_refused", "Whether Slack refuses the bot's token or the app's (1)."),
		slackConnected: g.gauge("gatefold_slack_connected", "Whether presses of Slack buttons arrive (1) or not (0); 0 also without an app token."),
	}
	m.alive.Set(1)
	g.outboxWaiting(m.accounts)
	g.build(o)
	if err := reg.Register(g); err != nil {
		return nil, fmt.Errorf("registering the metrics: %w", err)
	}
	return m, nil
}

func (o Options) check() error {
	if o.Now == nil {
		return errors.New("no clock given")
	}
	seen := make(map[string]bool, len(o.Accounts))
	for _, name := range o.Accounts {
		switch {
		case name == "":
			return errors.New("an account without a name")
		case !utf8.ValidString(name):
			return fmt.Errorf("account %q is not valid UTF-8", name)
		case seen[name]:
			return fmt.Errorf("account %q is given twice", name)
		}
		seen[name] = true
	}
	return nil
}
