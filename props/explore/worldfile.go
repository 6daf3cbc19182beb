package explore

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// ParseWorld reads a world file; name is that of the file, for errors, which
// are *trace.Error with line and column. The syntax, line by line:
//
//	# comment                    those at the top document the world
//	world NAME
//	like NAME                    a copy of that named world, which what follows changes
//	release R                    whose rules hold; 7.3 where not given
//	mount-max N                  fs.mount-max
//	depth N                      calls in a row at most
//	limit WHAT N                 mounts, namespaces, users, actors, descriptors or filesystems
//	interchangeable NAME NAME…   names that may be exchanged for each other
//	sometimes NAME               a kind of state that has to be reachable
//	states N                     how many states it has
//	list NAME = A; B; C          alternatives that have a name
//	setup                        behind it: calls that make the first state
//	calls                        behind it: calls to make in every state
//
// Calls are written as in programs, an actor's number and strace's syntax, one a
// line; setup may refer to results as $1. In calls a bracket stands for each of
// its alternatives: [1;2] umount2([paths], [0;MNT_DETACH]) are the calls of two
// actors with every path of the list paths, with and without the flag. An
// alternative may be empty: MS_BIND[;|MS_REC].
//
// like comes before everything but comments and the line world. It takes over all
// that the named world says but its documentation and its number of states. A line
// behind it goes before what that world says of the same thing: a limit before its
// limit, a list before its list of that name (of which its calls are made already), the
// lines interchangeable before all of its, those of sometimes before all of its, and so
// does a section setup or calls.
func ParseWorld(name string, data []byte) (*World, error) {
	p, err := parseWorld(name, data, namedFile, nil)
	if err != nil {
		return nil, err
	}
	return p.w, nil
}

// parseWorld reads a world file. named has the files of named worlds; above are the
// names of those that are being read, each since it is what the one before is like.
func parseWorld(name string, data []byte, named func(string) ([]byte, error), above []string) (*worldParser, error) {
	p := &worldParser{
		file: name, w: &World{Name: name}, lists: map[string][]string{}, said: map[string]int{}, named: named, above: above,
	}
	for i, line := range strings.Split(string(data), "\n") {
		p.line = i + 1
		if err := p.parse(strings.TrimSuffix(line, "\r")); err != nil {
			return nil, err
		}
	}
	if len(p.w.Calls) == 0 {
		return nil, &trace.Error{File: name, Msg: "the world has no calls: a line 'calls', and calls behind it, are wanted"}
	}
	if err := p.parseSetup(); err != nil {
		return nil, err
	}
	return p, nil
}

// worldParser reads a world file.
type worldParser struct {
	file  string
	line  int
	w     *World
	lists map[string][]string
	text  int            // bytes that lists and calls stand for
	part  string         // "", "setup" or "calls"
	begun bool           // something that is no comment was read
	late  bool           // … that is neither world nor like
	said  map[string]int // in which line, of what may be said once
	setup []string
	where []linePlace // of setup

	named func(name string) ([]byte, error)
	above []string
	base  string // the world that this is like
}

// linePlace is where a line of a file begins.
type linePlace struct{ line, column int }

func (p *worldParser) fail(column int, format string, args ...any) error {
	return &trace.Error{File: p.file, Line: p.line, Column: column, Msg: fmt.Sprintf(format, args...)}
}

func (p *worldParser) parse(line string) error {
	text := strings.TrimSpace(line)
	column := 1 + len(line) - len(strings.TrimLeft(line, " \t"))
	switch {
	case text == "":
		return nil
	case text[0] == '#':
		if !p.begun {
			p.w.Doc = strings.TrimPrefix(p.w.Doc+"\n"+strings.TrimSpace(text[1:]), "\n")
		}
		return nil
	}
	p.begun = true
	word, rest := cutWord(text)
	d, ok := directives[word]
	if word == "like" {
		d, ok = (*worldParser).like, true // not in the map, which it reads
	}
	if ok {
		p.late = p.late || word != "world" && word != "like"
		return d(p, rest, column, column+strings.LastIndex(text, rest))
	}
	switch p.part {
	case "setup":
		p.setup, p.where = append(p.setup, text), append(p.where, linePlace{p.line, column})
		return nil
	case "calls":
		return p.calls(text, column)
	}
	return p.fail(column, "%q is no word of a world file; want one of %s", word, directiveNames)
}

