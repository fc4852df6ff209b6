// Codes for backups: targets, snapshots, restores.
export const backupCodes = {
  BACKUP_POLICY_UNKNOWN: {
    retry: false,
    explain: 'No backup of this name is declared under `backups:`. `realm backup list` shows all of them.',
  },
  BACKUP_TARGET_UNKNOWN: {
    retry: false,
    explain:
      'A target is written as `@alias/path`, a path of this host (or in a zone, which needs plugin vault), and this machine is none of the declared hosts, or plugin hosts is not in use. Write the folder itself, or declare the host with its `paths:`.',
  },
  BACKUP_PARTIAL: {
    retry: true,
    explain:
      'The snapshot was made and kept, and some files could not be saved as they are: unreadable, changed while they were read, or gone. It does not count as good, and is tried again. `realm backup show` names the files; `tolerate:` says how many may be missing.',
  },
  BACKUP_FAILED: {
    retry: true,
    explain:
      'No snapshot was made in at least one target, or it could not be read back as it was written. What was there before is as it was. The message says why for each target; it is tried again by itself.',
  },
  BACKUP_UNPROVEN: {
    retry: true,
    explain:
      'A verification found damage, or a drill could not restore what it should. `realm backup verify NAME` names the files, and heals them where another copy has them; `realm backup list` shows which snapshots are good.',
  },
  BACKUP_SOURCE_DIFFERS: {
    retry: false,
    explain:
      'A file has the size and the time of change with which it was saved, and holds something else; or it was there when everything was saved, and is not in the snapshot. A disk that forgets does that, and so does somebody who sets the time back. The snapshot itself is as it was: restore the file to another place and compare. What really changed since is no such finding.',
  },
  BACKUP_TARGET_FULL: {
    retry: true,
    explain:
      'The target has no room for another snapshot, or less than what is to stay free. What was begun is taken away, and the snapshots before are as they were. Make room there, or let `keep:` keep fewer and prune.',
  },
  BACKUP_BUSY: {
    retry: true,
    explain:
      'Another process makes a snapshot of this policy in this target, or has taken over from one that showed no life for minutes. Two never write there at once; the message says who does. It is tried again by itself.',
  },
  BACKUP_TARGET_UNREADABLE: {
    retry: true,
    explain:
      'The place where snapshots are kept cannot be read: not mounted, not the one that was used before, or it answers with errors. What it holds is unknown, so nothing there is listed, written or removed. Mount it, or see what the system says of the path in the message.',
  },
  BACKUP_UNKNOWN: {
    retry: false,
    explain:
      'There is no such snapshot in the target: its id is mistyped, it is in the trash, or it was removed meanwhile. `realm backup list` shows what there is, `realm backup undelete` takes one out of the trash.',
  },
  BACKUP_DAMAGED: {
    retry: false,
    explain:
      'The list of what is in a snapshot is not as it was written, so nothing can be read by it. `realm backup verify NAME` says what is damaged; an older snapshot, or one in another target, still restores.',
  },
  BACKUP_LISTING_SHORT: {
    retry: true,
    explain:
      'The target shows fewer snapshots than are known to be in it, or none at all. That is more often a failing disk or a half-mounted share than the truth, so nothing is removed. Look at the target; if they are really gone, run the backup again.',
  },
  BACKUP_RESTORE_REFUSED: {
    retry: false,
    explain:
      'A restore was asked for that would write where it must not, or has nothing to work with: into a target, through a link, without room, over another restore that is under way, for a path the snapshot does not hold, or an undo of one that is over. Nothing was changed; the message says what stands in the way.',
  },
  BACKUP_RESTORE_FAILED: {
    retry: true,
    explain:
      'A restore went wrong and was taken back: what was there before is there again. The message says at which step, and what the system said.',
  },
  BACKUP_TARGET_BUSY: {
    retry: true,
    explain:
      'Another process is at work in the target, and two must not be. It was waited for; the run is tried again later. The message says who it is.',
  },
  BACKUP_RESTIC_MISSING: {
    retry: true,
    explain:
      'A target of a backup is a restic repository, and the program `restic` cannot be started. Install it, as with `apt-get install restic`, where Realm finds it on its PATH.',
  },
  BACKUP_RESTIC_FAILED: {
    retry: true,
    explain:
      'The program `restic` ended in a way that is not known to be good, so the run counts as failed. The message has its own last words; older snapshots are as they were.',
  },
} as const;
