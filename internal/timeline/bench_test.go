package timeline

import "testing"

// weeks are seven days each: looks are as the poller plans them.
func weeks() map[string]string {
	return map[string]string{
		"idle": "at 0s\nat 168h\n",
		"evenings": `
at 0s
at 7h   playback device.name=Kitchen
at 10h  playback none
at 31h  playback device.name=Kitchen
at 34h  playback none
at 55h  playback device.name=Kitchen
at 58h  playback none
at 60h  playback device.name="Bob's Laptop" stubborn=20s
at 62h  playback none
at 79h  playback device.name=Kitchen
at 82h  playback none
at 103h playback device.name=Kitchen
at 106h playback none
at 127h playback device.name=Kitchen
at 130h playback none
at 151h playback device.name=Kitchen
at 154h playback none
at 168h
`,
		"busy":   "at 0s playback device.name=Kitchen\nat 168h\n",
		"denied": "at 0s playback device.name=\"Bob's Laptop\" stubborn=20s\nat 168h\n",
	}
}

// BenchmarkWeek lives through a week of virtual time.
func BenchmarkWeek(b *testing.B) {
	files := folder(b, "testdata/intruder")
	for _, name := range []string{"idle", "evenings", "busy", "denied"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			requests := 0
			for b.Loop() {
				requests = len(mustRun(b, mustParse(b, weeks()[name]), Options{Files: files}).Requests)
			}
			b.ReportMetric(float64(requests), "requests/op")
		})
	}
}
