package timeline

import (
	"gatefold/builtins"
	"gatefold/engine"
)

func mustModules() []engine.Module { return builtins.All(builtins.Deps{}) }

// rule is a snapshot of one rule file, and of others by name and content.
func rule(content string, others ...string) engine.Snapshot {
	files := engine.Snapshot{{Path: "home.star", Data: []byte(content)}}
	for i := 0; i+1 < len(others); i += 2 {
		files = append(files, engine.File{Path: others[i], Data: []byte(others[i+1])})
	}
	return files
}
