package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/hardware"
	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/journal"
	"gatefold/internal/secrets"
	"gatefold/internal/sources"
	"gatefold/internal/spotify"
	"gatefold/internal/worker"
	"gatefold/metrics"
)

// daemon is one running gatefold. newDaemon does everything that can fail before
// anything acts; run then drives it.
type daemon struct {
	cfg      *config.Config // as at the start; what an edit changed since is in config
	config   *configKeeper
	w        world
	log      *slog.Logger
	started  time.Time
	down     teardown
	registry *prometheus.Registry
	metrics  *metrics.Metrics
	journal  *journal.Journal
	lights   *lights
	arbiter  *builtins.Arbiter // what they show
	liveness *liveness
	gate     *spotify.Gate
	secrets  secrets.Store
	board    *board
	orders   *awaited[engine.OrderReport]
	presents *awaited[engine.Present]
	modules  []engine.Module
	slack    *slackLine // nil: nothing is posted
	rules    *ruleKeeper
	shadow   *shadow        // nil: no rules see everything and do nothing
	worker   *worker.Worker // nil: rules run here
	accounts []*account
	observe  observers
	crew     *crew
	listener net.Listener    // metrics; nil: off
	socket   net.Listener    // control
	running  context.Context // of run; loops take news until it ends

	clientSecret   config.Secret     // "" for an app that goes by PKCE
	transport      http.RoundTripper // to Spotify, for all accounts
	authorizations *authorizations
	samples        samples

	faults sync.Mutex
	faulty []string // what of the house itself is broken, beyond any account

	waits      sync.Mutex
	waitsUntil time.Time // the latest that accounts told each other of
}

// newDaemon builds a daemon from the ground up: journal, metrics, sockets, light,
// gate, rules, accounts. What it has opened is closed again when it fails.
func newDaemon(ctx context.Context, cfg *config.Config, w world) (*daemon, error) {
	d := &daemon{
		cfg: cfg, w: w, log: w.Log, started: w.Clock.Now(), registry: prometheus.NewRegistry(), orders: newOrders(), presents: newPresents(),
		transport: transportOr(w.Spotify),
	}
	d.authorizations = &authorizations{d: d}
	for _, build := range []func(context.Context) error{
		d.openSecrets, d.openJournal, d.openMetrics, d.openConfig, d.openSockets, d.openLights, d.openGate, d.openModules, d.openRules, d.openShadow, d.openAccounts,
	} {
		if err := build(ctx); err != nil {
			return nil, errors.Join(err, d.undo())
		}
	}
	return d, nil
}

// openSecrets opens the store, and reads what does not belong to an account.
func (d *daemon) openSecrets(ctx context.Context) (err error) {
	if d.secrets = d.w.Secrets; d.secrets == nil {
		d.secrets, err = openSecrets(ctx, d.cfg, d.w.Stdio, func(path string) {
			d.log.Warn("made a key for the secrets store: keep a copy where the data folder is not", "file", path)
		})
		if err != nil {
			return err
		}
	}
	d.clientSecret, _, err = secret(ctx, d.cfg, d.secrets, config.ClientSecret)
	return err
}

func (d *daemon) openJournal(ctx context.Context) error {
	if d.journal = d.w.Journal; d.journal == nil {
		key, err := journalKey(ctx, d.cfg, d.secrets)
		if err != nil {
			return err
		}
		j, err := journal.Open(d.cfg.Data, journal.Options{Now: d.w.Clock.Now, Key: key})
		if err != nil {
			return err
		}
		if n := j.Sealed(); n > 0 {
			d.log.Info("the journal was sealed: it lay there in plain text", "rows", n)
		}
		d.journal = j
	}
	d.down.add("journal", d.journal.Close)
	return nil
}

func (d *daemon) openMetrics(context.Context) (err error) {
	var names []string
	enforce := map[string]bool{}
	for _, a := range d.cfg.Accounts {
		names = append(names, a.Name)
		enforce[a.Name] = a.Enforce
	}
	d.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	d.metrics, err = metrics.New(d.registry, metrics.Options{
		Accounts: names, Lights: lightLabels(d.cfg), Version: version, Revision: revision(), GoVersion: goVersion(), Now: d.w.Clock.Now,
	})
	d.board = newBoard(names, enforce, d.w.Clock.Now)
	if err == nil {
		d.liveness = newLiveness(d.log, d.metrics.Alive)
		d.liveness.ping = d.ping
	}
	if err == nil {
		for name, on := range enforce {
			d.metrics.Enforcing(name, on)
		}
	}
	return err
}

