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
  DAEMON_CONFIG: {
    retry: false,
    explain:
      'The process that holds this realm reads another config, or another profile of it, than the command names. It answers for its own alone: name the same one, or replace the daemon with `realm up --restart` and the flags that are wanted.',
  },
  DAEMON_START_FAILED: {
    retry: false,
    explain: 'The daemon ended before it was ready. Its log is named in the message.',
  },
  NOT_READY: {
    retry: true,
    explain:
      '`realm up --until-ready` returned before everything was ready: its time was over, or something is in a crash loop or stalled or the newest config is invalid, so that waiting alone helps nobody. The daemon goes on all the same.',
  },
  UNIT_TAKEN: {
    retry: false,
    explain:
      'Units are named after the folder of their realm, and the one of this name starts another realm, in a folder of the same name elsewhere. Realm does not overwrite it.',
  },
  LEASE_UNREADABLE: {
    retry: false,
    explain:
      'The file that says who works on this state folder is damaged. Realm writes it whole, so something else changed it. When no `realm` process works on the folder, delete the file that the message names.',
  },
  LEASE_LOST: {
    retry: false,
    explain:
      'The lease file was deleted, replaced, or can no longer be written while this process held it, so another may work on the same state. It stopped writing and ended.',
  },
  SOCKET_UNSAFE: {
    retry: false,
    explain:
      'The control socket cannot be put where it belongs: its folder belongs to somebody else or is open to others, a file that is no socket has its name, or another process listens on it. The message names the path.',
  },
  DAEMON_STILL_ALIVE: {
    retry: true,
    explain:
      'The daemon was asked to stop, then told to with SIGTERM, and still runs. It may be saving something long; its log says what. The message names the process.',
  },
  REQUEST_INVALID: {
    retry: false,
    explain:
      'A request to the daemon has a wrong shape: unknown fields, missing fields, or values of another type. `GET /api/openapi.json` describes every request.',
  },
  REQUEST_UNKNOWN: {
    retry: false,
    explain: 'The daemon has no such address or method. `GET /api/openapi.json` lists them all.',
  },
  REQUEST_METHOD: {
    retry: false,
    explain: 'The daemon has this address, but not for this method. The message names those that it answers to.',
  },
  LIST_MOVED: {
    retry: true,
    explain:
      'A list was read page by page, and the item after which the next page begins has left the list meanwhile. Read it from its beginning.',
  },
  REQUEST_TOO_LARGE: { retry: false, explain: 'A request to the daemon is larger than it accepts.' },
  REQUEST_TIMEOUT: {
    retry: true,
    explain: 'The daemon did not finish answering a request in time. What was begun goes on; `realm status` shows it.',
  },
} as const;
