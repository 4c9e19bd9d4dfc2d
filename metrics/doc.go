// Package metrics turns what happens in the daemon into Prometheus series: one
// method per thing that happens, in basic types.
//
//	Looked, PollInterval, PollCause,
//	WorstDetection, Blind                 the looks at the player
//	RateLimited, RateLimitWait,
//	BudgetSource, BudgetLimitSource       the gate and its budget
//	Verdict, UnauthorizedSeconds, Playing who holds the player
//	Paused, Reaction, Resumed             pauses
//	Fault                                 what is broken of our own
//	Alert, OutboxWaiting                  messages
//	LightChanged, LightConnected,
//	LightState                            the lights
//	Alive                                 whether the loops answer
//	RuleEvaluated, RuleError, Rules,
//	ReloadSucceeded, ReloadFailed         the rules
//	WorkerReplaced, WorkerMemory          the process that they run in
//	Enforcing, Held                       whether anything is done about it
//	TokenRefreshed                        the tokens
//
// Its promises: no method blocks on I/O, fails or panics, whatever it is given,
// and all may be called from several goroutines. Labels come from closed sets: a
// value outside its set counts as the set's fallback, an account that is not
// configured only in gatefold_metrics_dropped_total. The open labels are
// bounded (50 devices per account, 100 rule files, 8 lights beside those configured), cleaned, and never hold
// a user or a track. Every series of a closed set is there with 0 from the start, so that
// rate() and increase() see the first event. Metrics belong to an instance and
// its registerer: nothing is global. docs/metrics.md lists them all;
// grafana/ has a dashboard of them and prometheus/ alert rules, tested by internal/dashboards.
package metrics
