import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { OperatorError } from '../operator-error.ts';

/** What a page of the server answers. */
export interface Page {
  status: 200 | 503;
  mediaType: string;
  text: string;
}

/** A server that listens. */
interface Listening {
  url: string;
  close: () => Promise<void>;
}

const plain = (text: string) => ({ mediaType: 'text/plain; charset=utf-8', text: `${text}\n` });
/** Who scrapes or probes gives up after that time. */
const PATIENCE_MS = 10_000;

/** A page that says whether something holds. @param obstacle why it does not */
export const verdict = (obstacle: string | undefined): Page => ({
  status: obstacle === undefined ? 200 : 503,
  ...plain(obstacle ?? 'ok'),
});

/** Serves pages, each at its path, to GET and HEAD. @throws {OperatorError} if it cannot listen there */
export async function servePages(
  { host, port }: { host: string; port: number },
  pages: Readonly<Record<string, () => Promise<Page> | Page>>,
): Promise<Listening> {
  const answer = async ({ method = '', url = '' }: IncomingMessage): Promise<[number, Omit<Page, 'status'>]> => {
    const make = pages[url.replace(/\?.*/, '')];
    if (!make) return [404, plain(`There are ${Object.keys(pages).join(', ')}.`)];
    if (method !== 'GET' && method !== 'HEAD') return [405, plain('Use GET.')];
    try {
      const { status, ...page } = await make();
      return [status, page];
    } catch {
      return [503, plain('This cannot be told now. Try again.')];
    }
  };
  const serve: RequestListener = async (request, response) => {
    const [status, { mediaType, text }] = await answer(request);
    response.writeHead(status, { 'content-type': mediaType, 'cache-control': 'no-store' }).end(text);
  };
  const server = createServer({ requestTimeout: PATIENCE_MS }, serve);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve)).catch(
    (error: NodeJS.ErrnoException) => {
      throw new OperatorError(`ADMIN_PORT ${port} on ${host} cannot be used (${error.code}). Set another one.`);
    },
  );
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
