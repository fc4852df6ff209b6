// A restic repository as it may be shown: some have a password inside.

/** `rest:https://user:secret@nas:8000/` without what stands before the last `@` of its machine. */
export const withoutPassword = (repository: string): string =>
  repository.replace(/(\/\/)[^/]*@/, '$1').replace(/^([a-z0-9]+:)[^/@:]*:[^/]*@/i, '$1');

/** What programs may repeat by itself; undefined: there is none. */
export const passwordIn = (repository: string): string | undefined => /\/\/[^/:]*:([^/]*)@/.exec(repository)?.[1];
