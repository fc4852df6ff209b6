// Codes for hosts: which one this machine is, what they offer, and what may be placed on them.
export const hostCodes = {
  HOST_UNKNOWN: {
    retry: false,
    explain:
      'This machine was told by `--host` or REALM_HOST to be a host that `hosts:` does not declare, or something else names such a host. Declare it, or name another.',
  },
  HOST_AMBIGUOUS: {
    retry: false,
    explain:
      'Several declared hosts have a name or an address of this machine, so nobody can say which of them it is. Say it with REALM_HOST.',
  },
  HOST_UNPLACED: {
    retry: false,
    explain:
      'A resource names its `host`, and no plugin in use knows which host this machine is. Add `hosts` to `plugins:`.',
  },
  HOST_UNABLE: {
    retry: false,
    explain:
      'A resource is placed on a host whose `can:` lacks what it needs, so it is not started there. Place it elsewhere, or let the host do more.',
  },
  HOST_PATH_INVALID: {
    retry: false,
    explain:
      'A path on a host begins with one of the names under `hosts.<id>.paths`, and stays below that folder. A name that is not declared is never taken for a folder.',
  },
  SERVICE_UNRESOLVED: {
    retry: false,
    explain: 'No declared host offers the service, or the one that was named does not. `realm hosts` lists all.',
  },
};
