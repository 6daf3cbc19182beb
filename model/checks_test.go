package model

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// variants are calls that between them choose every list that Checks has for
// an op; an op that is not here has one list.
var variants = map[Op][]Call{
	OpMount: {
		NewCall(OpMount, NULL(), NULL(), NULL(), Num(0), NULL()),
		NewCall(OpMount, NULL(), NULL(), NULL(), Num(MS_BIND), NULL()),
		NewCall(OpMount, NULL(), NULL(), NULL(), Num(MS_MOVE), NULL()),
		NewCall(OpMount, NULL(), NULL(), NULL(), Num(MS_REMOUNT), NULL()),
		NewCall(OpMount, NULL(), NULL(), NULL(), Num(MS_REMOUNT|MS_BIND), NULL()),
		NewCall(OpMount, NULL(), NULL(), NULL(), Num(MS_SHARED), NULL()),
	},
	OpOpenTree: {
		NewCall(OpOpenTree, Num(0), NULL(), Num(0)),
		NewCall(OpOpenTree, Num(0), NULL(), Num(OPEN_TREE_CLONE)),
		NewCall(OpOpenTree, Num(0), NULL(), Num(OPEN_TREE_NAMESPACE)),
	},
	OpOpenTreeAttr: {
		NewCall(OpOpenTreeAttr, Num(0), NULL(), Num(0), NULL(), Num(0)),
		NewCall(OpOpenTreeAttr, Num(0), NULL(), Num(OPEN_TREE_CLONE), NULL(), Num(0)),
		NewCall(OpOpenTreeAttr, Num(0), NULL(), Num(OPEN_TREE_NAMESPACE), NULL(), Num(0)),
	},
	OpFsmount: {
		NewCall(OpFsmount, Num(0), Num(0), Num(0)),
		NewCall(OpFsmount, Num(0), Num(FSMOUNT_NAMESPACE), Num(0)),
	},
	OpMoveMount: {
		NewCall(OpMoveMount, Num(0), NULL(), Num(0), NULL(), Num(0)),
		NewCall(OpMoveMount, Num(0), NULL(), Num(0), NULL(), Num(MOVE_MOUNT_SET_GROUP)),
	},
}

// The declared lists and the code agree: the rules that the code of a call
// names, in the order of its text with what it calls put in, are the rules of
// the lists, in their order.
func TestChecksFollowTheCode(t *testing.T) {
	source := parseRules(t)
	for op := OpNone + 1; op < NumOps; op++ {
		t.Run(op.String(), func(t *testing.T) {
			code := source.rulesOf(op)
			var declared []Rule
			calls := variants[op]
			if calls == nil {
				calls = []Call{NewCall(op)}
			}
			for _, c := range calls {
				list := Checks(&c)
				declared = append(declared, list...)
				for _, r := range list {
					if !slices.Contains(code, r) {
						t.Errorf("%s: declared rule %s is not in the code", c, r)
					}
				}
				if r := outOfOrder(list, code); r != 0 {
					t.Errorf("%s: declared\n%v\nbut %s does not come there in the code\n%v", c, list, r, code)
				}
			}
			for _, r := range code {
				if r == RuleBadFD && !takesFD(op) {
					continue // path resolution starts at a descriptor elsewhere only
				}
				if !slices.Contains(declared, r) {
					t.Errorf("rule %s is in the code but not declared", r)
				}
			}
		})
	}
}

// Every rule is in the list of some call.
func TestEveryRuleIsDeclaredSomewhere(t *testing.T) {
	seen := map[Rule]bool{}
	for op := OpNone + 1; op < NumOps; op++ {
		calls := variants[op]
		if calls == nil {
			calls = []Call{NewCall(op)}
		}
		for _, c := range calls {
			for _, r := range Checks(&c) {
				seen[r] = true
			}
		}
	}
	for _, r := range Rules() {
		if !seen[r] {
			t.Errorf("no call can be refused by %s", r)
		}
	}
}

// outOfOrder is the first rule of list that code, which may name a rule several
// times, does not have behind the ones before it.
func outOfOrder(list, code []Rule) Rule {
	for _, r := range list {
		i := slices.Index(code, r)
		if i < 0 {
			return r
		}
		code = code[i+1:]
	}
	return 0
}

func takesFD(op Op) bool {
	return slices.ContainsFunc(op.Signature().Params, func(p Param) bool { return p.Kind == FDParam || p.Kind == DirFDParam })
}

// ruleSource is the package's own code.
type ruleSource struct {
	funcs map[string][]*ast.FuncDecl
	rules map[string]Rule
	cases map[string]ast.Node // by the name of the Op
}

func parseRules(t *testing.T) *ruleSource {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	s := &ruleSource{funcs: map[string][]*ast.FuncDecl{}, rules: map[string]Rule{}, cases: map[string]ast.Node{}}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if r := receiver(d); r == "" || r == "call" || r == "State" || r == "walker" {
					s.funcs[d.Name.Name] = append(s.funcs[d.Name.Name], d)
				}
			case *ast.GenDecl:
				s.constants(d)
			}
		}
	}
	for _, d := range s.funcs["dispatch"] {
		ast.Inspect(d, func(n ast.Node) bool {
			if c, ok := n.(*ast.CaseClause); ok {
				for _, e := range c.List {
					s.cases[e.(*ast.Ident).Name] = &ast.BlockStmt{List: c.Body}
				}
			}
			return true
		})
	}
	return s
}

// constants numbers the rules as iota does.
func (s *ruleSource) constants(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if ok && d.Tok == token.CONST && strings.HasPrefix(v.Names[0].Name, "Rule") {
			s.rules[v.Names[0].Name] = Rule(len(s.rules) + 1)
		}
	}
}

func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	return t.(*ast.Ident).Name
}

// rulesOf lists the rules in the code behind an op, as often as they come.
func (s *ruleSource) rulesOf(op Op) []Rule {
	name := ""
	for n := range s.cases {
		if strings.EqualFold(n, "Op"+strings.ReplaceAll(op.String(), "_", "")) {
			name = n
		}
	}
	if name == "" { // exit_group is the default case
		return nil
	}
	w := &ruleWalk{ruleSource: s, open: map[string]bool{}}
	w.walk(s.cases[name])
	return w.found
}

type ruleWalk struct {
	*ruleSource
	open  map[string]bool // functions that are being walked
	found []Rule
}

func (w *ruleWalk) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CaseClause:
			// what a rule is compared with is no refusal
			for _, stmt := range n.Body {
				w.walk(stmt)
			}
			for _, e := range n.List {
				w.walk(e)
			}
			return false
		case *ast.BinaryExpr:
			if id, ok := n.Y.(*ast.Ident); ok && w.rules[id.Name] != 0 {
				w.walk(n.X)
				return false
			}
		case *ast.CallExpr:
			for _, a := range n.Args {
				w.walk(a)
			}
			w.enter(n.Fun)
			return false
		case *ast.Ident:
			if r := w.rules[n.Name]; r != 0 {
				w.found = append(w.found, r)
			}
		}
		return true
	})
}

func (w *ruleWalk) enter(fun ast.Expr) {
	name := ""
	switch f := fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.FuncLit:
		w.walk(f.Body)
	}
	if w.open[name] {
		return
	}
	w.open[name] = true
	for _, d := range w.funcs[name] {
		w.walk(d.Body)
	}
	w.open[name] = false
}
