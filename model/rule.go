package model

// Rule is a reason to refuse a call. One EINVAL can have a dozen causes; the
// rule tells which. Rules are in the order of the calls that use them first.
type Rule uint16

// Refusal is a rule that decided, with what it found in the state: mounts,
// locations, numbers. The sentence is made only when somebody reads it, by
// State.Sentence. The zero Refusal is none.
type Refusal struct {
	Rule             Rule
	Arg1, Arg2, Arg3 int32 // not an array: those are not returned in registers
}

// Arg is what the rule found, counted from 1.
func (r Refusal) Arg(i int) int32 { return [...]int32{r.Arg1, r.Arg2, r.Arg3}[i-1] }

// Refused tells whether r is a refusal.
func (r Refusal) Refused() bool { return r.Rule != 0 }

func refuse(rule Rule, args ...int32) Refusal {
	var found [3]int32
	copy(found[:], args)
	return Refusal{rule, found[0], found[1], found[2]}
}

// ruleInfo declares a rule. In text, %m takes a mount from the arguments, %d a
// mount and a dentry as a path, %n a mount namespace, %u a user namespace, %i
// a number, %s a name. %g is the peer group of the mount just named, %b takes a
// mount and says what keeps it busy, %w takes which of two paths is meant, %l a
// lock.
type ruleInfo struct {
	name  string
	errno Errno
	spec  string
	text  string
}

// Errno is what a call that the rule refuses answers.
func (r Rule) Errno() Errno { return rules[r].errno }

// String is the rule's name, such as "parent-of-new-root-shared".
func (r Rule) String() string { return rules[r].name }

// Spec names the section of the specification that states the rule.
func (r Rule) Spec() string { return rules[r].spec }

// Text is the rule as a sentence about no state in particular.
func (r Rule) Text() string { return (*State)(nil).sentence(Refusal{Rule: r}) }

// Rules lists every rule.
func Rules() []Rule {
	all := make([]Rule, 0, len(rules)-1)
	for r := range rules {
		if r > 0 {
			all = append(all, Rule(r))
		}
	}
	return all
}

// RuleByName finds a rule.
func RuleByName(name string) (Rule, bool) {
	for r := range rules {
		if r > 0 && rules[r].name == name {
			return Rule(r), true
		}
	}
	return 0, false
}
