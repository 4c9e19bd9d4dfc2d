// Package replay turns recorded history into what rules decide about it: the rules that decided it then, or others, and
// what they would have decided differently.
//
//	Turn         one turn of the past, with all that its rules were told
//	Recent       the newest turns of a journal
//	Differ       other rules' decisions about such turns, within a time
//	Difference   one that came out differently
package replay
