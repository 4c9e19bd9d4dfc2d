package sim

import (
	_ "embed"
	"strings"
)

//go:embed household.story
var householdStory string

// Household is the demo's story: a family's day in three minutes, over and over. Its account is "home".
func Household() *Script {
	script, err := ParseScript("household.story", strings.NewReader(householdStory))
	if err != nil {
		panic("sim: the embedded story is broken: " + err.Error())
	}
	return script
}
