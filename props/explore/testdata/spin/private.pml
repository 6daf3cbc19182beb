/*
 * The world of private.world: private mounts. Each call is written down from what
 * mount(2), umount2(2) and unshare(2) do, with the errors they give. See README.md.
 */

#include "tree.pml"

inline clone(old, den, how) { cloned(old, den) }
inline load_more(mnt)       { skip }
inline store_more(num, mnt) { skip }
inline clear_more(num)      { skip }
inline print_more(num)       { skip }

inline perform() {
	if
	:: op == NEW ->
		resolve(target, p, d);
		if
		:: FITS(1) -> load(); new_fs(); attach(n, p, d); store()
		:: else
		fi
	:: op == BIND ->
		resolve(source, s, e);
		resolve(target, p, d);
		if
		:: FITS(1) -> load(); clone(s, e, 0); attach(n, p, d); store()
		:: else
		fi
	:: op == RBIND ->
		resolve(source, s, e);
		resolve(target, p, d);
		behind(s); /* more than what is copied, where s is seen from a directory on: store looks again */
		if
		:: FITS(1) -> load(); copy_tree(s, e, 0); attach(y, p, d); store()
		:: else
		fi
	:: op == MOVE ->
		resolve(source, s, e);
		resolve(target, p, d);
		behind(s);
		if
		:: e != shows[s] /* EINVAL: not the root of a mount */
		:: e == shows[s] && s <= p && p < x /* ELOOP: into itself */
		:: else -> load(); detach(s); attach(s, p, d); store()
		fi
	:: op == UMOUNT || op == DETACH ->
		resolve(target, m, d);
		behind(m);
		if
		:: d != shows[m] /* EINVAL: not the root of a mount */
		:: d == shows[m] && op == UMOUNT && x > m + 1 /* EBUSY: something is mounted on it */
		:: else -> load(); detach(m); store()
		fi
	:: op == UNSHARE ->
		load();
		s = ROOTOF(actor);
		copy_tree(s, ROOT, 0);
		root2 = y; /* what was there before is gone, nobody being in it */
		store()
	fi
}

#define CALLS(who) \
	:: BY(who, NEW, 0, A)     :: BY(who, NEW, 0, B) \
	:: BY(who, BIND, ROOT, A) :: BY(who, BIND, A, A) :: BY(who, BIND, B, A) \
	:: BY(who, BIND, ROOT, B) :: BY(who, BIND, A, B) :: BY(who, BIND, B, B) \
	:: BY(who, RBIND, ROOT, A) :: BY(who, RBIND, A, A) :: BY(who, RBIND, B, A) \
	:: BY(who, RBIND, ROOT, B) :: BY(who, RBIND, A, B) :: BY(who, RBIND, B, B) \
	:: BY(who, MOVE, A, B)    :: BY(who, MOVE, B, A) \
	:: BY(who, UMOUNT, 0, A)  :: BY(who, UMOUNT, 0, B) \
	:: BY(who, DETACH, 0, A)  :: BY(who, DETACH, 0, B)

active proctype processes() {
	do
	:: atomic {
		if
		CALLS(1)
		CALLS(2)
		:: BY(2, UNSHARE, 0, 0)
		fi;
		STEP
	   }
	od
}
