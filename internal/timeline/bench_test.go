package timeline

import "testing"

// weeks are seven days each: looks are as the poller plans them.
var weeks = map[string]string{
	"idle":     "at 0s\nat 168h\n",
	"evenings": "at 0s\nat 7h playback device.name=Kitchen\nat 10h playback none\nat 31h playback device.name=Kitchen\nat 34h playback none\nat 55h playback device.name=Kitchen\nat 58h playback none\nat 60h playback device.name=\"Bob's Laptop\" stubborn=20s\nat 62h playback none\nat 79h playback device.name=Kitchen\nat 82h playback none\nat 103h playback device.name=Kitchen\nat 106h playback none\nat 127h playback device.name=Kitchen\nat 130h playback none\nat 151h playback device.name=Kitchen\nat 154h playback none\nat 168h\n",
	"busy":     "at 0s playback device.name=Kitchen\nat 168h\n",
	"denied":   "at 0s playback device.name=\"Bob's Laptop\" stubborn=20s\nat 168h\n",
}

func BenchmarkWeek(b *testing.B) {
	files := folder(b, "testdata/intruder")
	for _, name := range []string{"idle", "evenings", "busy", "denied"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			looks := 0
			for b.Loop() {
				r := mustRun(b, mustParse(b, weeks[name]), Options{Files: files})
				looks = len(r.Requests)
			}
			b.ReportMetric(float64(looks), "requests/op")
		})
	}
}
