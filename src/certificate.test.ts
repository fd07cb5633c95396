import { copyFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { Agent, get } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { followCertificate, readCertificate } from './certificate.ts';
import { replaceCertificate, type Certificate } from './rest/index.ts';
import { serveApp } from './testing/app-server.ts';
import { atEnd } from './testing/cleanup.ts';
import { makeCertificate } from './testing/certificate.ts';
import { testDatabase } from './testing/database.ts';
import { run, startServer, temporaryFolder, SERVER } from './testing/processes.ts';
import { until } from './testing/until.ts';

const INTERVAL_MS = 50;

/** Asks without looking at who has signed the certificate. */
async function ask(url: string, agent?: Agent) {
  const request = get(url, { rejectUnauthorized: false, agent: agent ?? false });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (!response) throw new Error('no response');
  return { status: response.statusCode, headers: response.headers, body: await readText(response) };
}

/** A server whose certificate follows its files; `log` has what it tells the operator. */
async function follow(files: { certFile: string; keyFile: string }) {
  const log: string[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void log.push(line) });
  const app = express();
  app.get('/', (_request, response) => void response.end('ok'));
  app.get('/half', (_request, response) => {
    response.writeHead(200).write('half');
    setTimeout(() => response.destroy(), 20);
  });
  const certificate = readCertificate(files);
  if (!certificate) throw new Error('no certificate');
  const { server, port } = await serveApp(app, { certificate });
  const ending = new AbortController();
  const use = (changed: Certificate) => replaceCertificate(server, changed);
  followCertificate(files, certificate, use, { logger, signal: ending.signal, intervalMs: INTERVAL_MS });
  atEnd(() => ending.abort());
  return { url: `https://127.0.0.1:${port}/`, port, log };
}

/** The name in the certificate that a new connection gets. */
async function nameAt(port: number): Promise<unknown> {
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate: PeerCertificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate.subject.CN;
}

/** Replaces a pair as certificate managers do: each file whole, one after the other. */
function replace({ certFile, keyFile }: { certFile: string; keyFile: string }, name: string): void {
  const made = makeCertificate(temporaryFolder(), name);
  for (const [from, to] of [
    [made.certFile, certFile],
    [made.keyFile, keyFile],
  ] as const) {
    copyFileSync(from, `${to}.new`);
    renameSync(`${to}.new`, to);
  }
}

describe('a server with a certificate', () => {
  test('speaks TLS 1.2 and newer, and nothing else', async () => {
    const { url, port } = await follow(makeCertificate(temporaryFolder()));
    const { status, headers } = await ask(url);
    expect([status, headers['strict-transport-security']]).toEqual([200, 'max-age=31536000']);
    const old = connect({ port, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' });
    await expect(once(old, 'secureConnect')).rejects.toThrow(/alert protocol version|ECONNRESET/);
    const plain = connectPlain(port, '127.0.0.1').on('error', () => {});
    plain.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await readText(plain).catch(() => '')).not.toContain('HTTP/1.1');
    expect((await ask(url)).status).toBe(200);
  });

  test('does not let an answer that breaks off look whole', async () => {
    const { url } = await follow(makeCertificate(temporaryFolder()));
    const { code, stdout } = await run(
      ['curl', '--silent', '--no-buffer', '--insecure', '--http1.0', '--no-alpn', `${url}half`],
      {},
    );
    expect([code, stdout]).toEqual([56, 'half']);
    expect((await ask(url)).status).toBe(200);
  });

  test('takes a new one without ending a connection', async () => {
    const files = makeCertificate(temporaryFolder(), 'first');
    const { url, port, log } = await follow(files);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    atEnd(() => agent.destroy());
    const onlySocket = () => Object.values(agent.freeSockets)[0]?.[0];
    await ask(url, agent);
    const before = onlySocket();
    replace(files, 'second');
    await until(async () => (await nameAt(port)) === 'second');
    expect((await ask(url, agent)).status).toBe(200);
    expect(before).toBeDefined();
    expect(onlySocket()).toBe(before);
    expect(log.map((line) => JSON.parse(line))).toMatchObject([{ level: 30, certificate: files.certFile }]);
  });

  test('takes one that a link leads to, as in Kubernetes', async () => {
    const folder = temporaryFolder();
    for (const name of ['first', 'second']) mkdirSync(join(folder, name));
    makeCertificate(join(folder, 'first'));
    symlinkSync('first', join(folder, 'data'));
    const files = { certFile: join(folder, 'data/server.crt'), keyFile: join(folder, 'data/server.key') };
    const { port } = await follow(files);
    replace({ certFile: join(folder, 'second/server.crt'), keyFile: join(folder, 'second/server.key') }, 'linked');
    symlinkSync('second', join(folder, 'new'));
    renameSync(join(folder, 'new'), join(folder, 'data'));
    await until(async () => (await nameAt(port)) === 'linked');
  });

  test('keeps the old one and says why, if the new one cannot be used', async () => {
    const files = makeCertificate(temporaryFolder(), 'good');
    const { port, log } = await follow(files);
    writeFileSync(files.certFile, 'none');
    await until(() => log.length > 0);
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: 50,
        msg: expect.stringMatching(/^The new certificate is not used, .* The certificate .* cannot be used: /),
      },
    ]);
    expect(await nameAt(port)).toBe('good');
    replace(files, 'better');
    await until(async () => (await nameAt(port)) === 'better');
  });
});

describe('the settings of a certificate', () => {
  const folder = temporaryFolder();
  const files = makeCertificate(folder);
  const open = makeCertificate(folder, 'open');
  writeFileSync(join(folder, 'copy.key'), 'x', { mode: 0o644 });

  test.each([
    [{ certFile: null, keyFile: null }, undefined],
    [{ ...files, keyFile: null }, /^tls.certFile and tls.keyFile belong together/],
    [{ ...files, certFile: null }, /^tls.certFile and tls.keyFile belong together/],
    [{ ...files, certFile: '/nowhere' }, /^tls.certFile: the file cannot be read: no such file/],
    [{ ...files, keyFile: '/nowhere' }, /^tls.keyFile: the file cannot be read: no such file/],
    [{ ...files, keyFile: join(folder, 'copy.key') }, /^tls.keyFile: .* is open to other users \(mode 0644\)/],
    [
      { ...files, keyFile: open.keyFile },
      /^The certificate .* and the key .* cannot be used: .*mismatch.*belong together/,
    ],
  ])('%j: %s', (settings, message) => {
    if (message) expect(() => readCertificate(settings)).toThrow(message);
    else expect(readCertificate(settings)).toBeUndefined();
  });

  test('may come from the environment, also for several workers', async () => {
    const { uri } = await testDatabase();
    const tls = { TLS_CERT_FILE: files.certFile, TLS_KEY_FILE: files.keyFile };
    const env = { MONGODB_URI: uri, INSTANCE_PATH: temporaryFolder(), WORKERS: '2', ...tls };
    const { url, child, ended } = await startServer(env);
    expect(url).toMatch(/^https:/);
    expect((await ask(`${url}/health`)).body).toBe('{"status":"ok"}\n');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    const { code, stderr } = await run(SERVER, { ...env, TLS_KEY_FILE: open.keyFile });
    expect([code, stderr.trim().split('\n').length]).toEqual([1, 1]);
  });
});
