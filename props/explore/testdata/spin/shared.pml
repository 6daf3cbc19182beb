/*
 * The world of shared.world: shared and slave mounts, and what they make of mounting,
 * binding, moving, unmounting and unsharing. See README.md.
 *
 * A peer group is a ring in an order; a master has its slaves in an order. Both orders
 * decide later ones, so they are part of the state.
 */

#include "tree.pml"

/* the state */
byte peer[SLOTS];   /* the next in the ring, itself where alone; 0: not shared */
byte master[SLOTS];
byte slaves[SLOTS]; /* the first of its slaves */
byte others[SLOTS]; /* the next slave of its master */

/* the copy */
hidden byte nextpeer[ROOM], group[ROOM]; /* 0: in no group; else a number for the group */
hidden byte isshared[ROOM];              /* one that is about to be may have a group already */
hidden byte mymaster[ROOM], firstslave[ROOM], nextslave[ROOM];

/* ---- relations ---- */

#define RING(mnt) (nextpeer[mnt] == 0 -> mnt : nextpeer[mnt])
#define PEERS(u, v) (u == v || group[u] != 0 && group[u] == group[v])

inline leave_ring(mnt) {
	if
	:: nextpeer[mnt] != 0 && nextpeer[mnt] != mnt ->
		k = nextpeer[mnt];
		do
		:: nextpeer[k] != mnt -> k = nextpeer[k]
		:: else -> break
		od;
		nextpeer[k] = nextpeer[mnt]
	:: else
	fi;
	nextpeer[mnt] = 0; group[mnt] = 0; isshared[mnt] = false
}

inline leave_master(mnt) {
	k = mymaster[mnt];
	if
	:: k == 0
	:: k != 0 && firstslave[k] == mnt -> firstslave[k] = nextslave[mnt]
	:: else ->
		k = firstslave[k];
		do
		:: nextslave[k] != mnt -> k = nextslave[k]
		:: else -> break
		od;
		nextslave[k] = nextslave[mnt]
	fi;
	mymaster[mnt] = 0; nextslave[mnt] = 0
}

/* first_slave: mnt, which has no master, is the first slave of over */
inline first_slave(mnt, over) {
	mymaster[mnt] = over; nextslave[mnt] = firstslave[over];
	firstslave[over] = mnt
}

/* give_slaves: all slaves of mnt are slaves of heir, in front of those it has;
   where there is no heir they have no master any more */
inline give_slaves(mnt, heir) {
	k = firstslave[mnt];
	j = 0;
	do
	:: k == 0 -> break
	:: else ->
		mymaster[k] = heir;
		j = k;
		k = nextslave[k];
		if
		:: heir == 0 -> nextslave[j] = 0
		:: else
		fi
	od;
	if
	:: j != 0 && heir != 0 -> nextslave[j] = firstslave[heir]; firstslave[heir] = firstslave[mnt]
	:: else
	fi;
	firstslave[mnt] = 0
}

/* set_type: mnt alone becomes shared, slave or private */
inline set_type(mnt, type) {
	if
	:: type == SHARED ->
		if
		:: group[mnt] == 0 -> group[mnt] = mnt; nextpeer[mnt] = mnt
		:: else
		fi;
		isshared[mnt] = true
	:: else ->
		z = mymaster[mnt]; /* its master to be, and that of its slaves */
		if
		:: isshared[mnt] ->
			if
			:: nextpeer[mnt] != mnt -> z = nextpeer[mnt]
			:: else
			fi;
			leave_ring(mnt);
			give_slaves(mnt, z)
		:: else
		fi;
		leave_master(mnt);
		if
		:: type == SLAVE && z != 0 -> first_slave(mnt, z)
		:: else
		fi
	fi
}

/* ---- copies ---- */

inline private(mnt) {
	firstslave[mnt] = 0; nextslave[mnt] = 0; mymaster[mnt] = 0;
	nextpeer[mnt] = 0; group[mnt] = 0; isshared[mnt] = false
}

