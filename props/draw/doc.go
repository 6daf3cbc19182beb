// Package draw makes random cases: mount tables, and sequences of calls on
// them.
//
// A case is decoded from bytes, a fuzzer's input or the stream of a seed, by a
// decoder that is total: every sequence of bytes is a program of valid calls,
// a few bytes each, and no byte is skipped. Exhausted bytes read as zeros.
//
//	d := draw.NewDrawer()
//	program, err := d.Run(draw.NewSeed(seed, i), draw.Limits{}, nil)
//
// Three things make the cases worth their time:
//
//   - A case first draws a configuration of its own (Config): how large its
//     world is, how it is numbered, and a subset and weights of the ways to call.
//   - Arguments look at the state. The next call is drawn when the calls before
//     it have been made, so that paths exist, descriptors are of the kind that
//     the call takes and actors are alive; a share of the arguments pays no
//     regard to that, and some calls are sequences that programs really make.
//   - How an argument is drawn is decided by its kind in model's signature
//     table. What is said about single parameters is data (variant.go).
//
// A descriptor is drawn as the result of the step that made it (model.Ref), so
// that a shrinker can drop a step and the others keep their meaning.
package draw