// cutWord cuts the first word off a text, and the blanks behind it.
func cutWord(text string) (word, rest string) {
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return text[:i], strings.TrimSpace(text[i:])
	}
	return text, ""
}

// once wants that a thing is said for the first time in the file: of two lines one
// would be passed over.
func (p *worldParser) once(what string, column int) error {
	if line, ok := p.said[what]; ok {
		return p.fail(column, "%s is said twice: first in line %d", what, line)
	}
	p.said[what] = p.line
	return nil
}

// first tells whether a thing that may be said often is said for the first time: what
// there is of it then is that of the world that this one is like.
func (p *worldParser) first(what string) bool {
	_, ok := p.said[what]
	p.said[what] = p.line
	return !ok
}

// directiveNames are the words that begin a line, for messages.
const directiveNames = "world, like, release, mount-max, depth, limit, interchangeable, sometimes, states, list, setup, calls"

// directives read what follows a word; column is the word's, at that of what
// follows it.
var directives = map[string]func(p *worldParser, rest string, column, at int) error{
	"world": func(p *worldParser, rest string, column, at int) error {
		if rest == "" || strings.ContainsAny(rest, " \t") {
			return p.fail(at, "want: world NAME")
		}
		p.w.Name = rest
		if err := p.once("world", column); err != nil {
			return err
		}
		return p.likeItself(at)
	},
	"release": func(p *worldParser, rest string, column, at int) error {
		sem, err := model.ForRelease(rest)
		if err != nil {
			return p.fail(at, "%v", err)
		}
		if release, more := cutWord(rest); more != "" {
			return p.fail(at+strings.LastIndex(rest, more), "%q behind the release %s", more, release)
		}
		p.w.Semantics = sem
		return p.once("release", column)
	},
	"mount-max": func(p *worldParser, rest string, column, at int) error {
		n, err := p.number(rest, at, math.MaxInt32)
		p.w.MountMax = int32(n)
		return cmp.Or(err, p.once("mount-max", column))
	},
	"depth": func(p *worldParser, rest string, column, at int) error {
		n, err := p.number(rest, at, math.MaxInt32)
		p.w.Depth = int(n)
		return cmp.Or(err, p.once("depth", column))
	},
	"states": func(p *worldParser, rest string, column, at int) error {
		n, err := p.number(rest, at, maxStates)
		p.w.States = uint64(n)
		return cmp.Or(err, p.once("states", column))
	},
	"limit": (*worldParser).limit,
	"interchangeable": func(p *worldParser, rest string, column, at int) error {
		names := strings.Fields(rest)
		if len(names) < 2 {
			return p.fail(at, "want two names or more that may be exchanged for each other")
		}
		for _, n := range names {
			if n == "." || n == ".." || strings.Contains(n, "/") {
				return p.fail(at, "%q is no name of a directory or file", n)
			}
			if err := p.once("interchangeable "+n, at); err != nil {
				return err
			}
		}
		if p.first("interchangeable") {
			p.w.Interchangeable = nil
		}
		p.w.Interchangeable = append(p.w.Interchangeable, names)
		return nil
	},
	"sometimes": func(p *worldParser, rest string, column, at int) error {
		s, ok := sometimesByName(rest)
		if !ok {
			return p.fail(at, "%q is no kind of state; they are %s", rest, strings.Join(SometimesNames(), ", "))
		}
		if p.first("sometimes") {
			p.w.Sometimes = nil
		}
		p.w.Sometimes = append(p.w.Sometimes, s)
		return p.once("sometimes "+rest, column)
	},
	"list": (*worldParser).list,
	"setup": func(p *worldParser, rest string, column, at int) error {
		return p.begin("setup", rest, at)
	},
	"calls": func(p *worldParser, rest string, column, at int) error {
		return p.begin("calls", rest, at)
	},
}

func (p *worldParser) begin(part, rest string, at int) error {
	if rest != "" {
		return p.fail(at, "%q behind %q: calls are on lines of their own", rest, part)
	}
	p.part = part
	switch {
	case !p.first(part):
	case part == "setup":
		p.w.Setup = nil
	case part == "calls":
		p.w.Calls = nil
	}
	return nil
}

// maxStates is the largest number of states that a world file may have.
const maxStates = 1 << 40

var number = regexp.MustCompile(`^([0-9]+|[0-9]{1,3}(,[0-9]{3})+)$`)

