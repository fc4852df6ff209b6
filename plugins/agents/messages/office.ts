// The open log that a plugin set's loop and its verbs share: opened by whoever comes first, closed by whoever leaves last.
import type { Context } from 'realm-runner/plugin';
import type { Book } from './book.ts';
import { breath } from './breath.ts';
import { Post, readBook } from './post.ts';
import type { MessagesSettings } from './settings.ts';

export class Office {
  readonly settings: MessagesSettings;
  #open: Promise<Post> | undefined;
  #users = 0;
  #rung = Promise.withResolvers<void>();

  constructor(settings: MessagesSettings) {
    this.settings = settings;
  }

  /** Only for who may write: opening cuts off what a crash left half written. */
  async use<T>(ctx: Context, work: (post: Post) => Promise<T>): Promise<T> {
    this.#users += 1;
    this.#open ??= Post.open({ folder: this.settings.folder, now: () => ctx.now(), pause: breath(ctx) });
    const mine = this.#open;
    try {
      return await work(await mine);
    } finally {
      this.#users -= 1;
      if (this.#users === 0) {
        this.#open = undefined;
        await mine.then(
          (post) => post.close(),
          () => {}, // it could not be opened, which has been said
        );
      }
    }
  }

  /** Looks, and changes nothing. */
  async look(): Promise<Book> {
    return (await this.#open?.catch(() => undefined))?.book ?? readBook(this.settings.folder);
  }

  /** Something may be there to be carried. */
  ring(): void {
    this.#rung.resolve();
  }

  /** Until it rings, or for so long. */
  async wait(ms: number, ctx: Context): Promise<void> {
    const over = new AbortController();
    const late = ctx.sleep(ms, AbortSignal.any([over.signal, ctx.signal])).catch(() => {}); // it rang, or all is over
    await Promise.race([this.#rung.promise, late]);
    over.abort();
    this.#rung = Promise.withResolvers();
  }
}
