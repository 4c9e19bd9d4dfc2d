package engine

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestEveryIsAlignedToTheEpoch(t *testing.T) {
	for _, c := range []struct {
		every       time.Duration
		after, want string
	}{
		{time.Hour, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z"},
		{time.Hour, "2026-03-02T12:59:59.999Z", "2026-03-02T13:00:00Z"},
		{time.Hour, "2026-03-02T12:59:59+05:30", "2026-03-02T13:30:00+05:30"},
		{15 * time.Minute, "2026-03-02T12:16:00Z", "2026-03-02T12:30:00Z"},
		{24 * time.Hour, "2026-03-02T12:16:00Z", "2026-03-03T00:00:00Z"},
		{7 * 24 * time.Hour, "2026-03-02T12:16:00Z", "2026-03-05T00:00:00Z"}, // the epoch was a Thursday
		{time.Second, "2026-03-02T12:16:00.5Z", "2026-03-02T12:16:01Z"},
	} {
		after, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		timer := Timer{Every: c.every}
		equal(t, c.every.String()+" after "+c.after, timer.Next(after).Format(time.RFC3339Nano), c.want)
	}
}

const minute = "2006-01-02 Mon 15:04 MST"

func TestAt(t *testing.T) {
	for _, c := range []struct{ name, zone, at, days, after, want string }{
		{"today", "Europe/Berlin", "22:00", "", "2026-03-02 12:00", "2026-03-02 Mon 22:00 CET"},
		{"not now", "Europe/Berlin", "22:00", "", "2026-03-02 22:00", "2026-03-03 Tue 22:00 CET"},
		{"tomorrow", "Europe/Berlin", "22:00", "", "2026-03-02 22:01", "2026-03-03 Tue 22:00 CET"},
		{"the end of a year", "Europe/Berlin", "00:00", "", "2026-12-31 12:00", "2027-01-01 Fri 00:00 CET"},
		{"29 February", "Europe/Berlin", "07:00", "", "2028-02-28 12:00", "2028-02-29 Tue 07:00 CET"},
		{"a day of the week", "Europe/Berlin", "07:00", "mon-fri", "2026-03-06 12:00", "2026-03-09 Mon 07:00 CET"},
		{"a week from now", "Europe/Berlin", "07:00", "mon", "2026-03-02 07:00", "2026-03-09 Mon 07:00 CET"},
		{"around the week", "Europe/Berlin", "07:00", "sat-sun", "2026-03-01 08:00", "2026-03-07 Sat 07:00 CET"},
		{"over the turn to summer", "Europe/Berlin", "07:00", "sun", "2026-03-22 08:00", "2026-03-29 Sun 07:00 CEST"},

		{"skipped", "Europe/Berlin", "02:30", "", "2026-03-28 12:00", "2026-03-29 Sun 03:00 CEST"},
		{"skipped, the first minute", "Europe/Berlin", "02:00", "", "2026-03-28 12:00", "2026-03-29 Sun 03:00 CEST"},
		{"the minute after", "Europe/Berlin", "03:00", "", "2026-03-28 12:00", "2026-03-29 Sun 03:00 CEST"},
		{"the minute before", "Europe/Berlin", "01:59", "", "2026-03-28 12:00", "2026-03-29 Sun 01:59 CET"},
		{"skipped and done", "Europe/Berlin", "02:30", "", "2026-03-29 03:00", "2026-03-30 Mon 02:30 CEST"},
		{"twice: the first", "Europe/Berlin", "02:30", "", "2026-10-24 12:00", "2026-10-25 Sun 02:30 CEST"},
		{"twice: from its begin", "Europe/Berlin", "02:00", "", "2026-10-24 12:00", "2026-10-25 Sun 02:00 CEST"},
		{"after both", "Europe/Berlin", "03:00", "", "2026-10-24 12:00", "2026-10-25 Sun 03:00 CET"},
		{"before both", "Europe/Berlin", "01:59", "", "2026-10-24 12:00", "2026-10-25 Sun 01:59 CEST"},

		{"skipped in New York", "America/New_York", "02:30", "", "2026-03-07 12:00", "2026-03-08 Sun 03:00 EDT"},
		{"twice in New York", "America/New_York", "01:30", "", "2026-10-31 12:00", "2026-11-01 Sun 01:30 EDT"},
		{"half an hour skipped", "Australia/Lord_Howe", "02:15", "", "2026-10-03 12:00", "2026-10-04 Sun 02:30 +11"},
		{"half an hour twice", "Australia/Lord_Howe", "01:45", "", "2026-04-04 12:00", "2026-04-05 Sun 01:45 +11"},
		{"midnight is skipped", "America/Havana", "00:00", "", "2026-03-07 12:00", "2026-03-08 Sun 01:00 CDT"},
		{"so is half past", "Asia/Beirut", "00:30", "", "2026-03-28 12:00", "2026-03-29 Sun 01:00 EEST"},
		{"on that day only", "America/Havana", "00:30", "sun", "2026-03-03 12:00", "2026-03-08 Sun 01:00 CDT"},
		{"midnight twice", "America/Havana", "00:30", "", "2026-10-31 12:00", "2026-11-01 Sun 00:30 CDT"},
		{"the last hour is skipped", "America/Nuuk", "23:30", "", "2026-03-28 12:00", "2026-03-29 Sun 00:00 -01"},
		{"and the evening after", "America/Nuuk", "23:30", "", "2026-03-29 00:00", "2026-03-29 Sun 23:30 -01"},
		{"no summer time", "Asia/Tokyo", "02:30", "", "2026-03-28 12:00", "2026-03-29 Sun 02:30 JST"},
		{"a fixed zone", "UTC", "02:30", "", "2026-03-28 12:00", "2026-03-29 Sun 02:30 UTC"},
	} {
		t.Run(c.name, func(t *testing.T) {
			loc := location(t, c.zone)
			after, err := time.ParseInLocation("2006-01-02 15:04", c.after, loc)
			if err != nil {
				t.Fatal(err)
			}
			clock, _ := time.Parse("15:04", c.at)
			days, err := ParseDays(c.days)
			if err != nil {
				t.Fatal(err)
			}
			timer := Timer{Hour: clock.Hour(), Minute: clock.Minute(), Days: days}
			equal(t, "next", timer.Next(after).Format(minute), c.want)
		})
	}
	// In the second of two equal hours the run was already.
	loc := location(t, "Europe/Berlin")
	second := time.Date(2026, 10, 25, 1, 10, 0, 0, time.UTC).In(loc) // 02:10 CET
	timer := Timer{Hour: 2, Minute: 30}
	equal(t, "in the second hour", timer.Next(second).Format(minute), "2026-10-26 Mon 02:30 CET")
}

var zones = []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Beirut", "America/Nuuk",
	"Asia/Kathmandu", "Pacific/Chatham", "Africa/Casablanca", "America/Sao_Paulo", "UTC", "Pacific/Kiritimati", "Antarctica/Troll"}

func TestNextComesAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		after := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "sec"), rapid.Int64Range(0, 999_999_999).Draw(t, "nsec")).In(loc)
		timer := Timer{
			Hour:   rapid.IntRange(0, 23).Draw(t, "hour"),
			Minute: rapid.IntRange(0, 59).Draw(t, "minute"),
			Days:   Days(rapid.IntRange(0, 127).Draw(t, "days")),
		}
		if rapid.Bool().Draw(t, "every") {
			timer.Every = time.Duration(rapid.Int64Range(1, int64(7*24*time.Hour)).Draw(t, "interval"))
		}
		next := timer.Next(after)
		if !next.After(after) || next.Sub(after) > timer.longest() || next.Location() != loc {
			t.Fatalf("after %s comes %s", after, next)
		}
		if next.Add(-1).After(after) && !timer.Next(next.Add(-1)).Equal(next) {
			t.Fatalf("after %s comes %s, and just before that %s", after, next, timer.Next(next.Add(-1)))
		}
	})
}

// A timer runs once on each of its days, whatever the clocks do.
func TestOnceADay(t *testing.T) {
	for _, name := range zones {
		loc := location(t, name)
		for _, clock := range []int{0, 1, 30, 59, 60, 90, 119, 120, 150, 180, 12 * 60, 22*60 + 30, 23 * 60, 23*60 + 30, 23*60 + 59} {
			timer := Timer{Hour: clock / 60, Minute: clock % 60}
			at := time.Date(2023, 12, 31, 12, 0, 0, 0, loc)
			if timer.Next(at).Day() == 31 {
				at = timer.Next(at)
			}
			day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
			for ; day.Year() < 2027; day = day.AddDate(0, 0, 1) {
				at = timer.Next(at)
				if at.Day() == day.Day() && at.Hour()*60+at.Minute() == clock {
					continue
				}
				// A minute later than wanted: only where the clocks just moved.
				start, _ := at.ZoneBounds()
				if !at.Equal(start) {
					t.Fatalf("%s %02d:%02d of %s runs at %s", name, timer.Hour, timer.Minute, day.Format(time.DateOnly), at)
				}
			}
		}
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]string{
		"": "sun mon tue wed thu fri sat", "mon": "mon", "mon-fri": "mon tue wed thu fri", "sat,sun": "sun sat", "fri-mon": "sun mon fri sat",
		" MON - Tue , thu ": "mon tue thu", "sun-sat": "sun mon tue wed thu fri sat", "wed-wed": "wed",
	} {
		days, err := ParseDays(text)
		got := ""
		for w := time.Sunday; w <= time.Saturday; w++ {
			if days.Has(w) {
				got += " " + DayName(w)
			}
		}
		if err != nil || got != " "+want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"monday", "mon-", "-fri", "mon,,tue", "mo", "mon-fri-sat", ","} {
		if _, err := ParseDays(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", 90 * time.Second: "1m30s", time.Minute: "1m", time.Hour: "1h", 100 * time.Minute: "1h40m",
		336 * time.Hour: "336h", 10 * time.Hour: "10h", time.Hour + time.Second: "1h0m1s", 1500 * time.Millisecond: "1.5s", -time.Minute: "-1m",
	} {
		equal(t, d.String(), FormatDuration(d), want)
		if back, err := time.ParseDuration(want); err != nil || back != d {
			t.Errorf("%s is read as %s, %v", want, back, err)
		}
	}
}

func TestTimersOfFiles(t *testing.T) {
	set := rules(t,
		"b.star", "def f(e):\n\tlog(e.account, e.time == time.now(), type(e))\nevery('1h', f)\nevery('1h', f)\nat('22:00', f, days='mon')\nat('22:00', f)",
		"a.star", "every('30m', lambda e: None)",
	)
	var ids []string
	for _, timer := range set.Timers() {
		ids = append(ids, timer.ID)
	}
	equals(t, "ids", ids, "a.star/lambda/every 30m", "b.star/f/at 22:00", "b.star/f/at 22:00 days 2", "b.star/f/every 1h", "b.star/f/every 1h#2")
	d := set.Evaluate(t.Context(), Event{Account: "home", Kind: KindTimer, Time: start, Data: Tick{Timer: "b.star/f/every 1h"}}, Facts{}, nil)
	equals(t, "logs", logs(d), "home True event")
	if d := set.Evaluate(t.Context(), Event{Kind: KindTimer, Time: start, Data: Tick{Timer: "gone"}}, Facts{}, nil); d.Err != nil || d.Steps != 0 {
		t.Errorf("one that is gone: %v", d.Err)
	}
	for src, want := range map[string]string{
		"def f():\n\tpass\nevery('1h', f)":                     "home.star:3:6: every: f is called with one argument: write def f(now)",
		"def f(e):\n\tevery('1h', f)\nf(1)":                    "home.star:2:7: every: works only at the top level of a file",
		"def f(e):\n\tpass\ndef g(x):\n\tat('22:00', f)\ng(1)": "home.star:4:4: at: works only at the top level of a file",
	} {
		equals(t, src, loadProblems(t, snapshot("home.star", src)), want)
	}
	d = decide(t, "def on_playback(now):\n\tevery('1h', on_playback)")
	if d.Err == nil {
		t.Error("every works in a handler")
	}
}
