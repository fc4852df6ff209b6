// Codes for looking at the world, changing it, and holding changes back.
export const applyCodes = {
  OBSERVE_FAILED: {
    retry: true,
    explain: 'Looking at the resource threw. Nothing was changed; the kernel looks again with growing pauses.',
  },
  OBSERVE_TIMEOUT: {
    retry: true,
    explain:
      'Looking took longer than its budget, so the state is unknown. Unknown is never taken for fine: nothing was changed.',
  },
  DIFF_FAILED: {
    retry: false,
    explain: 'Comparing spec and state threw. This is a defect of the plugin named in the message.',
  },
  APPLY_FAILED: {
    retry: true,
    explain: 'Changing the world threw. The kernel looks again with growing pauses and finishes what is left.',
  },
  APPLY_TIMEOUT: {
    retry: true,
    explain: 'A pass took longer than its time. The signal given to the plugin was aborted; the kernel looks again.',
  },
  APPLY_DID_NOT_CONVERGE: {
    retry: true,
    explain:
      'The plugin said done, but looking again shows the very differences that it was to take away, or new ones each time it was tried. The fields are in the message.',
  },
  REMOVE_FAILED: {
    retry: true,
    explain: 'Removing a resource that is no longer declared threw. It stays on the list and is tried again.',
  },
  PLAN_STALE: {
    retry: false,
    explain:
      'The plan was made from another config or another state of the world. Make a new one with `realm plan --out`.',
  },
  PLAN_UNREADABLE: {
    retry: false,
    explain:
      'The file given to `realm apply` is not a plan that `realm plan --out` wrote, or was written by another version.',
  },
  APPLY_UNCONFIRMED: {
    retry: false,
    explain: 'Changes need a yes. Answer the prompt, or pass `--yes` when nobody is there to answer.',
  },
  APPROVAL_NEEDED: {
    retry: false,
    explain:
      'Somebody has to approve this change first. `realm approvals` lists what waits; `realm approve ID --why TEXT` says yes.',
  },
  APPROVAL_UNKNOWN: { retry: false, explain: 'There is no approval with this id. `realm approvals` lists them.' },
  APPROVAL_CLOSED: {
    retry: false,
    explain:
      'This approval was already answered or has expired. If the change is still wanted, it asks again by itself.',
  },
  LOOK_ONLY: {
    retry: false,
    explain:
      'Looking (`observe`, a read action) must change nothing, and a plugin tried to. This is a defect of the plugin named in the message.',
  },
  OVERRIDE_UNFIT: {
    retry: false,
    explain:
      "Kinds say which of an operator's words they act on; this one knows no `stop`. `realm hold REF` keeps Realm from changing it.",
  },
  REF_UNKNOWN: {
    retry: false,
    explain: 'No resource with this name is declared or remembered. `realm status` lists all.',
  },
} as const;