#define PLAIN 0 /* how a copy is made: a peer of a shared mount, beside a slave */
#define TO_SLAVE 1
#define TO_SHARED 2

inline clone(old, den, how) {
	cloned(old, den);
	private(n);
	group[n] = ((how & TO_SLAVE) -> 0 : group[old]);
	if
	:: (how & TO_SHARED) && group[n] == 0 -> group[n] = n
	:: else
	fi;
	isshared[n] = (group[n] != 0);
	if
	:: group[n] == 0
	:: group[n] != 0 && group[n] == group[old] -> nextpeer[n] = nextpeer[old]; nextpeer[old] = n
	:: else -> nextpeer[n] = n
	fi;
	if
	:: (how & TO_SLAVE) && group[old] != 0 -> first_slave(n, old)
	:: !((how & TO_SLAVE) && group[old] != 0) && mymaster[old] != 0 ->
		mymaster[n] = mymaster[old];
		nextslave[n] = nextslave[old]; nextslave[old] = n
	:: else
	fi
}

inline load_more(mnt) {
	nextpeer[mnt] = peer[mnt];
	isshared[mnt] = (peer[mnt] != 0);
	mymaster[mnt] = master[mnt]; firstslave[mnt] = slaves[mnt]; nextslave[mnt] = others[mnt];
	group[mnt] = 0;
	if
	:: peer[mnt] != 0 -> /* the least number in the ring */
		group[mnt] = mnt;
		k = peer[mnt];
		do
		:: k == mnt -> break
		:: k < group[mnt] -> group[mnt] = k
		:: else -> k = peer[k]
		od
	:: else
	fi
}

inline store_more(num, mnt) {
	peer[num] = number[nextpeer[mnt]]; master[num] = number[mymaster[mnt]];
	slaves[num] = number[firstslave[mnt]]; others[num] = number[nextslave[mnt]]
}

inline clear_more(num) {
	peer[num] = 0; master[num] = 0; slaves[num] = 0; others[num] = 0
}

inline print_more(num) { printf(" %d %d %d %d", peer[num], master[num], slaves[num], others[num]) }

/* ---- attaching ---- */

hidden byte receiver[ROOM], head[ROOM], receivers; /* in order; the first of its group */
hidden byte above[ROOM], level, h;
hidden byte made[ROOM], on[ROOM], copies;          /* copies, and where they go */
hidden byte ismaster[ROOM];                        /* of a mount that got a copy */
hidden byte before, last, mode, q, tree, src, dst, den;
hidden byte stays;

#define ISNEW(mnt) (mnt > before) /* made by this call */

/* group_found: the members of the group of h, from h on */
inline group_found() {
	n = h;
	do
	:: true ->
		if
		:: !ISNEW(n) && n != dst -> receiver[receivers] = n; head[receivers] = h; receivers++
		:: else
		fi;
		n = RING(n);
		if
		:: n == h -> break
		:: else
		fi
	od
}

/* find_receivers: what receives from dst, group by group; what receives from a group
   comes directly behind it, in the order of its members and of their slaves */
inline find_receivers() {
	receivers = 0; level = 0;
	h = dst;
	group_found();
	x = h; s = firstslave[x];
	do
	:: s != 0 -> /* a group, or one mount, that are slaves of x */
		above[level] = h; level++;
		h = s;
		group_found();
		x = h; s = (ISNEW(x) -> 0 : firstslave[x])
	:: s == 0 && RING(x) != h -> x = RING(x); s = (ISNEW(x) -> 0 : firstslave[x])
	:: s == 0 && RING(x) == h && level == 0 -> break
	:: else -> /* back, and on with the slave behind that group */
		x = mymaster[h]; s = nextslave[h];
		do
		:: s != 0 && group[h] != 0 && group[s] == group[h] -> s = nextslave[s]
		:: else -> break
		od;
		level--; h = above[level]
	od
}

/* find_source: the copy upstream of receiver n that its own is made of, and a slave
   of: from last, the copy before */