func (d *daemon) openSockets(context.Context) (err error) {
	if d.cfg.Listen != "" {
		if d.listener, err = net.Listen("tcp", d.cfg.Listen); err != nil {
			return &codedError{
				code: exitFailed, err: fmt.Errorf("listening for metrics: %w", err),
				hint: `another program may use that port: set listen: in the config to another one, or to "" for none`,
			}
		}
		d.down.add("metrics listener", ignoreClosed(d.listener.Close))
	}
	if d.socket, err = control.Listen(socketPath(d.cfg)); err != nil {
		return err
	}
	d.down.add("control socket", ignoreClosed(d.socket.Close))
	return nil
}

func socketPath(c *config.Config) string { return filepath.Join(c.Data, "gatefold.sock") }

func ignoreClosed(close func() error) func() error {
	return func() error {
		if err := close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

func (d *daemon) openLights(context.Context) (err error) {
	d.lights, err = openLights(lightsOptions{
		light: d.cfg.Light, names: d.cfg.Lights, most: d.cfg.Brightness, stdio: d.w.Stdio, log: d.log, usual: d.w.Light,
		told: func(light string, s hardware.Status, all bool) {
			d.metrics.LightState(light, string(s.State))
			d.metrics.LightConnected(all)
		},
		changed: d.metrics.LightChanged, alive: d.liveness.alive,
	})
	if err == nil {
		d.down.add("light", d.lights.Close)
	}
	return err
}

// openGate takes up the budgets and Retry-After where the last run left them.
func (d *daemon) openGate(ctx context.Context) error {
	d.gate = openGate(ctx, d.cfg, d.journal, d.w.Clock.Now, func(what string, err error) { d.log.Error(what, "error", err) })
	d.down.add("gate", func() error { d.gate.Close(d.w.Clock.Now()); return nil })
	d.metrics.BudgetSource(func() (int, int) { return d.gate.Remaining(d.w.Clock.Now()) })
	d.metrics.BudgetLimitSource(d.gate.Limits)
	return nil
}

func (d *daemon) openModules(ctx context.Context) error {
	if err := d.openSlack(ctx); err != nil {
		return err
	}
	var post builtins.Poster
	if d.slack != nil {
		post = d.slack.poster
	}
	var names []string
	for _, a := range d.cfg.Accounts {
		names = append(names, a.Name)
	}
	notifier, err := d.openTargets(ctx, post)
	if err != nil {
		return err
	}
	d.arbiter = builtins.NewArbiter(names, d.lights.names(), d.lights.show)
	calls := sources.Calls{Of: d.client, Login: d.login, Wait: waitOn(d.w.Clock)}
	d.modules = builtins.All(builtins.Deps{
		Lamp: d.arbiter, Lights: d.lights.o.known(), Poster: post, Now: d.w.Clock.Now, Notifier: notifier, Targets: d.cfg.TargetNames(),
		Inquirer: calls, Commander: calls, Playlists: calls,
	})
	return nil
}

// accountNames are in the order of the configuration.
func (d *daemon) accountNames() []string {
	names := make([]string, len(d.accounts))
	for i, a := range d.accounts {
		names[i] = a.name
	}
	return names
}

// client is what the questions and commands of an account go through.
func (d *daemon) client(account string) *spotify.Client {
	if a := d.account(account); a != nil {
		return a.client
	}
	return nil
}

func (d *daemon) openRules(ctx context.Context) error {
	d.rules = &ruleKeeper{d: d, trial: trialHere{d.modules}, recent: newRecent(), ledger: newRuleLedger(d.journal, d.log)}
	d.down.add("rules", func() error { d.rules.saving.Wait(); d.rules.ledger.settle(); return nil }) // before the journal closes
	if d.cfg.Isolation == config.IsolationProcess {
		if err := d.openWorker(); err != nil {
			return err
		}
	}
	return d.rules.start(ctx)
}

func (d *daemon) openAccounts(ctx context.Context) error {
	d.observe = observers{d.board, newTelemetry(d.metrics), newLogbook(d.log), d.rules, d.orders, d.presents, d.w.Observe}
	if d.shadow != nil {
		d.observe = append(d.observe, d.shadow)
	}
	d.crew = newCrew()
	for i, c := range d.cfg.Accounts {
		a, err := d.openAccount(ctx, c, firstLook(i))
		if err != nil {
			return err
		}
		d.accounts = append(d.accounts, a)
	}
	d.gate.Watch(func(until time.Time, kind string) {
		d.metrics.RateLimitWait(until)
		for _, a := range d.accounts {
			go a.send(ctx, engine.GateWaits{Kind: kind, Until: until})
		}
	})
	if until, _, ok := d.gate.Blocked(d.w.Clock.Now()); ok {
		d.metrics.RateLimitWait(until)
	}
	return nil
}

// tellOthers hands what one account learned of the gate to the others, once for
// each wait: with many accounts every one of them would tell all others.
func (d *daemon) tellOthers(account string, in engine.GateWaits) {
	d.waits.Lock()
	known := in.Until.Sub(d.waitsUntil) < time.Second
	if !known {
		d.waitsUntil = in.Until
	}
	d.waits.Unlock()
	if known {
		return
	}
	for _, a := range d.accounts {
		if a.name != account {
			go a.send(d.running, in)
		}
	}
}

// run drives everything until ctx ends, and then closes what was opened.
func (d *daemon) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d.running = ctx
	var wg sync.WaitGroup
	background := func(name string, f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	if d.listener != nil {
		background("metrics", func(ctx context.Context) error { return serve(ctx, d.listener, d.registry, d.board.ready) })
	}
	background("control socket", func(ctx context.Context) error {
		return control.Serve(ctx, d.socket, control.Handler{
			Status: d.status, Reload: d.reload, Plans: d.plans, Devices: d.devices, Approve: d.approve, Enforce: d.enforce,
			Hold: d.hold, Override: d.override, Publish: d.publish, Linked: d.linked, Leave: d.takeLeave, Limited: d.limited,
			Light: d.light, Rulesets: d.rules.rulesets, Ruleset: d.rules.ruleset, Accept: d.accept, Rollback: d.rollback, Shadow: d.disagreements,
			Present: d.present,
		})
	})
	var loops sync.WaitGroup
	for _, a := range d.accounts {
		loops.Go(func() {
			if err := a.runner.Run(ctx); err != nil {
				d.log.Error("stopping", "account", a.name, "error", err)
			}
		})
		a.send(ctx, d.rules.installed())
	}
	background("watching the rules", d.rules.watch)
	if d.shadow != nil {
		background("watching the shadow rules", d.shadow.watch)
	}
	background("watching the configuration", d.config.watch)
	background("journal", d.keepJournal)
	background("authorizations", d.authorizations.watch)
	background("liveness", func(ctx context.Context) error { return d.liveness.watch(ctx, d.accountNames()) })
	background("signals", d.onHangup)
	if d.slack != nil {
		background("slack", d.slack.retry)
	}
	if d.slack != nil && d.slack.socket != nil {
		background("slack", d.slack.listen)
	}
	d.log.Info("watching", "accounts", len(d.accounts), "dry_run", d.dryRun(), "light", d.lights.summary(),
		"rules", d.cfg.Rules, "ruleset", short(d.rules.inForce().Hash))
	if d.w.Started != nil {
		d.w.Started(d)
	}
	<-ctx.Done()
	hangs := d.awaitEnd(&loops, &wg)
	d.crew.dismiss()
	d.flushTokens()
	err := errors.Join(hangs, d.closeAll())
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		err = errors.Join(cause, err)
	}
	return err
}

// stopping is how long what runs may take to end: turns under way are not waited for longer than a few hundred milliseconds.
const stopping = 5 * time.Second

// awaitEnd waits for the loops and what runs beside them, and gives up on what hangs: the tokens and the journal can still
// be saved.
func (d *daemon) awaitEnd(loops, beside *sync.WaitGroup) error {
	ended := make(chan struct{})
	go func() {
		loops.Wait()
		beside.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-time.After(stopping):
	}
	if account, since := d.liveness.hangs(); account != "" {
		return fmt.Errorf("stopping: the loop of account %s has not answered since %s", account, since.Format(time.RFC3339))
	}
	return fmt.Errorf("stopping: something did not end within %s", engine.FormatDuration(stopping))
}

// flushTokens saves what could not be saved before: a restart would lose the account.
func (d *daemon) flushTokens() {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	for _, a := range d.accounts {
		if err := a.tokens.Flush(ctx); err != nil {
			d.log.Error("the account may have to be linked anew", "account", a.name, "error", err, "hint", d.login(a.name))
		}
	}
}

// closing is how long closing may take: longer than the light's hardware.CloseWait.
const closing = 1500 * time.Millisecond

// closeAll closes what was opened, and gives up on a disk that does not answer.
func (d *daemon) closeAll() error {
	go d.lights.Close() // beside the disk: one that hangs must not leave a light lit
	return d.undo()
}

// undo closes what was opened so far.
func (d *daemon) undo() error {
	done := make(chan error, 1)
	go func() { done <- d.down.run() }()
	select {
	case err := <-done:
		return err
	case <-time.After(closing):
		return errors.New("stopping: the journal or the light does not answer")
	}
}

// dryRun names the accounts on which nothing is enforced at the start.
func (d *daemon) dryRun() []string {
	names := []string{}
	for _, a := range d.accounts {
		if !a.enforcing {
			names = append(names, a.name)
		}
	}
	return names
}

// keepJournal looks for damage beside the first look, and forgets old history.
func (d *daemon) keepJournal(ctx context.Context) error {
	if err := d.journal.Check(ctx); err != nil && ctx.Err() == nil {
		d.log.Error("the journal is damaged", "error", err)
	}
	for { // not at the start: a clock that NTP has yet to set may be years ahead
		hour, stop := d.w.Clock.After(time.Hour)
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-hour:
		}
		if _, err := d.journal.Purge(ctx, d.w.Clock.Now().Add(-d.config.now().History.Keep)); err != nil && ctx.Err() == nil {
			d.log.Error("old history could not be removed", "error", err)
		}
	}
}

