package model_test

import (
	"testing"

	"mntcheck/model"
)

// A damaged key is refused, or makes a state that calls can be made in.
func FuzzDecodeKey(f *testing.F) {
	s := model.NewState(model.World{})
	f.Add(s.AppendKey(nil))
	p := s.Actor(1)
	for _, err := range []error{
		p.Mkdir("/a", 0o755), p.Mkdir("/b", 0o755), p.Symlink("/a", "/l"), p.Mount("none", "/a", "tmpfs", 0),
		p.Mount("", "/a", "", model.MS_SHARED), p.Mount("/a", "/b", "", model.MS_BIND), p.Mount("", "/b", "", model.MS_SLAVE),
	} {
		if err != nil {
			f.Fatal(err)
		}
	}
	f.Add(s.AppendKey(nil))
	child, _ := p.Fork()
	if err := child.Unshare(model.CLONE_NEWUSER | model.CLONE_NEWNS); err != nil {
		f.Fatal(err)
	}
	if _, err := p.OpenTree(model.AT_FDCWD, "/a", model.OPEN_TREE_NAMESPACE|model.AT_RECURSIVE); err != nil {
		f.Fatal(err)
	}
	f.Add(s.AppendKey(nil))
	calls := []model.Call{
		model.NewCall(model.OpMkdir, model.Str("/x"), model.Num(0o755)),
		model.NewCall(model.OpMount, model.Str("none"), model.Str("/x"), model.Str("tmpfs"), model.Num(0), model.NULL()),
		model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWNS)),
		model.NewCall(model.OpUmount2, model.Str("/x"), model.Num(0)),
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		d, err := model.DecodeKey(key, s.Sem)
		if err != nil {
			return
		}
		d.View()
		d.AppendKey(nil)
		for actor := 1; actor < len(d.Procs); actor++ {
			if !d.Procs[actor].Alive {
				continue
			}
			for i := range calls {
				if _, err := d.Do(actor, &calls[i]); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