inline find_source() {
	m = receiver[i];
	q = mymaster[m];
	do
	:: q != 0 && !ismaster[q] -> m = q; q = mymaster[m]
	:: else -> break
	od;
	do
	:: PEERS(last, src) -> break
	:: else ->
		k = parent[last];
		if
		:: mymaster[k] == q ->
			if
			:: !PEERS(k, m) -> last = mymaster[last]
			:: else
			fi;
			break
		:: else -> last = mymaster[last]
		fi
	od
}

/* propagate: copies of the tree under src for all that receive from dst. They
   are not attached yet. */
inline propagate() {
	find_receivers();
	for (i : 0 .. ROOM-1) {
		ismaster[i] = false
	}
	if
	:: mymaster[dst] != 0 -> ismaster[mymaster[dst]] = true
	:: else
	fi;
	last = src;
	for (i : 0 .. receivers-1) {
		if
		:: i == 0 || head[i] != head[i-1] ->
			mode = (head[i] == dst -> TO_SHARED : (isshared[head[i]] -> TO_SLAVE + TO_SHARED : TO_SLAVE))
		:: else
		fi;
		if
		:: !BELOW(den, root[receiver[i]]) /* the place is not in what it shows */
		:: stays
		:: BELOW(den, root[receiver[i]]) && !stays ->
			if
			:: mode & TO_SLAVE -> find_source()
			:: else
			fi;
			if
			:: used + tree + 1 + (root2 != 0) > MOUNTS -> stays = true
			:: else ->
				copy_tree(last, root[last], mode);
				parent[y] = receiver[i];
				made[copies] = y; on[copies] = receiver[i]; copies++;
				if
				:: mymaster[receiver[i]] != 0 -> ismaster[mymaster[receiver[i]]] = true
				:: else
				fi;
				last = y;
				mode = TO_SHARED
			fi
		fi
	}
}

/* commit: the tree under mnt is mounted on dentry den of where. What is mounted
   there goes on top of it: only copies find something there. */
inline commit(mnt, where) {
	mounted_on(where, den);
	q = c;
	if
	:: q != 0 ->
		m = mnt; /* the top of the tree */
		mounted_on(m, root[m]);
		do
		:: c != 0 -> m = c; mounted_on(m, root[m])
		:: else -> break
		od;
		detach(q)
	:: else
	fi;
	attach(mnt, where, den);
	if
	:: q != 0 -> attach(q, m, root[m])
	:: else
	fi
}

/* attach_tree: the tree under src goes on dentry den of dst, and copies of it
   to what receives from dst */
inline attach_tree() {
	copies = 0;
	if
	:: group[dst] != 0 ->
		tree = 0;
		x = src;
		do
		:: x == 0 -> break
		:: else ->
			tree++;
			if
			:: group[x] == 0 -> group[x] = x; nextpeer[x] = x
			:: else
			fi;
			next(x, src)
		od;
		propagate();
		x = src;
		do
		:: x == 0 -> break
		:: else -> isshared[x] = true; next(x, src)
		od
	:: else
	fi;
	if
	:: stays
	:: else ->
		if
		:: parent[src] != 0 -> detach(src)
		:: else
		fi;
		commit(src, dst);
		do
		:: copies == 0 -> break
		:: else -> copies--; commit(made[copies], on[copies])
		od
	fi
}

/* ---- unmounting ---- */

hidden byte going[ROOM], goings;          /* what goes, in order */
hidden byte goes[ROOM];                   /* is among them */
hidden byte found[ROOM], founds;          /* candidates, the last one found at the end */
hidden byte seen[ROOM], candidate[ROOM], climbed[ROOM];
hidden byte heirs[ROOM];

inline goes_too(mnt) { going[goings] = mnt; goings++; goes[mnt] = true; candidate[mnt] = false }

inline tree_goes(top) {
	x = top;
	do
	:: x == 0 -> break
	:: else -> going[goings] = x; goings++; goes[x] = true; next(x, top)
	od
}

