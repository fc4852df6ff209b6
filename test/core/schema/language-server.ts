// The real yaml-language-server as a child of the test, spoken to as an editor would.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';

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
export interface Finding {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

/** Speaks the Language Server Protocol over a child's standard streams. */
export class LanguageServer {
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

export interface Opened {
  readonly server: LanguageServer;
  readonly uri: string;
  readonly findings: readonly Finding[];
}

/** An editor that has opened this folder and the text as its `realm.config.yaml`; ends with the test. */
export async function openInEditor(root: string, text: string): Promise<Opened> {
  const server = new LanguageServer();
  onTestFinished(() => server.close());
  const rootUri = pathToFileURL(root).href;
  await server.request('initialize', { processId: process.pid, rootUri, capabilities: {}, workspaceFolders: null });
  server.notify('initialized', {});
  const uri = `${rootUri}/realm.config.yaml`;
  const published = server.findings(uri);
  server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
  return { server, uri, findings: await published };
}

/** What the editor offers at this place; both count from 0. */
export async function offered({ server, uri }: Opened, line: number, character: number): Promise<string[]> {
  const at = { textDocument: { uri }, position: { line, character } };
  const { items } = (await server.request('textDocument/completion', at)) as { items: { label: string }[] };
  return items.map(({ label }) => label);
}
