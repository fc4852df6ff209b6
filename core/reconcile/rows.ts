// The rows of resources as passes read and write them: in the store, and in memory for as long as the disk is full.
import { RealmError } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import type { Fact } from '../store/event.ts';
import type { ResourceColumns, ResourceRow } from '../store/resources.ts';
import type { Store } from '../store/store.ts';

export class Rows {
  readonly #store: Store;
  /** What is not stored yet; it goes to the store with the next columns of its ref. */
  readonly #kept = new Map<Ref, Partial<ResourceColumns>>();

  constructor(store: Store) {
    this.#store = store;
  }

  get(ref: Ref): ResourceRow | undefined {
    return this.#withKept(this.#store.resources.get(ref));
  }

  all(): ResourceRow[] {
    return this.#store.resources.all().map((row) => this.#withKept(row)!);
  }

  /** The columns and the facts that speak of them, in one transaction. On a full disk both are kept: supervision goes on. */
  put(ref: Ref, columns: Partial<ResourceColumns>, facts: readonly Fact[] = [], durable = false): void {
    const whole = { ...this.#kept.get(ref), ...this.#masked(columns) };
    try {
      this.#store.transaction(
        () => {
          this.#store.resources.put(ref, whole);
          for (const fact of facts) this.#store.journal.append(fact);
        },
        { durable },
      );
      this.#kept.delete(ref);
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#kept.set(ref, whole);
      for (const fact of facts) this.#store.journal.append(fact);
    }
  }

  /** As it is stored: what a pass compares with what it said before. */
  said(text: string): string {
    return this.#store.mask.text(text);
  }

  /** What plugins say of a resource. Specs name secrets, and what they hold in plain text the config does too. */
  #masked({ conditions, held, ...columns }: Partial<ResourceColumns>): Partial<ResourceColumns> {
    return {
      ...columns,
      ...(conditions && {
        conditions: conditions.map((one) => ({
          ...one,
          reason: this.said(one.reason),
          message: this.said(one.message),
        })),
      }),
      ...(held === undefined ? {} : { held: held && this.said(held) }),
    };
  }

  /** Known to this process alone until the next `put` of the ref: most looks change nothing else, and a write costs more than a look. */
  note(ref: Ref, nextLookAt: number | null): void {
    this.#kept.set(ref, { ...this.#kept.get(ref), nextLookAt });
  }

  /** The row is gone, and everything an operator said of it. Throws STORE_FULL: what was removed is removed again. */
  delete(ref: Ref, facts: readonly Fact[]): void {
    this.#store.transaction(() => {
      this.#store.resources.delete(ref);
      for (const fact of facts) this.#store.journal.append(fact);
    });
    this.#kept.delete(ref);
  }

  #withKept(row: ResourceRow | undefined): ResourceRow | undefined {
    const kept = row && this.#kept.get(row.ref);
    return kept === undefined ? row : { ...row!, ...kept };
  }
}

export const isFull = (error: unknown): boolean => error instanceof RealmError && error.code === 'STORE_FULL';
