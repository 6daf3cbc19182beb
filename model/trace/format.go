package trace

import "bytes"

// Format writes the trace as an archive, its sections in their order. A trace in
// canonical form, as all that this package wrote, is what was read byte for
// byte; another one's calls, results and spacing are brought into that form.
func (t *Trace) Format() []byte {
	var b bytes.Buffer
	writeLines(&b, t.Comment)
	if t.Meta != nil {
		writeHeader(&b, metaSection)
		for _, e := range t.Meta {
			b.WriteString(e.Key + " " + e.Value + "\n")
		}
	}
	t.Initial.write(&b, initialSection)
	writeHeader(&b, traceSection)
	for i := range t.Steps {
		writeLines(&b, t.Steps[i].Comment)
		b.WriteString(t.Steps[i].Line.String())
		b.WriteByte('\n')
	}
	writeLines(&b, t.Tail)
	t.Final.write(&b, finalSection)
	t.Actors.write(&b, actorsSection)
	return b.Bytes()
}

func (s *Section) write(b *bytes.Buffer, section int) {
	if s.Present {
		writeHeader(b, section)
		writeLines(b, s.Text)
	}
}

func writeHeader(b *bytes.Buffer, section int) {
	b.WriteString("-- " + sectionNames[section] + " --\n")
}

// writeLines writes text, and the newline at its end where it is missing.
func writeLines(b *bytes.Buffer, text string) {
	b.WriteString(text)
	if text != "" && text[len(text)-1] != '\n' {
		b.WriteByte('\n')
	}
}
