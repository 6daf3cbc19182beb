package model

import "slices"

// Checks lists the rules that can refuse a call, in the order in which they are
// applied. For mount(2) and open_tree(2), which are many calls behind one
// name, they are those of the call that the flags choose. A rule that is
// applied at several points, such as those of path resolution, stands where it
// is applied first.
func Checks(c *Call) []Rule {
	if c.Op >= NumOps {
		return nil
	}
	lists := checks[c.Op]
	switch c.Op {
	case OpMount:
		lists = append(slices.Clip(lists), mountBranch(uint64(c.Args[3].N))...)
	case OpOpenTree, OpOpenTreeAttr:
		lists = openTreeChecks(c)
	case OpFsmount:
		lists = fsmountChecks(uint64(c.Args[1].N))
	case OpMoveMount:
		lists = append(slices.Clip(lists), moveBranch(uint64(c.Args[4].N))...)
	}
	var all []Rule
	for _, list := range lists {
		for _, r := range list {
			if !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	return all
}

// ruleList is a stretch of rules that calls have in common.
type ruleList = []Rule

var (
	pathChecks = ruleList{RulePathFault, RulePathTooLong, RulePathEmpty, RuleBadFD, RuleNotDirectory, RuleNotSearchable, RuleNoProcess,
		RuleOutsideBind, RuleNameTooLong, RuleNoEntry, RuleNoSymFollow, RuleTooManyLinks}
	// Paths of calls without a descriptor start at the root or the working
	// directory only: there is none that could be bad.
	cwdPathChecks = slices.DeleteFunc(slices.Clone(pathChecks), func(r Rule) bool { return r == RuleBadFD })
	createChecks  = ruleList{RuleLastNotName, RuleImmutableDirectory, RuleDeadDirectory, RuleFileExists, RuleTrailingSlash,
		RuleReadOnlyFS, RuleNoFileMade, RuleNothingMade}
	lockTargetChecks = ruleList{RuleTargetRemoved, RuleTargetNotMounted}
	copyTreeChecks   = ruleList{RuleSourceUnbindable, RuleCopyMntNSFile, RuleLockedUnbindable, RuleLockedMntNSFile}
	attachChecks     = ruleList{RuleRootRemoved, RuleMountMax, RuleSourceUnbindable, RuleCopyMntNSFile,
		RuleLockedUnbindable, RuleLockedMntNSFile}
	mayCloneChecks = ruleList{RuleSourceUnbindable, RuleSourceForeign, RuleSourcePseudo, RuleSourceUnmounted,
		RuleLockedChildren}
	doMoveChecks = ruleList{RuleFromNotMountRoot, RuleMoveDirMismatch, RuleBeneathNotMountRoot, RuleTargetRemoved,
		RuleTargetNotMounted, RuleBeneathNoParent, RuleFromNoParent, RuleFromLocked, RuleFromParentShared,
		RuleMoveTargetForeign, RuleFromNotDetachedRoot, RuleFromSameTree, RuleMoveTargetUnusable, RuleBeneathLocked, RuleBeneathRoot,
		RuleBeneathOnRoot, RuleBeneathLockedNSFile,
		RuleBeneathOvermounted, RuleBeneathAncestor, RuleBeneathOvermountTarget, RuleBeneathOvermountSource,
		RuleUnbindableInTree, RuleNamespaceLoopMoved, RuleMoveIntoSelf}
	parameterChecks = ruleList{RuleParameterUnknown, RuleParameterSource}
	setGroupChecks  = ruleList{RulePropNotMounted, RulePropNotCapable, RuleNotMountRoot, RuleGroupSB, RuleGroupRoot,
		RuleGroupLocked, RuleGroupTargetNotPrivate, RuleGroupSourcePrivate}
	mayRemountChecks = ruleList{RuleRemountForeign, RuleNotMountRoot, RuleAttributeLocked}
	attrChecks       = ruleList{RuleSetattrTooBig, RuleSetattrTooSmall, RuleMayMount, RuleAttrNull, RuleAttrPropagation,
		RuleAttrUnknown, RuleAttrAtime, RuleAttrClearIDMap, RuleAttrUserNSRange, RuleBadFD, RulePathOnlyFD,
		RuleAttrNotNamespace, RuleAttrNotUserNS, RuleAttrInitUserNS, RuleAttrUserNSCapability}
	setAttributesChecks = ruleList{RuleNotMountRoot, RuleSetattrForeign, RuleAttributeLocked, RuleIDMapOwner, RuleIDMapTwice,
		RuleIDMapType, RuleIDMapCapability, RuleIDMapAttached, RuleRemountWriters}
	openFileChecks = ruleList{RuleBadFD, RulePathOnlyFD}
	unshareChecks  = ruleList{RuleChrooted, RuleOwnCapability}
	noFreeFD       = ruleList{RuleTooManyFiles}
)

// checks has the lists of each call; what its flags choose comes behind them.
var checks = [NumOps][]ruleList{
	OpMkdir:   {cwdPathChecks, createChecks},
	OpMknod:   {{RuleMknodMode}, cwdPathChecks, createChecks},
	OpSymlink: {{RulePathFault, RulePathTooLong, RuleEmptyTarget}, cwdPathChecks, createChecks},
	OpRmdir: {cwdPathChecks, {RuleRmdirDot, RuleRmdirDotDot, RuleRmdirRoot, RuleReadOnlyFS, RuleNoEntry, RuleNotDirectory,
		RuleLocalMountpoint, RuleNothingMade, RuleNotEmpty}},
	OpUnlink: {cwdPathChecks, {RuleUnlinkNotName, RuleReadOnlyFS, RuleNoEntry, RuleUnlinkDirectory, RuleNotDirectory,
		RuleLocalMountpoint}},
	OpRename: {cwdPathChecks, {RuleCrossMount, RuleRenameNotName, RuleReadOnlyFS, RuleNoEntry, RuleNotDirectory,
		RuleRenameIntoSelf, RuleRenameOverAncestor, RuleDeadDirectory, RuleRenameOverFile, RuleRenameOverDirectory,
		RuleLocalMountpoint, RuleNothingMade, RuleNotEmpty}},
	OpMount: {{RuleMountString}, cwdPathChecks, {RuleMountNoUser, RuleMayMount}},
	OpUmount2: {{RuleUmountFlags}, cwdPathChecks, {RuleMayMount, RuleNotMountRoot, RuleUmountForeign, RuleUmountLocked,
		RuleUmountForce, RuleExpireRoot, RuleExpireFlags, RuleExpireBusy, RuleExpireMarked, RuleSBCapability,
		RuleUmountRootInternal, RuleSBBusy, RuleUmountNoParent, RuleUmountBusy}},
	OpPivotRoot: {cwdPathChecks, {RuleMayMount}, lockTargetChecks, {RulePivotForeign, RulePivotPutOldShared,
		RulePivotNewParentShared, RulePivotRootParentShared, RulePivotLocked, RulePivotRemoved, RulePivotBusy,
		RulePivotRootNotMount, RulePivotRootNoParent, RulePivotNewNotMount, RulePivotNewNoParent, RulePivotPutOldOutside,
		RulePivotNewOutside}},
	OpChroot:    {cwdPathChecks, {RuleChrootCapability}},
	OpChdir:     {cwdPathChecks},
	OpFchdir:    {{RuleBadFD, RuleNotDirectory}},
	OpFchroot:   {{RuleNoSuchCall, RuleFchrootFlags, RuleBadFD, RuleNotDirectory, RuleChrootCapability}},
	OpOpen:      {noFreeFD, cwdPathChecks, {RuleOpenSymlink, RuleOpenDirectoryWrite, RuleOpenImmutable, RuleReadOnlyFS}},
	OpClose:     {{RuleBadFD}},
	OpDup:       {{RuleBadFD}, noFreeFD},
	OpMoveMount: {{RuleMayMount, RuleMoveFlags, RuleMoveBeneathGroup}, pathChecks},
	OpFsopen:    {{RuleMayMount, RuleFsopenFlags, RulePathFault, RuleMountString, RuleUnknownFSType, RuleNewMountCapability}, noFreeFD},
	OpFsconfig: {{RuleFsconfigCommand, RuleFsconfigArguments}, openFileChecks, {RuleNotContext, RuleContextBusy, RuleNewMountCapability,
		RuleFilesystemExists, RuleSBCapability, RuleSBBusy, RulePathFault, RuleParameterTooLong, RulePathTooLong, RulePathEmpty},
		parameterChecks},
	OpFspick:       {{RuleMayMount, RuleFspickFlags}, pathChecks, {RuleNotMountRoot, RuleRemountNoUser, RuleNewMountCapability}, noFreeFD},
	OpMountSetattr: {{RuleSetattrFlags}, attrChecks, pathChecks, setAttributesChecks},
	OpIoctl:        {openFileChecks, {RuleIoctlNotPidfd, RuleProcessGone, RuleIoctlArgument, RuleIoctlMayInspect}, noFreeFD},
	OpUnshare:      {{RuleUnshareFlags}, unshareChecks, copyTreeChecks},
	OpClone:        {{RuleUnshareFlags, RuleCloneFlagsFS}, unshareChecks, {RuleCloneSysvsem}, copyTreeChecks},
	OpClone3:       {{RuleUnshareFlags, RuleCloneFlagsFS}, unshareChecks, {RuleCloneSysvsem}, copyTreeChecks},
	OpSetns: {openFileChecks, {RuleNotNamespaceFD, RuleWrongNamespaceType, RuleSetnsOwnUser, RuleSetnsSharedFS,
		RuleSetnsCapability, RuleSetnsOwnCapability, RuleProcessGone, RuleSetnsPtrace}},
	OpPidfdOpen: {{RulePidfdFlags, RulePidfdGone}, noFreeFD},
}

// mountBranch is what mount(2) checks for the call that its flags choose.
// Spec 04 §1.7.
func mountBranch(flags uint64) []ruleList {
	switch {
	case flags&MS_REMOUNT != 0 && flags&MS_BIND != 0:
		return []ruleList{mayRemountChecks, {RuleRemountWriters}}
	case flags&MS_REMOUNT != 0:
		return []ruleList{mayRemountChecks, {RuleRemountNoUser, RuleNewMountCapability}, parameterChecks, {RuleSBCapability, RuleSBBusy}}
	case flags&MS_BIND != 0:
		return []ruleList{{RuleNoSource}, cwdPathChecks, {RuleNamespaceLoop}, lockTargetChecks, {RuleTargetForeign},
			mayCloneChecks, copyTreeChecks, {RuleNamespaceLoopBelow, RuleNoUserFS, RuleDirOnFile}, attachChecks}
	case flags&msPropagation != 0:
		return []ruleList{{RuleNotMountRoot, RuleTypeFlags, RulePropNotMounted, RulePropNotCapable}}
	case flags&MS_MOVE != 0:
		return []ruleList{{RuleNoSource}, cwdPathChecks, doMoveChecks, attachChecks}
	}
	return []ruleList{{RuleNoFSType, RuleUnknownFSType}, parameterChecks, {RuleNewMountCapability, RuleTooRevealing}, lockTargetChecks,
		{RuleTargetForeign, RuleSameSBOnItself, RuleDirOnFile}, attachChecks}
}

func openTreeChecks(c *Call) []ruleList {
	lists := []ruleList{noFreeFD, {RuleOpenTreeFlags, RuleOpenTreeRecursive, RuleOpenTreeBoth}}
	if c.Op == OpOpenTreeAttr {
		lists = append([]ruleList{{RuleNoSuchCall, RuleAttrNullSize}}, lists...)
	}
	switch flags := uint64(c.Args[2].N); {
	case flags&OPEN_TREE_CLONE != 0:
		lists = append(lists, ruleList{RuleMayMount}, pathChecks, mayCloneChecks, copyTreeChecks)
	case flags&OPEN_TREE_NAMESPACE != 0:
		lists = append(lists, ruleList{RuleOwnCapability}, pathChecks, ruleList{RuleNamespaceOfFile, RuleForeignChildren},
			mayCloneChecks, copyTreeChecks)
	default:
		lists = append(lists, pathChecks)
	}
	if c.Op == OpOpenTreeAttr {
		lists = append(lists, attrChecks, setAttributesChecks)
	}
	return lists
}

func fsmountChecks(flags uint64) []ruleList {
	privilege := ruleList{RuleMayMount}
	if flags&FSMOUNT_NAMESPACE != 0 {
		privilege = ruleList{RuleOwnCapability}
	}
	return []ruleList{{RuleFsmountFlags}, privilege, {RuleFsmountAttrs, RuleFsmountAtime}, openFileChecks,
		{RuleNotContext, RuleContextEmpty, RuleTooRevealing, RuleContextUsed}, noFreeFD}
}

func moveBranch(flags uint64) []ruleList {
	if flags&MOVE_MOUNT_SET_GROUP != 0 {
		return []ruleList{setGroupChecks}
	}
	return []ruleList{doMoveChecks, attachChecks}
}
