package metrics

import (
	"maps"
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"pgregory.net/rapid"
)

// The histograms of looks are made here, and say what the client library's would say.
func TestLooksAreCountedAsTheLibraryCounts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, reg := daemon(t)
		theirs := prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "theirs", Buckets: lookBuckets(), NativeHistogramBucketFactor: 1.1, NativeHistogramZeroThreshold: shortest,
		})
		durationOf := rapid.OneOf(
			rapid.Int64Range(0, int64(200*time.Microsecond)),
			rapid.Int64Range(int64(time.Millisecond), int64(time.Second)),
			rapid.Int64Range(0, int64(128*time.Second)),
			rapid.SampledFrom([]int64{0, int64(10 * time.Millisecond), int64(time.Second), int64(2 * time.Second), int64(10 * time.Second)}),
		)
		for _, ns := range rapid.SliceOfN(durationOf, 0, 200).Draw(rt, "durations") {
			d := time.Duration(ns)
			m.Looked("home", "ok", d, noon)
			theirs.Observe(d.Seconds())
		}
		var want dto.Metric
		if err := theirs.Write(&want); err != nil {
			rt.Fatal(err)
		}
		sameHistogram(rt, lookHistogram(rt, reg), want.GetHistogram())
	})
}

func lookHistogram(t *rapid.T, reg *prometheus.Registry) *dto.Histogram {
	gathered, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, mf := range gathered {
		for _, metric := range mf.GetMetric() {
			if l := metric.GetLabel(); mf.GetName() == "gatefold_poll_duration_seconds" && l[0].GetValue() == "home" && l[1].GetValue() == "ok" {
				return metric.GetHistogram()
			}
		}
	}
	t.Fatal("no histogram of looks")
	return nil
}

func sameHistogram(t *rapid.T, got, want *dto.Histogram) {
	if got.GetSampleCount() != want.GetSampleCount() || math.Abs(got.GetSampleSum()-want.GetSampleSum()) > 1e-6 {
		t.Fatalf("%d observations with the sum %v, want %d and %v", got.GetSampleCount(), got.GetSampleSum(), want.GetSampleCount(), want.GetSampleSum())
	}
	if len(got.GetBucket()) != len(want.GetBucket()) {
		t.Fatalf("%d classic buckets, want %d", len(got.GetBucket()), len(want.GetBucket()))
	}
	for i, b := range want.GetBucket() {
		if have := got.GetBucket()[i]; have.GetUpperBound() != b.GetUpperBound() || have.GetCumulativeCount() != b.GetCumulativeCount() {
			t.Fatalf("classic bucket %d is %v, want %v", i, have, b)
		}
	}
	if got.GetSchema() != want.GetSchema() || got.GetZeroThreshold() != want.GetZeroThreshold() || got.GetZeroCount() != want.GetZeroCount() {
		t.Fatalf("schema %d, zero %v: %d; want %d, %v: %d", got.GetSchema(), got.GetZeroThreshold(), got.GetZeroCount(),
			want.GetSchema(), want.GetZeroThreshold(), want.GetZeroCount())
	}
	if !maps.Equal(nativeBuckets(got), nativeBuckets(want)) {
		t.Fatalf("native buckets %v, want %v", nativeBuckets(got), nativeBuckets(want))
	}
}

// nativeBuckets reads spans and deltas back; buckets of 0, which fill gaps, are left out.
func nativeBuckets(h *dto.Histogram) map[int]int64 {
	out := map[int]int64{}
	key, n, i := 0, int64(0), 0
	for _, span := range h.GetPositiveSpan() {
		key += int(span.GetOffset())
		for range span.GetLength() {
			n += h.GetPositiveDelta()[i]
			if n != 0 {
				out[key] = n
			}
			key++
			i++
		}
	}
	return out
}

// However long the program runs, a histogram stays as small as it is meant to be.
func TestNativeBucketsAreBounded(t *testing.T) {
	d := distribution{classic: make([]uint32, len(lookBuckets()))}
	for v := 1e-9; v < 1e9; v *= 1.01 {
		d.observe(lookBuckets(), v)
	}
	if n := len(d.native); n != 160 {
		t.Errorf("%d native buckets, want 160", n)
	}
}
