package reproduce

import (
	"fmt"
	"math/bits"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
)

const propagation = model.MS_SHARED | model.MS_PRIVATE | model.MS_SLAVE | model.MS_UNBINDABLE

// mountOptions are the words of mount -o for flags of mount(2), in the order of
// the flags.
var mountOptions = []struct {
	flag uint64
	word string
}{
	{model.MS_RDONLY, "ro"}, {model.MS_NOSUID, "nosuid"}, {model.MS_NODEV, "nodev"}, {model.MS_NOEXEC, "noexec"},
	{model.MS_SYNCHRONOUS, "sync"}, {model.MS_MANDLOCK, "mand"}, {model.MS_DIRSYNC, "dirsync"},
	{model.MS_NOSYMFOLLOW, "nosymfollow"}, {model.MS_NOATIME, "noatime"}, {model.MS_NODIRATIME, "nodiratime"},
	{model.MS_SILENT, "silent"}, {model.MS_RELATIME, "relatime"}, {model.MS_STRICTATIME, "strictatime"},
	{model.MS_LAZYTIME, "lazytime"},
}

// mount is the command mount(8) for a call of mount(2). It is refused where the
// command would make another call, or several.
func (w *shellWriter) mount(step *trace.Step) (string, error) {
	c := &step.Call
	flags := uint64(c.Args[3].N)
	if c.Args[4].Kind != model.Null {
		return "", w.refuse(step, "with data")
	}
	switch {
	case flags&model.MS_REMOUNT != 0:
		return w.remount(step, flags&^model.MS_REMOUNT)
	case flags&model.MS_BIND != 0:
		switch flags {
		case model.MS_BIND:
			return w.simple(step, "mount --bind", 0, 1)
		case model.MS_BIND | model.MS_REC:
			return w.simple(step, "mount --rbind", 0, 1)
		}
		return "", w.refuse(step, "with other flags beside MS_BIND and MS_REC, which take mount(8) a call of their own")
	case flags&propagation != 0:
		return w.changePropagation(step, flags)
	case flags == model.MS_MOVE:
		return w.simple(step, "mount --move", 0, 1)
	}
	return w.newMount(step, flags)
}

func (w *shellWriter) changePropagation(step *trace.Step, flags uint64) (string, error) {
	kind := flags &^ model.MS_REC
	if bits.OnesCount64(kind) != 1 {
		return "", w.refuse(step, "with other flags beside a propagation type and MS_REC")
	}
	word := strings.ToLower(strings.TrimPrefix(model.PropagationFlags().Format(kind), "MS_"))
	if flags&model.MS_REC != 0 {
		word = "r" + word
	}
	return w.simple(step, "mount --make-"+word, 1)
}

// remount names a type and a source: without, mount(8) takes options from the mount
// table and adds them.
func (w *shellWriter) remount(step *trace.Step, flags uint64) (string, error) {
	words := "remount"
	if flags&model.MS_BIND != 0 {
		words += ",bind"
		flags &^= model.MS_BIND
	}
	options, err := w.options(step, flags)
	if err != nil {
		return "", err
	}
	return w.simple(step, "mount -t tmpfs -o "+strings.Join(append([]string{words}, options...), ",")+" none", 1)
}

func (w *shellWriter) newMount(step *trace.Step, flags uint64) (string, error) {
	source, fstype := step.Call.Args[0], step.Call.Args[2]
	options, err := w.options(step, flags)
	switch {
	case err != nil:
		return "", err
	case fstype.Kind != model.String || source.Kind != model.String:
		return "", w.refuse(step, "with NULL for a source or a type")
	case fstype.S == "" || strings.HasPrefix(fstype.S, "no") || strings.ContainsAny(fstype.S, ",.") || fstype.S == "auto" || fstype.S == "swap":
		return "", w.refuse(step, "of a type that mount(8) does not take for the name of one, %s", model.Quote(fstype.S))
	case source.S == "" || strings.ContainsAny(source.S, "=") || source.S[0] == '-':
		return "", w.refuse(step, "of a source that mount(8) does not pass on as it is, %s", model.Quote(source.S))
	}
	command := "mount -t " + shellQuote(fstype.S)
	if len(options) > 0 {
		command += " -o " + strings.Join(options, ",")
	}
	return w.simple(step, command+" "+shellQuote(source.S), 1)
}

// options are the words of mount -o for flags.
func (w *shellWriter) options(step *trace.Step, flags uint64) ([]string, error) {
	var words []string
	for _, o := range mountOptions {
		if flags&o.flag != 0 {
			words = append(words, o.word)
			flags &^= o.flag
		}
	}
	if flags != 0 {
		return nil, w.refuse(step, "with flags that mount(8) does not have in this place, %s",
			step.Call.Op.Signature().Params[3].Flags.Format(flags))
	}
	return words, nil
}

// umount is the command umount(8) for a call of umount2(2).
func (w *shellWriter) umount(step *trace.Step) (string, error) {
	flags := step.Call.Args[1].N
	command := "umount"
	if flags&model.MNT_FORCE != 0 {
		command += " -f"
	}
	if flags&model.MNT_DETACH != 0 {
		command += " -l"
	}
	if flags&^(model.MNT_FORCE|model.MNT_DETACH) != 0 {
		return "", w.refuse(step, "with flags that umount(8) does not have, %s",
			fmt.Sprint(step.Call.Op.Signature().Params[1].Flags.Format(uint64(flags))))
	}
	return w.simple(step, command, 0)
}