/* behind_slaves: from mnt on among what receives from p, leaving out mnt's slaves */
inline behind_slaves(mnt) {
	do
	:: mymaster[mnt] == mymaster[p] ->
		mnt = RING(mnt);
		if
		:: mnt == p -> mnt = 0
		:: else
		fi;
		break
	:: mymaster[mnt] != mymaster[p] && nextslave[mnt] != 0 -> mnt = nextslave[mnt]; break
	:: else -> mnt = mymaster[mnt]
	od
}

inline next_receiver(mnt) {
	if
	:: firstslave[mnt] != 0 -> mnt = firstslave[mnt]
	:: else -> behind_slaves(mnt)
	fi
}

/* find_candidates: what is mounted, on what receives from the parent, where a mount
   of the tree is */
inline find_candidates() {
	founds = 0;
	for (i : 0 .. goings-1) {
		x = going[i];
		if
		:: seen[x]
		:: else ->
			seen[x] = true;
			p = parent[x];
			n = p;
			next_receiver(n);
			do
			:: n == 0 -> break
			:: else ->
				mounted_on(n, mountpoint[x]);
				if
				:: c == 0 -> next_receiver(n)
				:: c != 0 && seen[c] -> /* behind all that receives from n */
					m = n;
					behind_slaves(n);
					do
					:: n != 0 && PEERS(m, n) -> behind_slaves(n)
					:: else -> break
					od
				:: else ->
					seen[c] = true;
					if
					:: !goes[c] -> candidate[c] = true; found[founds] = c; founds++
					:: else
					fi;
					next_receiver(n)
				fi
			od
		fi
	}
}

/* keep_still: a candidate stays if a mount survives strictly inside of it, for that
   would have to move. One on its root slides down in its place. */
inline keep_still() {
	i = founds;
	do
	:: i == 0 -> break
	:: else ->
		i--;
		y = found[i];
		if
		:: !candidate[y]
		:: else ->
			d = 0; /* bits: 1 a child, 2 a survivor, 4 a survivor strictly inside */
			c = child[y];
			do
			:: c == 0 -> break
			:: else ->
				if
				:: goes[c]
				:: !goes[c] && candidate[c] -> d = d | 1
				:: else -> d = d | 3 | (mountpoint[c] != root[y] -> 4 : 0)
				fi;
				c = sibling[c]
			od;
			if
			:: d & 2 ->
				z = y; k = parent[y];
				do
				:: !candidate[k] || climbed[z] -> break
				:: else ->
					climbed[z] = true;
					if
					:: mountpoint[z] != root[k] -> candidate[k] = false
					:: else
					fi;
					z = k; k = parent[k]
				od;
				if
				:: d & 4 -> candidate[y] = false
				:: else
				fi
			:: d == 0 -> goes_too(y)
			:: else
			fi
		fi
	od;
	i = founds;
	do
	:: i == 0 -> break
	:: else ->
		i--;
		y = found[i];
		do
		:: candidate[y] -> goes_too(y); y = parent[y]
		:: else -> break
		od
	od
}

/* slide: what survives on the root of something that goes takes its place */
inline slide() {
	for (i : tree .. goings-1) {
		y = going[i];
		mounted_on(y, root[y]);
		q = c;
		if
		:: q != 0 && !goes[q] ->
			do
			:: goes[parent[y]] -> y = parent[y]
			:: else -> break
			od;
			detach(q);
			attach(q, parent[y], mountpoint[y])
		:: else
		fi
	}
}

/* make_private: what goes leaves all rings, masters and slaves. The heir of its slaves
   is the first that survives: of its peers, of its master and that one's peers, … */
inline make_private() {
	for (i : 0 .. goings-1) {
		x = going[i];
		do
		:: x == 0 || !goes[x] -> break
		:: else ->
			y = RING(x);
			do
			:: y != x && goes[y] -> y = RING(y)
			:: else -> break
			od;
			x = (y != x -> y : mymaster[x])
		od;
		heirs[i] = x
	}
	for (i : 0 .. goings-1) {
		give_slaves(going[i], heirs[i])
	}
	for (i : 0 .. goings-1) {
		leave_ring(going[i]);
		leave_master(going[i])
	}
}

