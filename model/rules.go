package model

// The rules, grouped by the calls that state them first.
const (
	// paths
	RulePathFault Rule = iota + 1
	RulePathTooLong
	RulePathEmpty
	RuleBadFD
	RuleNotDirectory
	RuleNotSearchable
	RuleNoProcess
	RuleNameTooLong
	RuleNoEntry
	RuleNoSymFollow
	RuleTooManyLinks
	RuleOutsideBind

	// files
	RuleFileExists
	RuleLastNotName
	RuleTrailingSlash
	RuleReadOnlyFS
	RuleEmptyTarget
	RuleDeadDirectory
	RuleImmutableDirectory
	RuleNoFileMade
	RuleNothingMade
	RuleMknodMode
	RuleRmdirDot
	RuleRmdirDotDot
	RuleRmdirRoot
	RuleUnlinkNotName
	RuleUnlinkDirectory
	RuleLocalMountpoint
	RuleNotEmpty
	RuleCrossMount
	RuleRenameNotName
	RuleRenameIntoSelf
	RuleRenameOverAncestor
	RuleRenameOverFile
	RuleRenameOverDirectory

	// mount(2)
	RuleMountString
	RuleMountNoUser
	RuleMayMount
	RuleNoFSType
	RuleUnknownFSType
	RuleNewMountCapability
	RuleTooRevealing
	RuleTargetRemoved
	RuleTargetNotMounted
	RuleTargetForeign
	RuleSameSBOnItself
	RuleNoUserFS
	RuleDirOnFile

	// bind
	RuleNoSource
	RuleNamespaceLoop
	RuleSourceUnbindable
	RuleSourceForeign
	RuleSourcePseudo
	RuleSourceUnmounted
	RuleLockedChildren
	RuleCopyMntNSFile
	RuleLockedUnbindable
	RuleLockedMntNSFile
	RuleNamespaceLoopBelow
	RuleRootRemoved
	RuleMountMax

	// move
	RuleFromNotMountRoot
	RuleMoveDirMismatch
	RuleBeneathNotMountRoot
	RuleBeneathNoParent
	RuleFromNoParent
	RuleFromLocked
	RuleFromParentShared
	RuleMoveTargetForeign
	RuleFromNotDetachedRoot
	RuleFromSameTree
	RuleMoveTargetUnusable
	RuleBeneathLocked
	RuleBeneathRoot
	RuleBeneathOnRoot
	RuleBeneathLockedNSFile
	RuleBeneathOvermounted
	RuleBeneathAncestor
	RuleBeneathOvermountTarget
	RuleBeneathOvermountSource
	RuleUnbindableInTree
	RuleNamespaceLoopMoved
	RuleMoveIntoSelf

	// remount, change of type
	RuleRemountForeign
	RuleNotMountRoot
	RuleAttributeLocked
	RuleRemountWriters
	RuleRemountNoUser
	RuleSBCapability
	RuleSBBusy
	RuleTypeFlags
	RulePropNotMounted
	RulePropNotCapable

	// umount2
	RuleUmountFlags
	RuleUmountForeign
	RuleUmountLocked
	RuleUmountForce
	RuleExpireRoot
	RuleExpireFlags
	RuleExpireBusy
	RuleExpireMarked
	RuleUmountRootInternal
	RuleUmountNoParent
	RuleUmountBusy

	// pivot_root
	RulePivotForeign
	RulePivotPutOldShared
	RulePivotNewParentShared
	RulePivotRootParentShared
	RulePivotLocked
	RulePivotRemoved
	RulePivotBusy
	RulePivotRootNotMount
	RulePivotRootNoParent
	RulePivotNewNotMount
	RulePivotNewNoParent
	RulePivotPutOldOutside
	RulePivotNewOutside

	// chroot
	RuleChrootCapability
	RuleFchrootFlags
	RuleNoSuchCall

	// open, descriptors
	RuleTooManyFiles
	RuleOpenDirectoryWrite
	RuleOpenImmutable
	RuleOpenSymlink
	RulePathOnlyFD

	// open_tree, fsmount
	RuleOpenTreeFlags
	RuleOpenTreeRecursive
	RuleOpenTreeBoth
	RuleOwnCapability
	RuleNamespaceOfFile
	RuleForeignChildren

	// fs contexts
	RuleFsopenFlags
	RuleFsmountFlags
	RuleFsmountAttrs
	RuleFsmountAtime
	RuleNotContext
	RuleContextEmpty
	RuleContextUsed
	RuleFsconfigCommand
	RuleFsconfigArguments
	RuleParameterTooLong
	RuleContextBusy
	RuleParameterUnknown
	RuleParameterSource
	RuleFilesystemExists
	RuleFspickFlags

	// mount_setattr
	RuleSetattrFlags
	RuleSetattrTooBig
	RuleSetattrTooSmall
	RuleAttrNull
	RuleAttrNullSize
	RuleAttrPropagation
	RuleAttrUnknown
	RuleAttrAtime
	RuleAttrClearIDMap
	RuleAttrUserNSRange
	RuleAttrNotNamespace
	RuleAttrNotUserNS
	RuleAttrInitUserNS
	RuleAttrUserNSCapability
	RuleSetattrForeign
	RuleIDMapOwner
	RuleIDMapTwice
	RuleIDMapType
	RuleIDMapCapability
	RuleIDMapAttached

	// set_group
	RuleGroupSB
	RuleGroupRoot
	RuleGroupLocked
	RuleGroupTargetNotPrivate
	RuleGroupSourcePrivate
	RuleMoveFlags
	RuleMoveBeneathGroup

	// namespaces
	RuleUnshareFlags
	RuleCloneFlagsFS
	RuleCloneSysvsem
	RuleChrooted
	RuleNotNamespaceFD
	RuleWrongNamespaceType
	RuleProcessGone
	RuleSetnsPtrace
	RuleSetnsCapability
	RuleSetnsOwnCapability
	RuleSetnsSharedFS
	RuleSetnsOwnUser
	RulePidfdFlags
	RulePidfdGone
	RuleIoctlNotPidfd
	RuleIoctlArgument
	RuleIoctlMayInspect
)

