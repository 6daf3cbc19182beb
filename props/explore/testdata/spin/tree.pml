/*
 * Trees of mounts: what private.pml and shared.pml have in common.
 *
 * Two processes have a mount namespace each or share the first; only the second
 * process makes one. A namespace is a tree of mounts on a filesystem with the
 * directories /a and /b, the root of both processes. (Beneath it is the bottom
 * of the namespace, an empty filesystem on which nothing else is ever mounted.
 * It is the same in every state, so it is counted and not described.)
 *
 * A state is canonical: mounts are numbered in preorder, children in the order in
 * which they were attached, the first namespace before the second; filesystems in
 * the order in which the mounts show them first. What is not in use is zero. So
 * states are equal if and only if they differ in no more than names of
 * mounts and filesystems.
 *
 * A call is one step. It works on a copy of the state in hidden variables, which
 * are no part of it, and numbers the result. A call that fails, or that leads to
 * more than MOUNTS mounts, leaves the state as it is.
 *
 * The file that includes this one says what else a mount has: clone, load_more,
 * store_more, clear_more and print_more.
 */

#ifndef MOUNTS
#define MOUNTS 5 /* at most, the bottom of each namespace being one of them */
#endif

#define SLOTS MOUNTS       /* 1 .. MOUNTS-1, and 0 for none */
#define ROOM  (2 * MOUNTS) /* in the copy, while a call is under way */

/* dentries of the filesystem with directories; others have ROOT only */
#define ROOT 0
#define A    1
#define B    2

/* the calls; the world says who makes which */
#define NEW     0 /* mount("none", target, "tmpfs", 0, NULL) */
#define BIND    1 /* mount(source, target, NULL, MS_BIND, NULL) */
#define RBIND   2 /* mount(source, target, NULL, MS_BIND|MS_REC, NULL) */
#define MOVE    3 /* mount(source, target, NULL, MS_MOVE, NULL) */
#define UMOUNT  4 /* umount2(target, 0) */
#define DETACH  5 /* umount2(target, MNT_DETACH) */
#define SHARED  6 /* mount(NULL, target, NULL, MS_SHARED, NULL) */
#define SLAVE   7
#define PRIVATE 8
#define UNSHARE 9 /* unshare(CLONE_NEWNS) */

#define BY(who, what, from, to) d_step { actor = who; op = what; source = from; target = to }

/* the state */
byte size1 = 1;     /* mounts in the first namespace: 1 .. size1 */
byte size2 = 0;     /* in the second, behind those of the first; 0: there is none */
byte up[SLOTS];     /* the parent */
byte at[SLOTS];     /* the mountpoint, a dentry of the parent's filesystem */
byte shows[SLOTS];  /* the root, a dentry */
byte fs[SLOTS];     /* whose dentry; 0: the filesystem with directories */

/* the call */
hidden byte actor, op, source, target;

/* the copy, by mount */
hidden byte parent[ROOM], mountpoint[ROOM], root[ROOM], sb[ROOM];
hidden byte child[ROOM], lastchild[ROOM], sibling[ROOM]; /* lists of children */
hidden byte root1, root2;                                /* of the namespaces; 0: none */
hidden byte used;                                        /* numbers up to this one are taken */

hidden byte i, j, k, c, m, d, s, e, p, x, y, z, n;
hidden byte image[ROOM], number[ROOM], order[ROOM], fsnumber[ROOM];

#define TOTAL (size1 + size2)
#define BOTTOMS (1 + (size2 != 0))
#define ROOTOF(process) (process == 1 || size2 == 0 -> 1 : size1 + 1)

/* FITS: there may be so many mounts more */
#define FITS(more) (TOTAL + BOTTOMS + (more) <= MOUNTS)

/* ---- paths, in the state ---- */

/* child_at: the mount c on dentry den of mount mnt, or 0 */
inline child_at(mnt, den) {
	c = mnt + 1;
	do
	:: c > TOTAL -> c = 0; break
	:: c <= TOTAL && up[c] == mnt && at[c] == den -> break
	:: else -> c++
	od
}

/* resolve: the location mnt, den that a path names. A name leads to the top of
   what is mounted there; the root itself is taken as it is. */
inline resolve(path, mnt, den) {
	mnt = ROOTOF(actor);
	den = path;
	if
	:: path != ROOT ->
		do
		:: true ->
			child_at(mnt, den);
			if
			:: c == 0 -> break
			:: else -> mnt = c; den = shows[c]
			fi
		od
	:: else
	fi
}

/* below: dentry den is base or in it */
#define BELOW(den, base) (base == ROOT || den == base)

/* behind: x, the first number behind the tree under mnt */
inline behind(mnt) {
	x = mnt + 1;
	do
	:: x <= TOTAL && up[x] >= mnt -> x++
	:: else -> break
	od
}

/* ---- lists of children, in the copy ---- */

/* attach: mnt is the last child of on, at den */
inline attach(mnt, on, den) {
	parent[mnt] = on; mountpoint[mnt] = den; sibling[mnt] = 0;
	if
	:: child[on] == 0 -> child[on] = mnt
	:: else -> sibling[lastchild[on]] = mnt
	fi;
	lastchild[on] = mnt
}