inline nothing_goes() {
	goings = 0; founds = 0;
	for (i : 0 .. ROOM-1) {
		goes[i] = false; seen[i] = false; candidate[i] = false; climbed[i] = false
	}
}

/* gone: what goes is in no list any more */
inline gone() {
	make_private();
	for (i : 0 .. goings-1) {
		if
		:: parent[going[i]] != 0 -> detach(going[i])
		:: else
		fi
	}
}

/* ---- calls ---- */

#define ATTACHES (op <= MOVE)
#define UMOUNTS  (op == UMOUNT || op == DETACH)
#define RETYPES  (op == SHARED || op == SLAVE || op == PRIVATE)

/* refused: whether the call fails, or leads beyond the limit; all errors come before
   anything is changed */
inline refused() {
	behind(src);
	if
	:: op == MOVE ->
		stays = (e != shows[src]          /* EINVAL: not the root of a mount */
			|| peer[up[src]] != 0     /* EINVAL: the parent is shared */
			|| src <= dst && dst < x) /* ELOOP: into itself */
	:: UMOUNTS ->
		stays = (den != shows[src]             /* EINVAL: not the root of a mount */
			|| op == UMOUNT && x > src + 1) /* EBUSY: something is mounted on it */
	:: RETYPES ->
		stays = (den != shows[src]) /* EINVAL: not the root of a mount */
	:: op == NEW || op == BIND || op == RBIND ->
		stays = !FITS(1)
	:: else -> stays = false
	fi
}

inline perform() {
	before = TOTAL;
	resolve(source, src, e);
	resolve(target, dst, den);
	if
	:: UMOUNTS || RETYPES -> src = dst
	:: else
	fi;
	refused();
	if
	:: stays
	:: else ->
		load();
		nothing_goes();
		if
		:: op == NEW -> new_fs(); private(n); src = n
		:: op == BIND -> clone(src, e, PLAIN); src = n
		:: op == RBIND || op == UNSHARE ->
			copy_tree(src, e, PLAIN);
			src = y
		:: else
		fi;
		if
		:: ATTACHES -> attach_tree()
		:: RETYPES -> set_type(src, op)
		:: UMOUNTS ->
			tree_goes(src);
			tree = goings;
			find_candidates();
			keep_still();
			slide()
		:: op == UNSHARE ->
			if
			:: root2 != 0 -> tree_goes(root2) /* nobody is in it any more */
			:: else
			fi;
			root2 = src
		fi;
		gone();
		if
		:: stays
		:: else -> store()
		fi
	fi
}

#define CALLS(who) \
	:: BY(who, NEW, 0, A)     :: BY(who, NEW, 0, B) \
	:: BY(who, BIND, ROOT, A) :: BY(who, BIND, A, A) :: BY(who, BIND, B, A) \
	:: BY(who, BIND, ROOT, B) :: BY(who, BIND, A, B) :: BY(who, BIND, B, B) \
	:: BY(who, RBIND, ROOT, A) :: BY(who, RBIND, A, A) :: BY(who, RBIND, B, A) \
	:: BY(who, RBIND, ROOT, B) :: BY(who, RBIND, A, B) :: BY(who, RBIND, B, B) \
	:: BY(who, MOVE, A, B)    :: BY(who, MOVE, B, A) \
	:: BY(who, SHARED, 0, ROOT)  :: BY(who, SHARED, 0, A)  :: BY(who, SHARED, 0, B) \
	:: BY(who, SLAVE, 0, ROOT)   :: BY(who, SLAVE, 0, A)   :: BY(who, SLAVE, 0, B) \
	:: BY(who, PRIVATE, 0, ROOT) :: BY(who, PRIVATE, 0, A) :: BY(who, PRIVATE, 0, B) \
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
