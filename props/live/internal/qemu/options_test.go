package qemu

import (
	"strings"
	"testing"
)

func TestCommandLine(t *testing.T) {
	const fixed = "console=ttyS0 loglevel=5 oops=panic panic=-1 reboot=t sysrq_always_enabled " +
		"initcall_blacklist=load_system_certificate_list cryptomgr.notests=1 rdinit=/init"
	for _, test := range []struct {
		name string
		o    Options
		a    Accel
		want string // after what is always there; "" is an error
		err  string
	}{
		{name: "nothing asked", a: KVM, want: " MNTCHECK_GUEST=1"},
		{name: "TCG", a: TCG, want: " no_timer_check init_on_alloc=0 init_on_free=0 mitigations=off MNTCHECK_GUEST=1"},
		{
			name: "all", a: KVM,
			o: Options{
				Parameters: []string{"panic_on_warn=1"}, Env: []string{"A=b", "C=d e", "F="},
				Args: []string{"-x", "two words", "k=a b"},
			},
			want: ` panic_on_warn=1 MNTCHECK_GUEST=1 A=b C="d e" F= -- -x "two words" k="a b"`,
		},
		{name: "no value", o: Options{Env: []string{"A"}}, err: `variable "A"`},
		{name: "a dot", o: Options{Env: []string{"a.b=1"}}, err: `variable "a.b=1"`},
		{name: "a quote", o: Options{Args: []string{`a"b`}}, err: "cannot be passed"},
		{name: "an empty argument", o: Options{Args: []string{""}}, err: "cannot be passed"},
		{name: "too many", o: Options{Args: make([]string, 32)}, err: "at most 32"},
		{name: "too long", o: Options{Args: []string{strings.Repeat("x", 2000)}}, err: "at most 2047"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.o.commandLine(test.a)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got %q, %v; want an error with %q", got, err, test.err)
				}
				return
			}
			if err != nil || got != fixed+test.want {
				t.Errorf("got  %q, %v\nwant %q", got, err, fixed+test.want)
			}
		})
	}
}
