// Package config turns gatefold.yaml and the environment into one checked Config.
//
//	config.go   Config: every key, its meaning and its default
//	read.go     Load: the file, strictly, then the environment, then the checks
//	file.go     a path -> bytes and mode                document.go bytes -> YAML, within limits
//	bind.go     YAML -> Config, by the yaml tags        scalar.go   one value's text -> one field
//	env.go      GATEFOLD_<PATH> -> the same fields      secret.go   GATEFOLD_SECRET_<NAME> -> Secret
//	check.go    what a value may be                     address.go  what a URL and a listening address may be
//	problem.go  what is wrong, where                    suggest.go  "did you mean"
//	validate.go what is still missing to run           lights.go   names of lights
//	reload.go   how an edit of the rules comes into force
//	reread.go   another content of the file, while a daemon runs on an earlier one
//	target.go   what notify() can send to               table.go    a section whose keys the user chooses
//	change.go   two Configs -> which keys say something else, where, and whether that counts at once
//
// Promises:
//   - Nothing is guessed. An unknown key or GATEFOLD_ variable, a key given twice and a value of the wrong type are
//     errors with file, line and column (or the variable's name), what was found and what would be right. All of them
//     are reported, up to twenty.
//   - Secrets are not in the file, and a loaded Config shows none however it is printed. What looks like a secret is
//     masked in errors too, because people do paste tokens into configuration files.
//   - A file that group or others can write is refused, with the command that mends it. Symlinks are followed.
//   - Load reads the config file, secret files that the environment names, and the zone database; nothing else.
//
// A whole file; every key but accounts has the default shown here:
//
//	rules: rules              # folder with the .star files, relative to this file
//	shadow: ""                # folder with a second set of rules, which see everything and do nothing; "" = none
//	reload: {timelines: warn, confirm: none} # warn | require; none | diff: what an edit of the rules has to pass first
//	isolation: process        # process: rules run in a child process that holds nothing; none: in this one
//	data: data                # folder for the journal and the socket, relative to this file
//	listen: 127.0.0.1:9464    # metrics and health, read only; "" = off; any other interface may read them too
//	timezone: Local           # or Europe/Berlin: what at(), between() and weekday go by
//	light: auto               # auto | usb | usb:<serial> | terminal | none
//	lights: {}                # names for rules: {door: "30001234", desk: "2000abcd"}; the serials in quotes
//	brightness: 100           # the most that any light shows, in percent
//	log: {level: info}        # debug | info | warn | error
//	history: {keep: 336h}     # how long what was played is kept, at least 1h
//	secrets:
//	  store: file             # file | keyring | aws: where credentials are kept
//	  key_file: ""            # of store: file; "" = in the user's config folder, none = a passphrase, asked for at each start
//	  aws: {region: "", shared_arn: "", endpoint: ""}
//	spotify:
//	  client_id: ""           # from https://developer.spotify.com/dashboard
//	  api_url: https://api.spotify.com/v1
//	  accounts_url: https://accounts.spotify.com
//	  budget: {per_30s: 8, per_day: 6000}
//	  poll: {denied: 10s, playing: 15s, paused: 30s, idle: 60s, idle_max: 120s}
//	slack:
//	  api_url: https://slack.com/api/
//	  channel: "#music"       # in quotes: # begins a comment
//	  deciders: []            # who may press buttons: user ids, as in [U0123ABCD]; nobody else
//	notify: {}                # targets of notify(), by name: phone: {ntfy: https://...}, ops: {webhook: https://...}, music: {slack: "#music"}
//	accounts:
//	  - name: home            # a-z, 0-9 and -
//	    enforce: false        # true: pause, post and transfer; false: only say what would be done
//	    secret_arn: ""        # of store: aws: the secret of this account
//
// Each value but those of accounts, lights and notify can be overridden: GATEFOLD_LOG_LEVEL=debug, GATEFOLD_SPOTIFY_POLL_IDLE_MAX=5m.
// A folder given that way is relative to the file's folder as well.
// Secrets come as GATEFOLD_SECRET_<NAME>, or GATEFOLD_SECRET_<NAME>_FILE with a path (relative to the working
// directory): SPOTIFY_<ACCOUNT>_REFRESH_TOKEN (upper case, - as _), SPOTIFY_CLIENT_SECRET, SLACK_BOT_TOKEN, SLACK_APP_TOKEN,
// JOURNAL_KEY, and of the targets of notify NOTIFY_<TARGET>_TOKEN, NOTIFY_<TARGET>_KEY, NOTIFY_<TARGET>_URL.
// They come before those of the secrets store.
//
// The fields tagged live are those that a running daemon takes up when the file is edited.
package config

import (
	"log/slog"
	"time"
)