// onHangup reads configuration and rules again on SIGHUP.
func (d *daemon) onHangup(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.w.Hangup:
			if d.w.Stdio.abandoned() {
				return errors.New("the terminal was closed (systemd keeps gatefold running: examples/systemd)")
			}
			if _, err := d.reload(ctx); err != nil && ctx.Err() == nil {
				d.log.Error("reload", "error", err)
			}
		}
	}
}

// status is what gatefold status shows.
func (d *daemon) status(context.Context) (control.Status, error) {
	now := d.w.Clock.Now()
	s := control.Status{
		Version: version, PID: os.Getpid(), Started: d.started, Now: now,
		Config: d.config.status(), Rules: d.rules.status(),
	}
	all := d.lights.report()
	s.Light, s.Lights = all[0], all[1:]
	if account, since := d.liveness.hangs(); account != "" {
		s.Faults = append(s.Faults, fmt.Sprintf("the loop of account %s has not answered since %s: the lights show their alarm; keep the log, and restart gatefold", account, since.Format(time.TimeOnly)))
	}
	s.Accounts, s.Rules.Degraded = d.board.snapshot()
	s.Slack, s.Shadow = d.slack.status(), d.shadow.status()
	s.Budget.Per30s, s.Budget.PerDay = d.gate.Remaining(now)
	budget := d.config.now().Spotify.Budget
	s.Budget.Of30s, s.Budget.OfDay = budget.Per30s, budget.PerDay
	if until, _, ok := d.gate.Blocked(now); ok {
		s.Budget.Blocked = until
	}
	s.Worker = d.workerStatus()
	if d.listener != nil {
		s.Metrics = "http://" + d.listener.Addr().String() + "/metrics"
	}
	return s, nil
}

func transportOr(given http.RoundTripper) http.RoundTripper {
	if given != nil {
		return given
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.IdleConnTimeout = 3 * time.Minute // looks are up to two minutes apart
	// All accounts share the connections: so many are kept as looks are made at once. One for each
	// account would cost 20 KB each.
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, crewMost
	t.ResponseHeaderTimeout = 15 * time.Second
	return t
}
