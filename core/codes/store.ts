// Codes for the state folder and its database.
export const storeCodes = {
  STORE_CORRUPT: {
    retry: false,
    explain:
      'The database is damaged. It was moved to quarantine and nothing was started afresh; `realm state recover` shows the copies and restores one.',
  },
  STORE_NEWER: {
    retry: false,
    explain: 'The state folder was written by a newer Realm. Use at least the version named in the message.',
  },
  STORE_FULL: {
    retry: true,
    explain:
      'The disk is full, so state cannot be written. What runs keeps running; no new runs start. Free some space.',
  },
  STORE_UNSAFE_FILESYSTEM: {
    retry: false,
    explain:
      'The state folder is on a network filesystem, where locks and shared memory do not work. Give another with `--state DIR`.',
  },
} as const;
