// A real HTTP server on loopback that gets messages, and can refuse, hang, lose its answer, be down, and come back.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly body: {
    readonly id: string;
    readonly severity: string;
    readonly subject: string;
    readonly state: string;
    readonly message: string;
    readonly items: readonly {
      readonly id: string;
      readonly subject: string;
      readonly state: string;
      readonly message: string;
    }[];
  };
}

/** `lose`: takes the message, then cuts the line without an answer. */
export type Mood = number | 'hang' | 'lose';

export interface Receiver {
  readonly url: string;
  /** What it took, in order; refused ones are not in it. */
  readonly got: Got[];
  /** Requests of any end. */
  tries: number;
  mood: Mood;
  headers: Record<string, string>;
  /** `subject state` of each item it took, without repetitions of an id. */
  heard(): string[];
  down(): Promise<void>;
  up(): Promise<void>;
}

export async function receiver(): Promise<Receiver> {
  let server: Server | undefined;
  let port = 0;
  const self: Receiver = {
    get url() {
      return `http://127.0.0.1:${port}/hook/very-secret`;
    },
    got: [],
    tries: 0,
    mood: 200,
    headers: {},
    heard() {
      const seen = new Map(this.got.flatMap(({ body }) => body.items.map((item) => [item.id, item])));
      return [...seen.values()].map(({ subject, state }) => `${subject} ${state}`);
    },
    async down() {
      server?.closeAllConnections();
      await new Promise((done) => (server === undefined ? done(undefined) : server.close(done)));
      server = undefined;
    },
    async up() {
      server = createServer((request, response) => void answer(request, response, self));
      await new Promise<void>((done) => server!.listen(port, '127.0.0.1', done));
      port = (server.address() as AddressInfo).port;
    },
  };
  await self.up();
  onTestFinished(() => self.down());
  return self;
}

async function answer(request: IncomingMessage, response: ServerResponse, self: Receiver): Promise<void> {
  self.tries += 1;
  let text = '';
  for await (const part of request) text += String(part);
  const { mood } = self;
  if (mood === 'hang') return;
  if (mood === 'lose' || mood < 300) {
    const { method = '', url = '', headers } = request;
    const isJson = String(headers['content-type']).includes('json');
    const body = (isJson && text !== '' ? JSON.parse(text) : { items: [] }) as Got['body'];
    self.got.push({ method, path: url, headers, text, body });
  }
  if (mood === 'lose') return void request.socket.destroy();
  response.writeHead(mood, self.headers).end();
}
