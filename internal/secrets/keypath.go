package secrets

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const serviceKeyFile = "/etc/gatefold/key"

// DefaultKeyFile returns where the key is kept when the configuration does not say: gatefold/key in $XDG_CONFIG_HOME or
// ~/.config, or /etc/gatefold/key for root without a home, which is a service.
func DefaultKeyFile() (string, error) {
	return defaultKeyFile(os.Getenv("XDG_CONFIG_HOME"), os.Getenv("HOME"), os.Geteuid())
}

func defaultKeyFile(xdg, home string, uid int) (string, error) {
	switch {
	case filepath.IsAbs(xdg):
		return filepath.Join(xdg, "gatefold", "key"), nil
	case filepath.IsAbs(home):
		return filepath.Join(home, ".config", "gatefold", "key"), nil
	case uid == 0:
		return serviceKeyFile, nil
	}
	return "", &Error{
		Kind: Setup, Reason: "there is no place for the key file: HOME is not set",
		Hint: "set it, or name a key file in the configuration",
	}
}

// resolve returns path absolute and without links, as far as it exists.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for dir := abs; ; dir = filepath.Dir(dir) {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		if !os.IsNotExist(err) || dir == filepath.Dir(dir) {
			return "", notOpened(dir, err)
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}

// checkOutside refuses a key file inside the data folder, which is the parent of dir: a copy of the data folder would
// be a copy of the secrets.
func checkOutside(key string, dir folder) error {
	data := filepath.Dir(string(dir))
	if rel, err := filepath.Rel(data, key); err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return nil
	}
	return &Error{
		Kind: Setup, Path: key, Reason: fmt.Sprintf("is inside the data folder %s, so whoever copies that has the key too", data),
		Hint: "keep the key file in another folder",
	}
}