// rules declares each rule once: its name, the errno, where the specification
// has it, and its sentence.
var rules = [...]ruleInfo{
	RulePathFault:              {"path-null", EFAULT, "spec 02 §1", "the path is NULL"},
	RulePathTooLong:            {"path-too-long", ENAMETOOLONG, "spec 02 §1", "the path is longer than 4095 bytes"},
	RulePathEmpty:              {"path-empty", ENOENT, "spec 02 §1", "the path is empty, and no flag allows that"},
	RuleBadFD:                  {"bad-descriptor", EBADF, "spec 02 §1", "descriptor %i is not open"},
	RuleNotDirectory:           {"not-a-directory", ENOTDIR, "spec 02 §2", "%d is not a directory"},
	RuleNotSearchable:          {"start-is-a-file", EACCES, "spec 02 §2", "%d, where the path starts, is a file"},
	RuleNoProcess:              {"no-such-process-link", ENOENT, "spec 02 §4", "the process or descriptor that the magic link names does not exist, or may not be inspected"},
	RuleNameTooLong:            {"name-too-long", ENAMETOOLONG, "spec 08 §1.3", "a component below %d is longer than 255 bytes"},
	RuleNoEntry:                {"no-entry", ENOENT, "spec 02 §2", "%d has no entry %s"},
	RuleNoSymFollow:            {"nosymfollow", ELOOP, "spec 02 §2", "%m is nosymfollow, and the path needs a symlink on it followed"},
	RuleTooManyLinks:           {"too-many-symlinks", ELOOP, "spec 02 §2", "the path needs more than 40 symlinks followed"},
	RuleOutsideBind:            {"outside-of-bind", ENOENT, "spec 02 §2", ".. of %d leads out of what the bind mount shows"},
	RuleFileExists:             {"file-exists", EEXIST, "spec 08 §1.1", "%d exists"},
	RuleLastNotName:            {"last-component-exists", EEXIST, "spec 08 §1.1", "the last component is '.', '..' or '/', which exist"},
	RuleTrailingSlash:          {"trailing-slash", ENOENT, "spec 08 §1.1", "a slash comes behind the name of what is not to be a directory"},
	RuleReadOnlyFS:             {"read-only", EROFS, "spec 08 §1.1", "%m is read-only, or its filesystem is"},
	RuleEmptyTarget:            {"empty-symlink-target", ENOENT, "spec 08 §1", "the target of a symlink cannot be empty"},
	RuleDeadDirectory:          {"dead-directory", ENOENT, "spec 08 §1", "%d was removed, nothing can be made in it"},
	RuleImmutableDirectory:     {"immutable-directory", ENOENT, "spec 08 §1.4", "%d is of a filesystem in which nothing can be made"},
	RuleNoFileMade:             {"no-file-made-here", EACCES, "spec 08 §1.4", "%d is of a filesystem whose files are the kernel's"},
	RuleNothingMade:            {"nothing-made-here", EPERM, "spec 08 §1.4", "%d is of a filesystem whose files are the kernel's"},
	RuleMknodMode:              {"mknod-not-a-file", EINVAL, "spec 08 §1", "mknod makes regular files only here"},
	RuleRmdirDot:               {"rmdir-dot", EINVAL, "spec 08 §1", "the last component is '.'"},
	RuleRmdirDotDot:            {"rmdir-dot-dot", ENOTEMPTY, "spec 08 §1", "the last component is '..'"},
	RuleRmdirRoot:              {"rmdir-root", EBUSY, "spec 08 §1", "the root cannot be removed"},
	RuleUnlinkNotName:          {"unlink-not-a-name", EISDIR, "spec 08 §1", "the last component is '.', '..' or '/'"},
	RuleUnlinkDirectory:        {"unlink-directory", EISDIR, "spec 08 §1", "%d is a directory"},
	RuleLocalMountpoint:        {"local-mountpoint", EBUSY, "spec 04 §19", "%d is a mountpoint in the caller's mount namespace"},
	RuleNotEmpty:               {"not-empty", ENOTEMPTY, "spec 08 §1.2", "%d is not empty"},
	RuleCrossMount:             {"across-mounts", EXDEV, "spec 08 §1.2", "the two directories are on different mounts, %m and %m"},
	RuleRenameNotName:          {"rename-not-a-name", EBUSY, "spec 08 §1.2", "a last component is '.', '..' or '/'"},
	RuleRenameIntoSelf:         {"rename-into-itself", EINVAL, "spec 08 §1.2", "%d cannot be moved below itself"},
	RuleRenameOverAncestor:     {"rename-over-ancestor", ENOTEMPTY, "spec 08 §1.2", "%d is above what is renamed"},
	RuleRenameOverFile:         {"rename-directory-over-file", ENOTDIR, "spec 08 §1.2", "%d is not a directory, what is renamed is"},
	RuleRenameOverDirectory:    {"rename-file-over-directory", EISDIR, "spec 08 §1.2", "%d is a directory, what is renamed is not"},
	RuleMountString:            {"mount-string-too-long", EINVAL, "spec 04 §1.1", "the filesystem type or the source is longer than a page"},
	RuleMountNoUser:            {"ms-nouser", EINVAL, "spec 04 §1.4", "MS_NOUSER, and all bits above, are the kernel's own"},
	RuleMayMount:               {"may-mount", EPERM, "spec 01 §4", "the caller lacks CAP_SYS_ADMIN in %u, which owns its mount namespace"},
	RuleNoFSType:               {"no-filesystem-type", EINVAL, "spec 04 §2.1", "no filesystem type is given"},
	RuleUnknownFSType:          {"unknown-filesystem-type", ENODEV, "spec 04 §2.2", "no such filesystem type"},
	RuleNewMountCapability:     {"filesystem-needs-capability", EPERM, "spec 04 §2.5", "the caller lacks CAP_SYS_ADMIN in %u, which would own the filesystem"},
	RuleTooRevealing:           {"too-revealing", EPERM, "spec 04 §2.1", "no instance of the filesystem is fully visible in %n: mounting one would reveal what is hidden there"},
	RuleTargetRemoved:          {"target-removed", ENOENT, "spec 04 §1.1", "%d was removed: nothing can be mounted there"},
	RuleTargetNotMounted:       {"target-not-mounted", ENOENT, "spec 04 §1.1", "%m, which holds the target, is in no mount namespace"},
	RuleTargetForeign:          {"target-in-other-namespace", EINVAL, "spec 04 §2.9", "%m, the parent-to-be, is not in the caller's mount namespace"},
	RuleSameSBOnItself:         {"same-filesystem-on-itself", EBUSY, "spec 04 §2.10", "%m has the same filesystem and root already"},
	RuleNoUserFS:               {"internal-filesystem", EINVAL, "spec 04 §2.12", "the filesystem of the source is the kernel's own, and may not be mounted"},
	RuleDirOnFile:              {"directory-mismatch", ENOTDIR, "spec 04 §2.13", "of %d and what is to be mounted on it, one is a directory and one is not"},
	RuleNoSource:               {"no-source", EINVAL, "spec 04 §3.1", "no source is given"},
	RuleNamespaceLoop:          {"namespace-loop", EINVAL, "spec 04 §3.3", "the source is the file of %n, which is not newer than the caller's mount namespace"},
	RuleSourceUnbindable:       {"source-unbindable", EINVAL, "spec 04 §3.6", "the source, %m, is unbindable"},
	RuleSourceForeign:          {"source-in-other-namespace", EINVAL, "spec 04 §3.7", "the source, %m, is neither in the caller's mount namespace nor in a detached tree made from it"},
	RuleSourcePseudo:           {"source-pseudo-file", EINVAL, "spec 04 §3.8", "%d is a file of the kernel's own that cannot be mounted"},
	RuleSourceUnmounted:        {"source-not-mounted", EINVAL, "spec 04 §3.9", "the source, %m, is mounted nowhere: it has no tree to copy"},
	RuleLockedChildren:         {"locked-children", EINVAL, "spec 04 §3.10", "%m, below the source, is locked in place, and would be left out: what it covers would show"},
	RuleCopyMntNSFile:          {"copy-of-namespace-file", EINVAL, "spec 03 §4.2", "the source is the file of a mount namespace, of which neither receivers of propagation nor new namespaces get a copy"},
	RuleLockedUnbindable:       {"locked-unbindable", EPERM, "spec 03 §4.4", "%m is unbindable and locked in place: leaving it out would show what it covers"},
	RuleLockedMntNSFile:        {"locked-namespace-file", EPERM, "spec 03 §4.4", "%m is the file of a mount namespace and locked in place: leaving it out would show what it covers"},
	RuleNamespaceLoopBelow:     {"namespace-loop-below", EINVAL, "spec 04 §3.12", "a mount below the source, which would be copied along, is the file of a mount namespace not newer than the caller's"},
	RuleRootRemoved:            {"root-removed", ENOENT, "spec 04 §3.15", "the root of what is to be mounted was removed"},
	RuleMountMax:               {"mount-max", ENOSPC, "spec 04 §22", "%n would exceed fs.mount-max: it has %i mounts and would get %i more"},
	RuleFromNotMountRoot:       {"source-not-a-mount", EINVAL, "spec 04 §4.1", "the source, %d, is not the root of a mount"},
	RuleMoveDirMismatch:        {"move-directory-mismatch", EINVAL, "spec 04 §4.2", "of %d and the source, one is a directory and one is not"},
	RuleBeneathNotMountRoot:    {"beneath-not-a-mount", EINVAL, "spec 04 §4.3", "the target, %d, is not the root of a mount: there is nothing to go beneath"},
	RuleBeneathNoParent:        {"beneath-no-parent", EINVAL, "spec 04 §4.3", "the target, %m, has no parent"},
	RuleFromNoParent:           {"source-no-parent", EINVAL, "spec 04 §4.4", "the source, %m, is the root of its mount namespace"},
	RuleFromLocked:             {"source-locked", EINVAL, "spec 04 §4.4", "the source, %m, is locked in place"},
	RuleFromParentShared:       {"parent-of-source-shared", EINVAL, "spec 04 §4.4", "the parent of the source, %m, is %g"},
	RuleMoveTargetForeign:      {"move-target-in-other-namespace", EINVAL, "spec 04 §4.4", "%m, the parent-to-be, is not in the caller's mount namespace"},
	RuleFromNotDetachedRoot:    {"source-not-detached-root", EINVAL, "spec 04 §4.4", "the source, %m, is neither in the caller's mount namespace nor the root of a detached tree"},
	RuleFromSameTree:           {"source-and-target-in-one-tree", EINVAL, "spec 04 §4.4", "source and target are in the same detached tree"},
	RuleMoveTargetUnusable:     {"move-target-unusable", EINVAL, "spec 04 §4.4", "%m, the parent-to-be, is neither in the caller's mount namespace nor in a detached tree made from it"},
	RuleBeneathLocked:          {"beneath-locked", EINVAL, "spec 07 §3.6", "the target, %m, is locked in place"},
	RuleBeneathRoot:            {"beneath-root", EINVAL, "spec 07 §3.6", "the target, %m, is the mount of the caller's root"},
	RuleBeneathOnRoot:          {"beneath-on-namespace-root", EINVAL, "spec 07 §3.6", "the target, %m, is mounted on the root of the mount namespace"},
	RuleBeneathLockedNSFile:    {"beneath-locked-namespace-file", EINVAL, "spec 04 §4.5", "%m is locked in place, and the file of a mount namespace cannot take over the lock"},
	RuleBeneathOvermounted:     {"source-overmounted", EINVAL, "spec 04 §4.5", "something is mounted on the source, %m"},
	RuleBeneathAncestor:        {"beneath-ancestor", EINVAL, "spec 04 §4.5", "the target, %m, is the source or above it"},
	RuleBeneathOvermountTarget: {"would-overmount-target", EINVAL, "spec 04 §4.5", "the target's parent propagates to the target, %m: a copy would be mounted over it"},
	RuleBeneathOvermountSource: {"would-overmount-source", EINVAL, "spec 04 §4.5", "the target's parent propagates to the source, %m: a copy would be mounted over it"},
	RuleUnbindableInTree:       {"unbindable-in-tree", EINVAL, "spec 04 §4.6", "%m is unbindable, and the parent-to-be is shared: it would have to be copied"},
	RuleNamespaceLoopMoved:     {"namespace-loop-moved", ELOOP, "spec 04 §4.7", "%m is the file of a mount namespace not newer than the caller's"},
	RuleMoveIntoSelf:           {"move-into-itself", ELOOP, "spec 04 §4.8", "%m cannot be moved below itself"},
	RuleRemountForeign:         {"remount-in-other-namespace", EINVAL, "spec 04 §5.1", "%m is not in the caller's mount namespace"},
	RuleNotMountRoot:           {"not-a-mount", EINVAL, "spec 02 §4", "%d is not the root of a mount"},
	RuleAttributeLocked:        {"attribute-locked", EPERM, "spec 04 §5.3", "%m has a locked attribute that would change: %l"},
	RuleRemountWriters:         {"open-for-writing", EBUSY, "spec 04 §5.4", "a file on %m is open for writing"},
	RuleRemountNoUser:          {"remount-internal", EINVAL, "spec 04 §6.3b", "the filesystem of %m is the kernel's own"},
	RuleSBCapability:           {"not-owner-of-filesystem", EPERM, "spec 04 §6.4", "the caller lacks CAP_SYS_ADMIN in %u, which owns the filesystem"},
	RuleSBBusy:                 {"filesystem-in-use", EBUSY, "spec 04 §6.5", "the filesystem has a file open for writing, or a removed one in use"},
	RuleTypeFlags:              {"propagation-flags", EINVAL, "spec 04 §7.2", "want exactly one of MS_SHARED, MS_PRIVATE, MS_SLAVE and MS_UNBINDABLE, and beside it only MS_REC and MS_SILENT"},
	RulePropNotMounted:         {"propagation-not-mounted", EINVAL, "spec 01 §4", "%m is in no mount namespace"},
	RulePropNotCapable:         {"propagation-not-capable", EPERM, "spec 01 §4", "%m is in a mount namespace owned by %u, where the caller lacks CAP_SYS_ADMIN"},
	RuleUmountFlags:            {"umount-flags", EINVAL, "spec 04 §8.1", "unknown flags"},
	RuleUmountForeign:          {"umount-in-other-namespace", EINVAL, "spec 04 §8.5", "%m is not in the caller's mount namespace"},
	RuleUmountLocked:           {"umount-locked", EINVAL, "spec 04 §8.6", "%m is locked in place"},
	RuleUmountForce:            {"umount-force", EPERM, "spec 04 §8.7", "MNT_FORCE needs CAP_SYS_ADMIN in %u, which owns the filesystem"},
	RuleExpireRoot:             {"expire-root", EINVAL, "spec 04 §8.8", "%m is the mount of the caller's root directory"},
	RuleExpireFlags:            {"expire-flags", EINVAL, "spec 04 §8.8", "MNT_EXPIRE goes with neither MNT_FORCE nor MNT_DETACH"},
	RuleExpireBusy:             {"expire-busy", EBUSY, "spec 04 §8.8", "%b"},
	RuleExpireMarked:           {"expire-marked", EAGAIN, "spec 04 §8.8", "%m is marked now; it expires at the next call if nobody uses it until then"},
	RuleUmountRootInternal:     {"umount-root-internal", EINVAL, "spec 04 §8.10", "the root's filesystem is the kernel's own: it cannot be made read-only"},
	RuleUmountNoParent:         {"umount-no-parent", EINVAL, "spec 04 §8.11", "%m is the root of its mount namespace"},
	RuleUmountBusy:             {"umount-busy", EBUSY, "spec 03 §5.3", "%b"},
	RulePivotForeign:           {"pivot-other-namespace", EINVAL, "spec 04 §9.4", "%m is not in the caller's mount namespace"},
	RulePivotPutOldShared:      {"put-old-shared", EINVAL, "spec 04 §9.5", "the mount of put_old, %m, is %g"},
	RulePivotNewParentShared:   {"parent-of-new-root-shared", EINVAL, "spec 04 §9.5", "the parent of new_root, %m, is %g"},
	RulePivotRootParentShared:  {"parent-of-root-shared", EINVAL, "spec 04 §9.5", "the parent of the current root, %m, is %g"},
	RulePivotLocked:            {"new-root-locked", EINVAL, "spec 04 §9.6", "new_root, %m, is locked in place"},
	RulePivotRemoved:           {"new-root-removed", ENOENT, "spec 04 §9.7", "new_root, %d, was removed"},
	RulePivotBusy:              {"new-root-is-root", EBUSY, "spec 04 §9.8", "%w is on the current root mount, %m"},
	RulePivotRootNotMount:      {"root-not-a-mount", EINVAL, "spec 04 §9.9", "the caller's root, %d, is not the root of a mount: it was chrooted there"},
	RulePivotRootNoParent:      {"root-no-parent", EINVAL, "spec 04 §9.10", "the current root, %m, is the root of its mount namespace and cannot be moved"},
	RulePivotNewNotMount:       {"new-root-not-a-mount", EINVAL, "spec 04 §9.11", "new_root, %d, is not the root of a mount"},
	RulePivotNewNoParent:       {"new-root-no-parent", EINVAL, "spec 04 §9.12", "new_root, %m, is the root of its mount namespace"},
	RulePivotPutOldOutside:     {"put-old-not-below-new-root", EINVAL, "spec 04 §9.13", "put_old, %d, is not at or below new_root"},
	RulePivotNewOutside:        {"new-root-not-below-root", EINVAL, "spec 04 §9.14", "new_root, %d, is not below the current root"},
	RuleChrootCapability:       {"chroot-capability", EPERM, "spec 04 §20", "the caller lacks CAP_SYS_CHROOT in %u"},
	RuleFchrootFlags:           {"fchroot-flags", EINVAL, "spec 04 §20", "flags must be 0"},
	RuleTooManyFiles:           {"too-many-files", EMFILE, "spec 05 §1.1", "no descriptor below %i is free"},
	RuleOpenImmutable:          {"open-immutable-file", EPERM, "spec 04 §19", "%d is the file of a namespace, and is opened for writing"},
	RuleOpenDirectoryWrite:     {"open-directory-for-writing", EISDIR, "spec 04 §19", "%d is a directory, and is opened for writing"},
	RuleOpenSymlink:            {"open-symlink", ELOOP, "spec 02 §3", "%d is a symlink, and O_NOFOLLOW is given"},
	RulePathOnlyFD:             {"path-only-descriptor", EBADF, "spec 08 §2.1", "descriptor %i was opened with O_PATH"},
	RuleOpenTreeFlags:          {"open-tree-flags", EINVAL, "spec 05 §1.1.1", "unknown flags"},
	RuleOpenTreeRecursive:      {"recursive-without-copy", EINVAL, "spec 05 §1.1.2", "AT_RECURSIVE goes with OPEN_TREE_CLONE or OPEN_TREE_NAMESPACE only"},
	RuleOpenTreeBoth:           {"clone-and-namespace", EINVAL, "spec 05 §1.1.3", "OPEN_TREE_CLONE and OPEN_TREE_NAMESPACE exclude each other"},
	RuleOwnCapability:          {"own-capability", EPERM, "spec 05 §1.1.4", "the caller lacks CAP_SYS_ADMIN in its own user namespace, %u"},
	RuleNamespaceOfFile:        {"namespace-of-file", ENOTDIR, "spec 05 §1.1.6", "%d is not a directory, and cannot be the root of a mount namespace"},
	RuleForeignChildren:        {"foreign-children", EINVAL, "spec 05 §1.1.9", "%m is below the source, and a copy without it by a caller from %u would show what it covers"},
	RuleNoSuchCall:             {"no-such-call", ENOSYS, "spec 07 §1", "this release does not have the call"},
	RuleFsopenFlags:            {"fsopen-flags", EINVAL, "spec 04 §11", "unknown flags"},
	RuleFsmountFlags:           {"fsmount-flags", EINVAL, "spec 05 §2", "unknown flags"},
	RuleFsmountAttrs:           {"fsmount-attributes", EINVAL, "spec 05 §2", "unknown attributes"},
	RuleFsmountAtime:           {"fsmount-access-time", EINVAL, "spec 05 §2", "the access time is none of relatime, noatime, strictatime"},
	RuleNotContext:             {"not-a-context", EINVAL, "spec 05 §2", "descriptor %i is no filesystem context"},
	RuleContextEmpty:           {"context-without-filesystem", EINVAL, "spec 05 §2", "the context has no filesystem yet: FSCONFIG_CMD_CREATE comes first"},
	RuleContextUsed:            {"context-used", EBUSY, "spec 05 §2", "the context has been used: it does not wait for a mount"},
	RuleFsconfigCommand:        {"fsconfig-command", EOPNOTSUPP, "spec 08 §2.2", "unknown command"},
	RuleFsconfigArguments:      {"fsconfig-arguments", EINVAL, "spec 08 §2.2", "the command takes other arguments: FSCONFIG_CMD_ neither key, value nor aux; a parameter its key, what it is set to and nothing else"},
	RuleParameterTooLong:       {"parameter-too-long", EINVAL, "spec 04 §11", "the name of a parameter, or what it is set to, is longer than 255 bytes"},
	RuleParameterSource:        {"parameter-source", EINVAL, "spec 04 §§2, 11", "the source is given already, or is no string"},
	RuleParameterUnknown:       {"parameter-unknown", EINVAL, "spec 04 §§2, 6, 11", "the filesystem has no parameter %s"},
	RuleFilesystemExists:       {"filesystem-exists", EBUSY, "spec 08 §2.2", "there is such a filesystem already, and the command wants a new one"},
	RuleContextBusy:            {"context-not-waiting", EBUSY, "spec 08 §2.2", "the context does not wait for this command"},
	RuleFspickFlags:            {"fspick-flags", EINVAL, "spec 04 §11", "unknown flags"},
	RuleSetattrFlags:           {"setattr-flags", EINVAL, "spec 04 §14.1", "unknown flags"},
	RuleSetattrTooBig:          {"setattr-size-large", E2BIG, "spec 04 §14.2", "size is larger than a page"},
	RuleSetattrTooSmall:        {"setattr-size-small", EINVAL, "spec 04 §14.3", "size is below MOUNT_ATTR_SIZE_VER0, 32"},
	RuleAttrNull:               {"attributes-null", EFAULT, "spec 04 §14", "the attributes are NULL"},
	RuleAttrNullSize:           {"attributes-null-size", EINVAL, "spec 04 §15", "the attributes are NULL and size is not 0"},
	RuleAttrPropagation:        {"attributes-propagation", EINVAL, "spec 04 §14.7", "propagation is not one of the four types"},
	RuleAttrUnknown:            {"attributes-unknown", EINVAL, "spec 04 §14.8", "unknown attributes"},
	RuleAttrAtime:              {"attributes-access-time", EINVAL, "spec 04 §14.9", "to change the access time, all of MOUNT_ATTR__ATIME must be cleared and one of its values set"},
	RuleAttrClearIDMap:         {"attributes-clear-idmap", EINVAL, "spec 04 §14.10", "an idmapping can be cleared on a fresh copy only, by open_tree_attr with OPEN_TREE_CLONE"},
	RuleAttrUserNSRange:        {"attributes-userns-range", EINVAL, "spec 04 §14.10", "userns_fd is no descriptor number"},
	RuleAttrNotNamespace:       {"attributes-not-a-namespace", EINVAL, "spec 04 §14.10", "descriptor %i is no namespace"},
	RuleAttrNotUserNS:          {"attributes-not-a-user-namespace", EINVAL, "spec 04 §14.10", "descriptor %i is no user namespace"},
	RuleAttrInitUserNS:         {"attributes-initial-user-namespace", EPERM, "spec 04 §14.10", "the initial user namespace cannot be the mapping"},
	RuleAttrUserNSCapability:   {"attributes-userns-capability", EPERM, "spec 04 §14.10", "the caller lacks CAP_SYS_ADMIN in %u"},
	RuleSetattrForeign:         {"setattr-in-other-namespace", EINVAL, "spec 04 §14.13", "%m is neither in the caller's mount namespace nor the root of a detached tree"},
	RuleIDMapOwner:             {"idmap-own-namespace", EINVAL, "spec 04 §14.15", "the filesystem of %m is owned by that user namespace"},
	RuleIDMapTwice:             {"idmap-twice", EPERM, "spec 04 §14.15", "%m is idmapped already"},
	RuleIDMapType:              {"idmap-filesystem", EINVAL, "spec 04 §14.15", "the filesystem of %m cannot be idmapped"},
	RuleIDMapCapability:        {"idmap-capability", EPERM, "spec 04 §14.15", "the caller does not have CAP_SYS_ADMIN over the filesystem of %m"},
	RuleIDMapAttached:          {"idmap-attached", EINVAL, "spec 04 §14.15", "%m is not in a detached tree: others may use it already"},
	RuleGroupSB:                {"set-group-filesystems", EINVAL, "spec 04 §13.5", "%m and %m are of different filesystems"},
	RuleGroupRoot:              {"set-group-roots", EINVAL, "spec 04 §13.6", "%m does not show what %m shows"},
	RuleGroupLocked:            {"set-group-locked-children", EINVAL, "spec 04 §13.7", "%m, below what the target shows, is locked in place in the source"},
	RuleGroupTargetNotPrivate:  {"set-group-target", EINVAL, "spec 04 §13.8", "the target, %m, is not private"},
	RuleGroupSourcePrivate:     {"set-group-source", EINVAL, "spec 04 §13.9", "the source, %m, is neither shared nor a slave"},
	RuleMoveFlags:              {"move-mount-flags", EINVAL, "spec 04 §12.2", "unknown flags"},
	RuleMoveBeneathGroup:       {"beneath-and-set-group", EINVAL, "spec 04 §12.3", "MOVE_MOUNT_BENEATH and MOVE_MOUNT_SET_GROUP exclude each other"},
	RuleUnshareFlags:           {"unshare-flags", EINVAL, "spec 04 §16", "unknown flags"},
	RuleCloneSysvsem:           {"clone-sysvsem-with-ipc", EINVAL, "spec 04 §16", "CLONE_SYSVSEM excludes a new IPC namespace"},
	RuleCloneFlagsFS:           {"clone-fs-with-namespace", EINVAL, "spec 04 §16", "CLONE_FS excludes a new mount or user namespace"},
	RuleChrooted:               {"chrooted", EPERM, "spec 04 §16", "the caller is chrooted: its root is not the root of the topmost mount on the root of its mount namespace"},
	RuleNotNamespaceFD:         {"not-a-namespace", EINVAL, "spec 04 §17", "descriptor %i is no namespace"},
	RuleWrongNamespaceType:     {"wrong-namespace-type", EINVAL, "spec 04 §17", "descriptor %i is not of the type that nstype asks for"},
	RuleProcessGone:            {"process-gone", ESRCH, "spec 08 §2.3", "the process has exited"},
	RuleSetnsPtrace:            {"setns-may-not-inspect", EPERM, "spec 04 §17", "the caller may not inspect the process"},
	RuleSetnsCapability:        {"setns-capability", EPERM, "spec 04 §17.1", "the caller lacks CAP_SYS_ADMIN in %u, which owns the namespace"},
	RuleSetnsOwnCapability:     {"setns-own-capability", EPERM, "spec 04 §17.1", "the caller lacks CAP_SYS_CHROOT or CAP_SYS_ADMIN in its own user namespace, %u"},
	RuleSetnsSharedFS:          {"setns-shared-root", EINVAL, "spec 04 §17.3", "another task shares the caller's root and working directory"},
	RuleSetnsOwnUser:           {"setns-own-user-namespace", EINVAL, "spec 04 §17", "the caller is in that user namespace already"},
	RulePidfdFlags:             {"pidfd-flags", EINVAL, "spec 08 §2.3", "flags must be 0"},
	RulePidfdGone:              {"pidfd-of-gone", ESRCH, "spec 08 §2.3", "no such process"},
	RuleIoctlNotPidfd:          {"ioctl-not-a-pidfd", ENOTTY, "spec 04 §24", "descriptor %i is no pidfd, or the request is unknown"},
	RuleIoctlArgument:          {"ioctl-argument", EINVAL, "spec 04 §24", "such a request takes no argument"},
	RuleIoctlMayInspect:        {"ioctl-may-not-inspect", EACCES, "spec 04 §24", "the caller may not inspect the process"},
}
