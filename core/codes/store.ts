// Codes for the state folder and its database.
export const storeCodes = {
  STORE_CORRUPT: {
    retry: false,
    explain:
      'The database is damaged or missing. What was there is in the quarantine folder and nothing was started afresh: Realm only observes. `realm state recover` shows the copies and restores one.',
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
  STORE_UNREADABLE: {
    retry: false,
    explain:
      'The database exists but the system does not let Realm open it: wrong owner, permissions, or a read-only folder. The message has the reason.',
  },
  STORE_UNSAFE_FILESYSTEM: {
    retry: false,
    explain:
      'The state folder is on a network filesystem, where locks and shared memory do not work. Give another with `--state DIR`.',
  },
  STORE_COPY_UNUSABLE: {
    retry: false,
    explain:
      'The copy of the database that was to be restored is absent, damaged, or written by a newer Realm. `realm state recover` lists the ones that are good.',
  },
  ROW_NOT_JSON: {
    retry: false,
    explain:
      'A plugin stored a value that JSON cannot hold, such as undefined, a function or a cycle. Nothing was written.',
  },
  EVENT_NOT_JSON: {
    retry: false,
    explain:
      'A plugin stated an event whose data JSON cannot hold, such as a BigInt or a cycle. The event was not journaled.',
  },
  FILE_DAMAGED: {
    retry: false,
    explain:
      'A JSON file in the state folder is empty or half-written, so nothing was read from it. Its old content is not guessed; move it away once you have seen it.',
  },
  FILE_NOT_REGULAR: {
    retry: true,
    explain:
      'Where a file is expected there is a folder, a pipe, a socket or a device. Nothing was read from it, and nothing is put in its place: look what it is, then move it away or name another path.',
  },
} as const;
