package model

import "testing"

// Target: under 2 µs for a world of two namespaces with a dozen mounts, without
// new memory.
func BenchmarkKey(b *testing.B) {
	s := NewState(World{})
	for _, dir := range []string{"/a", "/b", "/a/c"} {
		mustDo(b, s, 1, OpMkdir, Str(dir), Num(0o755))
	}
	mustDo(b, s, 1, OpMount, Str("none"), Str("/a"), Str("tmpfs"), Num(0), NULL())
	mustDo(b, s, 1, OpMount, NULL(), Str("/a"), NULL(), Num(MS_SHARED), NULL())
	mustDo(b, s, 1, OpMount, Str("/a"), Str("/b"), NULL(), Num(MS_BIND), NULL())
	mustDo(b, s, 1, OpMount, Str("/"), Str("/b"), NULL(), Num(MS_BIND), NULL())
	child := int(mustDo(b, s, 1, OpFork))
	mustDo(b, s, child, OpUnshare, Num(CLONE_NEWUSER|CLONE_NEWNS))
	k := new(Keyer)
	var key []byte
	b.ReportAllocs()
	for b.Loop() {
		key = k.Append(key[:0], s)
	}
	b.ReportMetric(float64(len(key)), "bytes")
}

// Target: under 3 µs for a world of two namespaces, without new memory.
func BenchmarkDecode(b *testing.B) {
	s := NewState(World{})
	mustDo(b, s, 1, OpMkdir, Str("/a"), Num(0o755))
	mustDo(b, s, 1, OpMount, Str("none"), Str("/a"), Str("tmpfs"), Num(0), NULL())
	mustDo(b, s, 1, OpMount, NULL(), Str("/a"), NULL(), Num(MS_SHARED), NULL())
	child := int(mustDo(b, s, 1, OpFork))
	mustDo(b, s, child, OpUnshare, Num(CLONE_NEWUSER|CLONE_NEWNS))
	key := s.AppendKey(nil)
	d, into := NewDecoder(s.Sem), new(State)
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Decode(key, into); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(key)), "bytes")
}
