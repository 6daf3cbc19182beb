// Package difftext shows people in what two mount tables differ: the first line
// that is not the same, and the namespaces of both as trees, one beside the
// other.
//
// The texts are those of model.View, as the sections final.mountinfo and actors
// of a trace have them.
package difftext
