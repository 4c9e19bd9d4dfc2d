package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes bounds the scrapes answered at once; more of them get a 503.
const maxScrapes = 8

// Handler serves what reg gathers: as text, as OpenMetrics or, with the native
// histograms, as protobuf, whichever the client asks for, compressed if it can.
// A family that cannot be gathered is left out of the answer, and the others are served.
func Handler(reg prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{
		EnableOpenMetrics:   true,
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
	})
}
