// Codes for the lease, the daemon and its doors.
export const daemonCodes = {
  LEASE_BUSY: {
    retry: true,
    explain: 'Another Realm process holds this state folder; the message names it. Wait, or stop it with `realm down`.',
  },
  DAEMON_ABSENT: {
    retry: false,
    explain: 'Nothing watches this realm, and the command needs a daemon. `realm up` starts one.',
  },
  DAEMON_UNREACHABLE: {
    retry: true,
    explain: 'The lease says that a daemon is alive, but its socket does not answer.',
  },
  DAEMON_VERSION: {
    retry: false,
    explain:
      'The daemon runs another version than this command. `realm up --restart` replaces it; services and runs live on.',
  },
  DAEMON_START_FAILED: {
    retry: false,
    explain: 'The daemon ended before it was ready. Its log is named in the message.',
  },
} as const;
