package trace

import (
	"testing"

	"mntcheck/model"
)

func TestParseLine(t *testing.T) {
	for _, test := range []struct {
		text     string
		actor    int
		result   Result
		answered bool
		want     string
	}{
		{`1 fork() = 2`, 1, Success(2), true, ""},
		{`12 umount2("/nope", 0) = -1 ENOENT (No such file or directory)`, 12, Failure(model.ENOENT), true, ""},
		{`2 exit_group(0) = ?`, 2, NoReturn(), true, ""},
		{`1 close(3)`, 1, Result{}, false, ""},
		{`close(3)`, 1, Result{}, false, `1 close(3)`},
		{"\tclose(3)=-1 EBADF\r", 1, Failure(model.EBADF), true, `1 close(3) = -1 EBADF (Bad file descriptor)`},
		{`  3   fork()    = 0x10 `, 3, Success(16), true, `3 fork() = 16`},
		{`close(3) = -1 EPERM (something else)`, 1, Failure(model.EPERM), true, `1 close(3) = -1 EPERM (Operation not permitted)`},
		{`1 close(3) = -1 errno 1000 (Unknown error 1000)`, 1, Failure(1000), true, ""},
	} {
		line, err := ParseLine(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		want := test.want
		if want == "" {
			want = test.text
		}
		if line.Actor != test.actor || line.Result != test.result || line.Answered != test.answered || line.String() != want {
			t.Errorf("%s\n got %d %+v %v %s\nwant %d %+v %v %s", test.text,
				line.Actor, line.Result, line.Answered, line, test.actor, test.result, test.answered, want)
		}
	}
}

func TestParseLineErrors(t *testing.T) {
	for _, test := range []struct {
		text   string
		column int
		want   string
	}{
		{``, 1, `want a call`},
		{`0 fork()`, 1, `0 is no actor: actors are numbered from 1`},
		{`-1 fork()`, 1, `-1 is no actor`},
		{`99999999999 fork()`, 1, `99999999999 is no actor`},
		{`1x fork()`, 1, `"1x" is no number`},
		{`1`, 2, `want a call`},
		{`1 fork() 2`, 10, `want "=" and a result behind the call, or nothing, not "2"`},
		{`1 fork() = `, 12, `want a result: a number, -1 and an error such as EINVAL, or ?, not the end of the line`},
		{`1 fork() = ok`, 12, `want a result`},
		{`1 fork() = 2 3`, 14, `want nothing behind the result, not "3"`},
		{`1 fork() = -1`, 14, `unknown error the end of the line: want a name such as EINVAL behind -1`},
		{`1 fork() = -1 EFOO (Foo)`, 15, `unknown error "EFOO": want a name such as EINVAL`},
		{`1 fork() = -22`, 12, `-22 is no result`},
		{`1 fork() = -1 errno 0`, 15, `unknown error "errno 0"`},
		{`1 fork() = -1 errno 65536`, 15, `unknown error "errno 65536"`},
		{`1 fork() = -1 EPERM (no`, 21, `want ")" behind the description of EPERM`},
		{`1 fork() = ? 3`, 14, `want nothing behind the result`},
	} {
		_, err := ParseLine(test.text)
		checkError(t, test.text, err, 0, test.column, test.want)
	}
}

func TestResultAgrees(t *testing.T) {
	results := []Result{Success(0), Success(3), Failure(model.EINVAL), Failure(model.EPERM), NoReturn()}
	for i, a := range results {
		for j, b := range results {
			if a.Agrees(b) != (i == j) {
				t.Errorf("%v agrees with %v: %v", a, b, a.Agrees(b))
			}
		}
	}
	if !(Result{Value: -1, Errno: model.EPERM}).Agrees(Result{Errno: model.EPERM}) {
		t.Error("of a failure the error alone counts")
	}
}

func TestRecorded(t *testing.T) {
	for _, test := range []struct {
		op   model.Op
		from model.Result
		want Result
	}{
		{model.OpFork, model.Result{Value: 2}, Success(2)},
		{model.OpFork, model.Result{Value: -1, Errno: model.EPERM}, Failure(model.EPERM)},
		{model.OpExitGroup, model.Result{}, NoReturn()},
	} {
		if got := Recorded(test.op, test.from); got != test.want {
			t.Errorf("%v %v is recorded as %v, want %v", test.op, test.from, got, test.want)
		}
	}
}
