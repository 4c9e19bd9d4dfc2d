package control

import "time"

// Status is how a daemon stands.
type Status struct {
	Version  string    `json:"version"`
	PID      int       `json:"pid"`
	Started  time.Time `json:"started"`
	Now      time.Time `json:"now"` // by the daemon's clock
	Config   Config    `json:"config"`
	Rules    Rules     `json:"rules"`
	Accounts []Account `json:"accounts"`
	Light    Light     `json:"light"`            // that of calls without a name
	Lights   []Light   `json:"lights,omitempty"` // the others
	Budget   Budget    `json:"budget"`
	Metrics  string    `json:"metrics,omitempty"` // URL
	Faults   []string  `json:"faults,omitempty"`  // of the house, not of an account
	Shadow   *Shadow   `json:"shadow,omitempty"`  // nil: no rules see everything and do nothing
	Worker   Worker    `json:"worker"`
	Slack    *Slack    `json:"slack,omitempty"` // nil: there is no token, nothing is posted
}

// Worker is the process that the rules in force run in.
type Worker struct {
	Isolation string   `json:"isolation"`        // "process" or "none"
	PID       int      `json:"pid,omitempty"`    // 0: there is none now, or it is busy
	Memory    int64    `json:"memory,omitempty"` // resident, in bytes
	Keeps     string   `json:"keeps,omitempty"`  // what it was kept from
	Lacks     []string `json:"lacks,omitempty"`  // what this system does not offer
}

// Slack is the line to Slack.
type Slack struct {
	Channel   string `json:"channel"`           // where messages go that name none
	Refused   string `json:"refused,omitempty"` // why no message is taken with this token
	Buttons   bool   `json:"buttons"`           // there is an app token: messages have buttons
	Connected bool   `json:"connected"`         // presses arrive
	Error     string `json:"error,omitempty"`   // why not
	Others    int    `json:"others,omitempty"`  // further connections with this app token
	Deciders  int    `json:"deciders"`          // how many may press
}

// Config is the configuration in force, and what its file says beyond that.
type Config struct {
	File     string    `json:"file"`
	Taken    time.Time `json:"taken"`             // when the file was last read without a fault
	Watching string    `json:"watching"`          // "inotify" or "scan"
	Error    string    `json:"error,omitempty"`   // why the file as it is now is not in force
	Restart  []string  `json:"restart,omitempty"` // changes that count from the next start only: "gatefold.yaml:4:11: timezone: UTC -> Local"
}

// Rules is the ruleset in force.
type Rules struct {
	Folder   string    `json:"folder"`
	Hash     string    `json:"hash"`
	Files    []string  `json:"files"`
	Since    time.Time `json:"since"`
	Watching string    `json:"watching"`           // "inotify" or "scan"
	Degraded string    `json:"degraded,omitempty"` // why an older ruleset decides
	Error    string    `json:"error,omitempty"`    // why the folder is not what is in force
	Aside    string    `json:"aside,omitempty"`    // why not, when somebody took it back, or it ends the process that rules run in
	AsideBy  string    `json:"aside_by,omitempty"` // which of both: "rollback" or "death"
	Waiting  *Waiting  `json:"waiting,omitempty"`  // what waits to be accepted
}

