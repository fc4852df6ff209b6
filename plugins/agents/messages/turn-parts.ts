// What one turn of the post works with: taking up what was sent, and deciding where it goes.
import type { Context } from 'realm-runner/plugin';
import type { Post } from './post.ts';
import type { MessagesSettings } from './settings.ts';
import type { News } from './tell.ts';
import type { IsAlive } from './world.ts';

export interface TurnParts {
  readonly post: Post;
  readonly settings: MessagesSettings;
  readonly news: News;
  readonly ctx: Context;
  readonly isAlive: IsAlive;
  readonly pause: () => Promise<void> | undefined;
  readonly crash: (name: string) => void;
}