// Config is what gatefold.yaml and the environment say. It prints without its secrets.
type Config struct {
	File string // the file it was read from, absolute

	Rules      string            `yaml:"rules"`  // folder with the rules, absolute
	Shadow     string            `yaml:"shadow"` // folder with rules that see everything and do nothing, absolute; "" = none
	Reload     Reload            `yaml:"reload" live:"yes"`
	Isolation  string            `yaml:"isolation"` // where rules run: IsolationProcess or IsolationNone
	Data       string            `yaml:"data"`      // folder for journal and socket, absolute
	Listen     string            `yaml:"listen"`    // host:port for metrics and health; "" = off; port 0 = any free one
	Timezone   *time.Location    `yaml:"timezone"`  // what rules take for local time
	Light      Light             `yaml:"light"`
	Lights     Lights            `yaml:"lights"`
	Brightness int               `yaml:"brightness" live:"yes"` // the most that any light shows, 1 to 100 percent
	Log        Log               `yaml:"log"`
	History    History           `yaml:"history"`
	Secrets    Secrets           `yaml:"secrets"`
	Spotify    Spotify           `yaml:"spotify"`
	Slack      Slack             `yaml:"slack"`
	Notify     map[string]Target `yaml:"notify"`   // what notify() can send to, by name
	Accounts   []Account         `yaml:"accounts"` // at least one, names are unique, in the file's order

	secrets map[string]Secret
	vars    map[string]string // the variables of the environment that give no secret
	places  map[string]place  // where each key got its value
	hidden  map[string]place  // where the file has what a variable outranks
}

// Where rules run.
const (
	IsolationProcess = "process" // in a child process
	IsolationNone    = "none"    // in the daemon
)

// Light says which light shows the state.
type Light struct {
	Kind   string // "auto", "usb", "terminal" or "none"
	Serial string // of the blink(1), 8 hex digits as written (devices differ in case); "" = any
}

// Log says what is logged.
type Log struct {
	Level slog.Level `yaml:"level" live:"yes"`
}

// History says how long the journal keeps what happened.
type History struct {
	Keep time.Duration `yaml:"keep" live:"yes"` // at least an hour
}

// Secrets says where credentials are kept.
type Secrets struct {
	Store   string `yaml:"store"`    // "file", "keyring" or "aws"
	KeyFile string `yaml:"key_file"` // of the file store, absolute; "" = the default, "none" = a passphrase
	AWS     AWS    `yaml:"aws"`
}

// AWS says which secrets of AWS Secrets Manager are ours.
type AWS struct {
	Region    string `yaml:"region"`     // "" = that of the environment or of the ARNs
	SharedARN string `yaml:"shared_arn"` // the secret for what belongs to no account
	Endpoint  string `yaml:"endpoint"`   // "" = the service's own
}

// Spotify says how to reach Spotify and how often.
type Spotify struct {
	ClientID    string `yaml:"client_id"`    // may be empty; Validate wants one
	APIURL      string `yaml:"api_url"`      // without a slash at its end
	AccountsURL string `yaml:"accounts_url"` // without a slash at its end
	Budget      Budget `yaml:"budget" live:"yes"`
	Poll        Poll   `yaml:"poll" live:"yes"`
}

// Budget is how many calls one developer account may make.
type Budget struct {
	Per30s int `yaml:"per_30s"` // in any 30 s
	PerDay int `yaml:"per_day"` // in any 24 h
}

// Poll is how long to wait between looks, by what the last one showed. Each is at least 100 ms.
type Poll struct {
	Denied  time.Duration `yaml:"denied"` // a denied device plays, and no rule says otherwise
	Playing time.Duration `yaml:"playing"`
	Paused  time.Duration `yaml:"paused"`
	Idle    time.Duration `yaml:"idle"`     // nothing is active; rises to IdleMax
	IdleMax time.Duration `yaml:"idle_max"` // not below Idle
}

// Slack says where messages go. Without the secret SLACK_BOT_TOKEN nothing is posted.
type Slack struct {
	APIURL  string `yaml:"api_url"`            // ends in a slash
	Channel string `yaml:"channel" live:"yes"` // for slack.post without a channel: a name ("#music") or an id

	Deciders Users `yaml:"deciders" live:"yes"` // who may press the buttons of messages; nobody else
}

// Account is one Spotify account to watch.
type Account struct {
	Name    string `yaml:"name"`               // a-z, 0-9 and -; names everything that belongs to it
	Enforce bool   `yaml:"enforce" live:"yes"` // false: look, decide, light, and log what would be done

	SecretARN string `yaml:"secret_arn"` // of the store aws
}

const (
	defaultSpotifyAPI      = "https://api.spotify.com/v1"
	defaultSpotifyAccounts = "https://accounts.spotify.com"
	defaultSlackAPI        = "https://slack.com/api/"
)

// Default returns what holds where the file says nothing. Its folders are relative, and it has no accounts.
func Default() *Config {
	return &Config{
		Rules:      "rules",
		Reload:     Reload{Timelines: TimelinesWarn, Confirm: ConfirmNone},
		Isolation:  IsolationProcess,
		Data:       "data",
		Listen:     "127.0.0.1:9464",
		Timezone:   time.Local,
		Light:      Light{Kind: "auto"},
		Brightness: 100,
		Log:        Log{Level: slog.LevelInfo},
		History:    History{Keep: 336 * time.Hour},
		Secrets:    Secrets{Store: "file"},
		Spotify: Spotify{
			APIURL:      defaultSpotifyAPI,
			AccountsURL: defaultSpotifyAccounts,
			Budget:      Budget{Per30s: 8, PerDay: 6000},
			Poll: Poll{
				Denied:  10 * time.Second,
				Playing: 15 * time.Second,
				Paused:  30 * time.Second,
				Idle:    60 * time.Second,
				IdleMax: 120 * time.Second,
			},
		},
		Slack: Slack{APIURL: defaultSlackAPI, Channel: "#music"},
	}
}
