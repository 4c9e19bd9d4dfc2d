// Package replay turns recorded history into what rules decide about it: the rules that decided it then, or others, and
// what they would have decided differently.
//
//	Turn         one turn of the past, with all that its rules were told
//	Recent       the newest turns of a journal
//	Turns        all of them since a time
//	Do           history by rules: to the byte by those that decided it, as it would have gone by others
//	Report       what that came to: Changes, Totals
//	Write        history as a timeline; Mask hides names in it
//	Differ       other rules' decisions about such turns, within a time
//	Difference   one that came out differently
//
// Promises:
//   - The rules that decided a turn decide it the same again, to the byte, whatever else has changed since: all that they
//     had read is in its record (engine.Past). Where it is not, the turn says so.
//   - Other rules go on from what history says, remember what they themselves write, and are tried at every look, also at
//     those that are kept as a number only.
//   - Nothing is asked and nothing is carried out. History of any length is read in pages.
//   - Damaged rows cost themselves and the turns that need them, are counted, and never end a replay.
package replay
