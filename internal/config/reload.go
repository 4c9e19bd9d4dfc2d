package config

// Reload says how an edit of the rules comes into force.
type Reload struct {
	Timelines string `yaml:"timelines"` // TimelinesWarn or TimelinesRequire
	Confirm   string `yaml:"confirm"`   // ConfirmNone or ConfirmDiff
}

// What a failing timeline of the rules folder does to an edit.
const (
	TimelinesWarn    = "warn"    // the edit is in force, and the failing are named
	TimelinesRequire = "require" // it is not in force until all pass
)

// Whose word an edit waits for.
const (
	ConfirmNone = "none" // nobody's
	ConfirmDiff = "diff" // gatefold rules accept, if it would change a verdict of the recent past
)
