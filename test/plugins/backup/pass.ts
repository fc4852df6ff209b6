// Looks at a policy in a realm for tests, and lets the runs that this starts come to their end: they are real, and take real time.
import { setTimeout as pause } from 'node:timers/promises';
import type { Resource } from 'realm-runner/plugin';
import type { TestRealm } from 'realm-runner/testing';

/** Until a look starts no run any more, or four did: what fails is tried again for ever. */
export async function pass(realm: TestRealm, want: Resource): Promise<void> {
  const runs = (): readonly { readonly state: string }[] =>
    realm.contextFor('backup').runs(`backup/${want.name} `, 1_000);
  let before = -1;
  for (let look = 0; look < 4 && before !== runs().length; look += 1) {
    before = runs().length;
    await realm.apply(want, { settle: false });
    while (runs().some(({ state }) => state === 'running')) await pause(2);
  }
}