/* detach: mnt has no parent any more */
inline detach(mnt) {
	k = parent[mnt];
	if
	:: child[k] == mnt -> child[k] = sibling[mnt]
	:: else ->
		j = child[k];
		do
		:: sibling[j] != mnt -> j = sibling[j]
		:: else -> break
		od;
		sibling[j] = sibling[mnt];
		if
		:: lastchild[k] == mnt -> lastchild[k] = j
		:: else
		fi
	fi;
	parent[mnt] = 0; sibling[mnt] = 0
}

/* mounted_on: the mount c on dentry den of mount mnt, or 0 */
inline mounted_on(mnt, den) {
	c = child[mnt];
	do
	:: c != 0 && mountpoint[c] != den -> c = sibling[c]
	:: else -> break
	od
}

/* next: from mnt on in preorder, within the tree under top; 0 at its end */
inline next(mnt, top) {
	if
	:: child[mnt] != 0 -> mnt = child[mnt]
	:: else -> next_behind(mnt, top)
	fi
}

inline next_behind(mnt, top) {
	do
	:: mnt == top -> mnt = 0; break
	:: mnt != top && sibling[mnt] != 0 -> mnt = sibling[mnt]; break
	:: else -> mnt = parent[mnt]
	od
}

/* copy_tree: y, a copy of mount old as seen from dentry den on, with what is
   mounted below den. how is for clone. */
inline copy_tree(old, den, how) {
	clone(old, den, how);
	y = n;
	image[old] = y;
	x = child[old];
	do
	:: x == 0 -> break
	:: x != 0 && parent[x] == old && !BELOW(mountpoint[x], den) -> next_behind(x, old)
	:: else ->
		clone(x, root[x], how);
		image[x] = n;
		attach(n, image[parent[x]], mountpoint[x]);
		next(x, old)
	od
}

/* ---- the copy of the state, and back ---- */

inline load() {
	used = TOTAL;
	root1 = 1;
	root2 = (size2 == 0 -> 0 : size1 + 1);
	for (i : 0 .. used) {
		child[i] = 0
	}
	for (i : 1 .. used) {
		mountpoint[i] = at[i]; root[i] = shows[i]; sb[i] = fs[i];
		sibling[i] = 0;
		k = up[i];
		parent[i] = k;
		if
		:: k == 0
		:: k != 0 && child[k] == 0 -> child[k] = i; lastchild[k] = i
		:: else -> sibling[lastchild[k]] = i; lastchild[k] = i
		fi;
		load_more(i)
	}
}

/* number_tree: the mounts under top get the numbers behind k */
inline number_tree(top) {
	x = top;
	do
	:: x == 0 -> break
	:: else ->
		k++;
		number[x] = k; order[k] = x;
		next(x, top)
	od
}

/* store: the copy is the state from now on, unless there are too many mounts */
inline store() {
	number[0] = 0;
	k = 0;
	number_tree(root1);
	m = k;
	if
	:: root2 != 0 -> number_tree(root2)
	:: else
	fi;
	if
	:: k + 1 + (root2 != 0) > MOUNTS /* beyond the limit */
	:: else ->
		n = 0; /* filesystems met */
		for (i : 1 .. ROOM-1) {
			fsnumber[i] = 0
		}
		for (i : 1 .. k) {
			x = order[i];
			up[i] = number[parent[x]]; at[i] = mountpoint[x]; shows[i] = root[x];
			c = sb[x];
			if
			:: c != 0 && fsnumber[c] == 0 -> n++; fsnumber[c] = n
			:: else
			fi;
			fs[i] = (c == 0 -> 0 : fsnumber[c]);
			store_more(i, x)
		}
		for (i : k+1 .. TOTAL) {
			up[i] = 0; at[i] = 0; shows[i] = 0; fs[i] = 0;
			clear_more(i)
		}
		size1 = m;
		size2 = k - m
	fi
}

/* new_fs: mount n, of a new filesystem */
inline new_fs() {
	used++;
	n = used;
	root[n] = ROOT; sb[n] = ROOM-1; /* a number that no other has */
	parent[n] = 0; mountpoint[n] = 0; child[n] = 0; sibling[n] = 0
}

/* cloned: mount n, which shows dentry den of what old shows */
inline cloned(old, den) {
	used++;
	n = used;
	root[n] = den; sb[n] = sb[old];
	parent[n] = 0; mountpoint[n] = 0; child[n] = 0; sibling[n] = 0
}

/* ---- the search ---- */

/* print writes the state: for a comparison, state by state */
inline print() {
	printf("%d %d:", size1, size2);
	for (i : 1 .. TOTAL) {
		printf(" %d.%d %d.%d", up[i], at[i], fs[i], shows[i]);
		print_more(i);
		printf(";")
	}
}

#ifdef PRINT
#define STEP d_step { print(); printf("|%d %d %d %d|", actor, op, source, target); perform(); print(); printf("\n") }
#else
#define STEP d_step { perform() }
#endif
