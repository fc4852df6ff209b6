// The real yaml-language-server with our schema: completion, hover text and squiggles.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { realmSchema } from '../../../core/schema/json-schema.ts';
import { catalogOf } from '../config/catalog.ts';
import { testRealm } from '../config/realm.ts';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly uri?: string;
    readonly diagnostics?: readonly Finding[];
    readonly items?: readonly unknown[];
  };
  readonly result?: unknown;
}
interface Finding {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

/** Speaks the Language Server Protocol over a child's standard streams. */
class LanguageServer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers = new Map<number, (result: unknown) => void>();
  readonly #published = new Map<string, (findings: readonly Finding[]) => void>();
  #buffer = Buffer.alloc(0);
  #lastId = 0;

  constructor() {
    const server = join(import.meta.dirname, '../../../node_modules/yaml-language-server/bin/yaml-language-server');
    this.#child = spawn(process.execPath, [server, '--stdio']);
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      for (let message = this.#next(); message !== undefined; message = this.#next()) this.#hear(message);
    });
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  request(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    this.#send({ id, method, params });
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  notify(method: string, params: object): void {
    this.#send({ method, params });
  }

  findings(uri: string): Promise<readonly Finding[]> {
    return new Promise((resolve) => this.#published.set(uri, resolve));
  }

  #send(message: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #next(): Message | undefined {
    const head = this.#buffer.indexOf('\r\n\r\n');
    if (head === -1) return undefined;
    const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.subarray(0, head).toString())![1]);
    const end = head + 4 + length;
    if (this.#buffer.length < end) return undefined;
    const message = JSON.parse(this.#buffer.subarray(head + 4, end).toString()) as Message;
    this.#buffer = this.#buffer.subarray(end);
    return message;
  }

  #hear(message: Message): void {
    const { id, method, params } = message;
    if (id !== undefined && method === undefined) this.#answers.get(id)?.(message.result);
    else if (method === 'textDocument/publishDiagnostics') this.#published.get(params!.uri!)?.(params!.diagnostics!);
    else if (id !== undefined) {
      const result = method === 'workspace/configuration' ? (params?.items ?? []).map(() => null) : null;
      this.#send({ id, result }); // the server's own questions
    }
  }
}

async function open(text: string): Promise<{ server: LanguageServer; uri: string; findings: readonly Finding[] }> {
  const schema = JSON.stringify(realmSchema(catalogOf(['file', 'services', 'tavern-ws'])));
  const realm = testRealm({ 'schema.json': schema });
  const server = new LanguageServer();
  onTestFinished(() => server.close());
  const rootUri = pathToFileURL(realm.root).href;
  await server.request('initialize', { processId: process.pid, rootUri, capabilities: {}, workspaceFolders: null });
  server.notify('initialized', {});
  const uri = `${rootUri}/realm.config.yaml`;
  const published = server.findings(uri);
  const written = `# yaml-language-server: $schema=./schema.json\n${text}`;
  server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text: written } });
  return { server, uri, findings: await published };
}

test('a valid file has no squiggles, and hovering explains a key', async () => {
  const text =
    'plugins: [services]\nservices:\n  web: { command: [a], port: "${env:PORT}", within: 15m, protect: true }\n';
  const { server, uri, findings } = await open(text);
  expect(findings).toEqual([]);
  const at = { textDocument: { uri }, position: { line: 3, character: text.split('\n')[2]!.indexOf('protect') + 1 } };
  const hover = (await server.request('textDocument/hover', at)) as { contents: { value: string } };
  expect(hover.contents.value).toContain('needs an approval');
});

test('mistakes are underlined where they stand', async () => {
  const { findings } = await open(
    'fils: {}\nservices:\n  web:\n    command: [a]\n    prot: 80\nrealm: { flavour: loud }\n',
  );
  const found = findings.toSorted((a, b) => a.range.start.line - b.range.start.line);
  expect(found.map(({ range }) => range.start.line)).toEqual([1, 5, 6]);
  expect(found[1]!.message).toContain('prot');
});

test('keys and words are offered', async () => {
  const { server, uri } = await open('realm:\n  flavour: \nservices:\n  web:\n    command: [a]\n    \n');
  const offered = async (line: number, character: number): Promise<string[]> => {
    const result = await server.request('textDocument/completion', {
      textDocument: { uri },
      position: { line, character },
    });
    return (result as { items: { label: string }[] }).items.map(({ label }) => label);
  };
  expect(await offered(6, 4)).toEqual(expect.arrayContaining(['port', 'ready', 'after', 'protect']));
  expect(await offered(2, 11)).toEqual(expect.arrayContaining(['rpg', 'plain']));
});
