// Package dashboards holds nothing but tests. They keep metrics/grafana and metrics/prometheus, the dashboard and the
// alert rules, true to what gatefold exports.
//
// Always: every name, label and value in a query stands in docs/metrics.md (which a test of package metrics compares with
// the code), every metric is shown or left out for a reason, the dashboard is one that can be imported, every alert says
// what to do and is tested both ways. Behind the build tag prometheus, with Debian's package prometheus: promtool's own
// checks and unit tests, and two servers, one that takes classic histograms and one that takes native ones, which ask the
// running demo for metrics and are then sent every query of every panel and alert. Each must return numbers. An alert
// that is quiet while all is well returns nothing by nature: what is sent then is its expression without its threshold.
package dashboards
