package engine

// Codes say what sort of problem one is. They are a closed set, for programs; docs/checking.md has an example of each.
const (
	CodeSyntax           = "syntax"             // it is no Starlark
	CodeLanguage         = "language"           // Starlark does not allow it: a global that is set twice, return outside a function
	CodeUndefined        = "undefined"          // a name that nobody defines
	CodeUnreadable       = "unreadable"         // a file that cannot be taken
	CodeNoRules          = "no-rules"           // no file is a rule
	CodeNoPlayback       = "no-playback"        // nobody would be judged
	CodeUnknownMember    = "unknown-member"     // blink1.sett
	CodeUnknownAttribute = "unknown-attribute"  // now.devise
	CodeUnknownArgument  = "unknown-argument"   // pause(evry="10s")
	CodeMissingArgument  = "missing-argument"   // deny()
	CodeTooManyArguments = "too-many-arguments" // done(1)
	CodeRepeatedArgument = "repeated-argument"  // pause("10s", every="5s")
	CodeWrongValue       = "wrong-value"        // pause(every="10")
	CodeNotAFunction     = "not-a-function"     // now.device(), HOUSE("Kitchen")
	CodeBadTopic         = "bad-topic"          // publish(x), publish("playback")
	CodeBadField         = "bad-field"          // publish("party", time=1)
	CodeNeedsKey         = "needs-key"          // two throttled calls that would share a throttle
	CodeOnlyInHandler    = "only-in-handler"    // deny("x") at the top level
	CodeUnknownHandler   = "unknown-handler"    // on_playbak
	CodeHandlerArguments = "handler-arguments"  // def on_playback()
	CodeNotAHandler      = "not-a-handler"      // on_playback = [1]
	CodeLoadPath         = "load-path"          // a file that is not there
	CodeLoadName         = "load-name"          // a name that the file does not define
	CodeLoadCycle        = "load-cycle"         // files that load one another
	CodeWrongTurn        = "wrong-turn"         // allow() in the handler of a button
	CodeUndeniedPause    = "undenied-pause"     // allow() and then pause(); also a warning
	CodeUnsetName        = "unset-name"         // N += 1 in a function
	CodeUnchangeable     = "unchangeable"       // now.playing = False, HOUSE["a"] = 1 in a handler
	CodeRecursion        = "recursion"          // a function that calls itself; also a warning
	CodeWrongType        = "wrong-type"         // now.denied_for > "10m"; also a warning
	CodeFails            = "fails"              // running the file failed: Load alone finds it

	CodeUnusedLoad       = "unused-load"       // warning: a loaded name that is not used
	CodeUnheardTopic     = "unheard-topic"     // warning: no rule handles it
	CodeUnpublishedTopic = "unpublished-topic" // warning: no rule publishes what a handler waits for
	CodeUnknownField     = "unknown-field"     // warning: a field that no publish gives
	CodeMissingField     = "missing-field"     // warning: a publish without a field that its handler reads
	CodeNoVerdict        = "no-verdict"        // warning: a way through on_playback that judges nobody
	CodeNotATest         = "not-a-test"        // warning: in *_test.star, what was meant as a test and is none
	CodeUnchangedGlobal  = "unchanged-global"  // warning: N = 1 in a function that has no other use for it
	CodeNotCalled        = "not-called"        // warning: done, without ()
	CodeNeverRuns        = "never-runs"        // warning: a handler in lib/
	CodeWrongKey         = "wrong-key"         // warning: approve(now.device.name)
)

// Codes is the closed set of them: errors, then warnings.
func Codes() []string {
	return []string{
		CodeSyntax, CodeLanguage, CodeUndefined, CodeUnreadable, CodeNoRules, CodeNoPlayback, CodeUnknownMember, CodeUnknownAttribute,
		CodeUnknownArgument, CodeMissingArgument, CodeTooManyArguments, CodeRepeatedArgument, CodeWrongValue, CodeNotAFunction, CodeBadTopic, CodeBadField,
		CodeNeedsKey, CodeOnlyInHandler, CodeUnknownHandler, CodeHandlerArguments, CodeNotAHandler, CodeLoadPath, CodeLoadName,
		CodeLoadCycle, CodeWrongTurn, CodeUndeniedPause, CodeUnsetName, CodeUnchangeable, CodeRecursion, CodeWrongType, CodeFails,
		CodeUnusedLoad, CodeUnheardTopic, CodeUnpublishedTopic, CodeUnknownField, CodeMissingField, CodeNoVerdict,
		CodeNotATest,
		CodeUnchangedGlobal, CodeNotCalled, CodeNeverRuns, CodeWrongKey,
	}
}
