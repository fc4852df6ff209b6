// Whether this thread waits for a file, so that virtual time can wait for it too.
import { createHook } from 'node:async_hooks';

let requests: Set<number> | undefined;

/**
 * Starts counting file requests of this thread, whoever makes them; asking again changes nothing.
 * `process.getActiveResourcesInfo` would be simpler, but leaves out `readFile` and `writeFile` of small files (Node 26).
 */
export function countFileRequests(): { readonly size: number } {
  if (requests !== undefined) return requests;
  const open = new Set<number>();
  createHook({
    init(id, type) {
      if (type.startsWith('FSREQ') || type === 'FILEHANDLECLOSEREQ') open.add(id);
    },
    destroy(id) {
      open.delete(id);
    },
    trackPromises: false,
  }).enable();
  requests = open;
  return open;
}
