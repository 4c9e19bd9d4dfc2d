package reload

import (
	"path"
	"strings"
)

// ignored says whether a name is none of a rule author's files: hidden ones
// (.git, vim's .foo.star.swp, Emacs' .#foo.star, the ..data of a mounted
// ConfigMap), backups (foo.star~), autosaves (#foo.star#), and the 4913 with
// which vim tries whether it can write.
func ignored(name string) bool {
	return name == "" || name == "4913" || name[0] == '.' || name[0] == '#' || strings.HasSuffix(name, "~")
}

// isBeside says whether a name is a file that is no rule, and that may have a say in
// whether rules are taken: a timeline.
func isBeside(name string) bool { return path.Ext(name) == ".timeline" }

func isStar(name string) bool { return path.Ext(name) == ".star" }
