package secrets

import "fmt"

const (
	// MaxName is the length of the longest name, in bytes.
	MaxName = 100
	// reservedName would be the file of the passphrase's key where a file system does not tell KEY from key.
	reservedName = "KEY"
)

// ValidName returns nil for a name that every store can keep: 1 to MaxName of A-Z, 0-9 and _.
func ValidName(name string) error {
	if name == "" {
		return fmt.Errorf("a secret needs a name, such as SLACK_BOT_TOKEN")
	}
	if len(name) > MaxName {
		return fmt.Errorf("the name of a secret has at most %d characters, this one has %d", MaxName, len(name))
	}
	for i := range len(name) {
		if c := name[i]; c != '_' && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return fmt.Errorf("the name of a secret is written with A-Z, 0-9 and _ (such as SLACK_BOT_TOKEN), not %q", name)
		}
	}
	if name == reservedName {
		return fmt.Errorf("the name %s is taken by the store itself", reservedName)
	}
	return nil
}