func (p *worldParser) number(text string, at int, most int64) (int64, error) {
	n, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64)
	if err != nil || n < 1 || n > most || !number.MatchString(text) {
		return 0, p.fail(at, "%q: want a number from 1 to %d", text, most)
	}
	return n, nil
}

func (p *worldParser) limit(rest string, column, at int) error {
	what, amount := cutWord(rest)
	for i, name := range limitNames {
		if name != what {
			continue
		}
		n, err := p.number(amount, at+strings.LastIndex(rest, amount), math.MaxInt32)
		*p.w.Limits.field(i) = int(n)
		return cmp.Or(err, p.once("limit "+name, column))
	}
	return p.fail(at, "%q cannot be limited; what can is %s", what, strings.Join(limitNames[:], ", "))
}

var listName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

func (p *worldParser) list(rest string, column, at int) error {
	name, elements, ok := strings.Cut(rest, "=")
	name = strings.TrimSpace(name)
	if !ok || !listName.MatchString(name) {
		return p.fail(at, "want: list NAME = A; B; …")
	}
	if line := p.said["list "+name]; line > 0 {
		return p.fail(at, "there is a list %s already, in line %d", name, line)
	}
	p.said["list "+name] = p.line
	// A list may be made of others: [paths] in an element stands for each of it.
	var all []string
	begin := at + strings.Index(rest, "=") + 1
	for _, e := range strings.Split(elements, ";") {
		element := strings.TrimSpace(e)
		lines, err := p.expand(element, begin+strings.Index(e, element))
		if err != nil {
			return err
		}
		if all = append(all, lines...); len(all) > maxLines {
			return p.fail(at, "the list %s has more than %d elements", name, maxLines)
		}
		begin += len(e) + 1
	}
	p.lists[name] = all
	return nil
}

// expand replaces the brackets of a text that begins in a column.
func (p *worldParser) expand(text string, column int) ([]string, error) {
	lines, err := expand(text, p.lists, maxText-p.text)
	var at *columnError
	if errors.As(err, &at) {
		return nil, p.fail(column+at.column-1, "%s", at.msg)
	}
	p.text += textSize(lines)
	return lines, err
}

// calls reads a line of calls.
func (p *worldParser) calls(text string, column int) error {
	lines, err := p.expand(text, column)
	if err != nil {
		return err
	}
	for _, line := range lines {
		l, err := trace.ParseLine(line)
		if err != nil {
			return p.inLine(err, text, line, column)
		}
		if l.Answered {
			return p.fail(column, "%s: calls of a world have no answer: in each state it may be another", line)
		}
		step := model.Step{Actor: l.Actor, Call: l.Call}
		if err := checkCall(&step); err != nil {
			return p.fail(column, "%v", err)
		}
		p.w.Calls = append(p.w.Calls, step)
	}
	if len(p.w.Calls) > maxCalls {
		return p.fail(column, "the world has %d calls by now; %d are the most", len(p.w.Calls), maxCalls)
	}
	return nil
}

// inLine says where a call is wrong: where alternatives were put in, a column
// of the call is none of the file, so the call is shown.
func (p *worldParser) inLine(err error, text, line string, column int) error {
	var at *trace.Error
	if !errors.As(err, &at) {
		return p.fail(column, "%v", err)
	}
	if text == line {
		return p.fail(column+max(at.Column, 1)-1, "%s", at.Msg)
	}
	return p.fail(column, "%s: column %d: %s", line, at.Column, at.Msg)
}

// parseSetup reads the calls of the setup, which may refer to each other.
func (p *worldParser) parseSetup() error {
	if len(p.setup) == 0 {
		return nil
	}
	t, err := trace.ParseProgram(p.file, []byte(strings.Join(p.setup, "\n")+"\n"))
	if err != nil {
		var at *trace.Error
		if errors.As(err, &at) && at.Line > 0 && at.Line <= len(p.where) {
			p.line = p.where[at.Line-1].line
			return p.fail(p.where[at.Line-1].column+max(at.Column, 1)-1, "%s", at.Msg)
		}
		return err
	}
	for i := range t.Steps {
		if t.Steps[i].Answered {
			p.line = p.where[i].line
			return p.fail(p.where[i].column, "%s: a setup has no answers: every step of it has to succeed", t.Steps[i].Line)
		}
	}
	p.w.Setup = t.Program()
	return nil
}