// Account is one account as the daemon sees it.
type Account struct {
	Name     string        `json:"name"`
	Enforce  bool          `json:"enforce"`
	Verdict  string        `json:"verdict"` // allow, deny, idle, unknown
	Reason   string        `json:"reason,omitempty"`
	Device   string        `json:"device,omitempty"`
	Type     string        `json:"type,omitempty"`
	Playing  bool          `json:"playing"`
	Item     string        `json:"item,omitempty"`
	Stands   []string      `json:"stands,omitempty"` // calls
	Would    []string      `json:"would,omitempty"`  // calls of the newest turn that a dry run leaves out
	Blind    string        `json:"blind,omitempty"`  // kind
	Message  string        `json:"message,omitempty"`
	Since    time.Time     `json:"since,omitzero"` // of blindness
	LastLook time.Time     `json:"last_look,omitzero"`
	NextLook time.Time     `json:"next_look,omitzero"`
	Interval time.Duration `json:"interval_ns,omitempty"`
	Why      string        `json:"why,omitempty"`      // the interval
	Worst    time.Duration `json:"worst_ns,omitempty"` // until somebody is seen who begins now; 0: that cannot be said
	Override *Override     `json:"override,omitempty"`
	Hold     *Hold         `json:"hold,omitempty"`
	Waiting  int           `json:"waiting"` // messages
	Fault    string        `json:"fault,omitempty"`
	Failing  string        `json:"failing,omitempty"` // rules fail and no older ones can decide

	Configured bool      `json:"enforce_configured"`          // what the configuration says; Enforce is in force
	User       string    `json:"user,omitempty"`              // whose Spotify account it is linked to
	Expires    time.Time `json:"authorization_ends,omitzero"` // zero: not known
	Warnings   []string  `json:"warnings,omitempty"`
}

// Override is a pace that an operator has set.
type Override struct {
	Every time.Duration `json:"every_ns"`
	Until time.Time     `json:"until"`
	By    string        `json:"by,omitempty"`
}

// Hold is a time in which nothing is enforced or announced.
type Hold struct {
	Until time.Time `json:"until"`
	By    string    `json:"by,omitempty"`
}

// Light is a light.
type Light struct {
	Label     string `json:"label"` // what rules call it; "default" is the one that calls without a name mean
	Name      string `json:"name"`  // how it is reached: "usb", "usb:2000abcd", "terminal", "none"
	State     string `json:"state"` // connected, absent, other, busy, forbidden, hidden, silent, unsupported, none
	Connected bool   `json:"connected"`
	Model     string `json:"model,omitempty"`
	Serial    string `json:"serial,omitempty"`
	Firmware  string `json:"firmware,omitempty"`
	Port      string `json:"port,omitempty"`
	Watchdog  bool   `json:"watchdog,omitempty"` // it turns to the alarm by itself if the daemon dies
	Alarm     bool   `json:"alarm,omitempty"`    // the daemon hangs, and so it is left to the alarm
	Shows     string `json:"shows,omitempty"`    // what is wanted of it, in words; it is seen if it is connected
	Error     string `json:"error,omitempty"`    // why it is not connected, and what to do about that
}

// Budget is what is left of the calls to Spotify.
type Budget struct {
	Per30s  int       `json:"per_30s"`
	PerDay  int       `json:"per_day"`
	Of30s   int       `json:"of_30s"` // what there is to spend
	OfDay   int       `json:"of_day"`
	Blocked time.Time `json:"blocked_until,omitzero"`
}

// Reconfigured is what reading the configuration again came to.
type Reconfigured struct {
	Outcome string   `json:"outcome"`           // installed, unchanged, restored, waiting or failed
	Error   string   `json:"error,omitempty"`   // why it was refused
	Applied []string `json:"applied,omitempty"` // changes that this put in force
	Restart []string `json:"restart,omitempty"` // changes that count from the next start only
}

// Reloaded is what a reload came to; all but Config is about the rules.
type Reloaded struct {
	Config   Reconfigured `json:"config"`
	Outcome  string       `json:"outcome"` // installed, waiting, unchanged, restored or failed
	Hash     string       `json:"hash"`    // of what is in force
	Error    string       `json:"error,omitempty"`
	Changes  string       `json:"changes,omitempty"`  // what it changes now and would have changed of late, when it is installed or waits
	Waiting  *Waiting     `json:"waiting,omitempty"`  // what waits to be accepted
	Aside    string       `json:"aside,omitempty"`    // why the folder holds another one than is in force, when somebody chose so
	Warnings []string     `json:"warnings,omitempty"` // of the ruleset in force
	Degraded string       `json:"degraded,omitempty"` // why an older ruleset decides, as far as that is known yet
}
