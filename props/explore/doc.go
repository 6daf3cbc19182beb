// Package explore checks invariants on every state of a bounded world, breadth
// first: what random search makes likely, it makes certain, for small worlds.
// Most bugs of mounts need three mounts and four calls, and there are few enough
// programs of that size to make them all.
//
// # Worlds
//
// A World says what the first state is, which calls are made in each state, and
// how many mounts, namespaces, user namespaces, actors, descriptors and filesystems
// a state may have. ParseWorld reads one from a plain text; Named has those of
// this package, from one that ends within a second. A world may name kinds of states
// that have to be reachable (Sometimes): one that does not reach them proves less
// than was meant. The report also lists the calls that never succeeded.
//
// # What is proved
//
// Layer n is the states that n calls lead to, and no fewer. Every call is made in
// every state of a layer, and every invariant is checked on every such transition,
// so the first violation comes with as few calls as there can be; of several such
// programs it is that whose calls come first in the world. Calls that lead beyond
// a limit are counted, not taken and not checked. A search is complete when a
// layer is empty: then programs of any length keep what was checked, within the
// limits.
//
// States are identified by the canonical key of package model: those that differ in
// nothing but ids, peer group numbers and the order in which mountinfo would list
// them count as one, and have the same future. The orders of rings, slaves and
// children are part of the key. Names that a world declares interchangeable may
// be exchanged: of the keys that a state has under all exchanges the least stands for
// it. That is sound if the first state and the calls are the same under each exchange,
// which is looked at before a search begins.
//
// With Options.IgnoreOrder states that differ in those orders only count as one,
// too, and in which of its peers is a slave's master. From 6.17 on no call depends
// on them; a test compares what is found with and without. Invariants that speak
// of an order are left out then, and the report says which.
//
// Three short cuts are taken. A call that failed and changed nothing leads to no new
// state. Invariants that look at nothing but a state are checked when the state is
// found, not again on each transition to it. Where two actors have the same root,
// working directory, namespaces and capabilities, a call that leaves processes alone
// does for one of them what it does for the other: it is made for the first, and
// counted for both. Tests compare these, and the exchanges, with a search by brute
// force, in which every invariant is checked on every transition and every state
// is kept.
//
// # Fingerprints
//
// Of a state that was visited a fingerprint is kept: 104 bits of XXH3 of its key.
// If the hash is as good as a random function, two of n states have the same one,
// so that one of them is passed over, with a probability below n²/2^105: 10^-17
// for ten million. XXH3 is no cryptographic hash; Options.KeepKeys keeps all keys
// and fails on a collision, which rules them out.
//
// # Workers
//
// Workers take runs of states of a layer. The set of visited states changes between
// layers only, so that they read it without locks; what a layer finds new is in a
// second set, by shards. A state that several transitions lead to is born by the
// first of them in the order of the layer, whichever worker came first: so counts,
// verdicts and programs are the same for any number of workers.
//
// # Memory, and what is on disk
//
// A state takes 12 bytes for its fingerprint in a table that is filled to between
// 3/4 and 7/8, so 16 bytes at most, and 8 bytes on disk that say how it was found,
// of which programs are made. States that wait to be expanded are kept as keys, which DecodeKey makes
// states of; they go to disk when Options.Memory is reached. With
// Options.Checkpoint a search can be gone on with after its end, however that came.
package explore
