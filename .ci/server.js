import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Runs the server while it is used, then stops it.
 * @param {string[]} command arguments of Node
 * @param {Record<string, string>} settings environment variables besides those of this process
 * @param {(url: string) => Promise<T>} use
 * @param {import('node:child_process').SpawnOptions} options for its process
 * @returns {Promise<T>} what `use` returns
 * @throws {Error} if the server does not listen, or does not end well
 * @template T
 */
export async function withServer(command, settings, use, options = {}) {
  const env = { ...process.env, PORT: '0', NODE_ENV: '', ...settings };
  const server = spawn(process.execPath, command, { ...options, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'close');
  const lines = createInterface({ input: server.stdout });
  const listening = new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const { url, level, msg } = JSON.parse(line);
      if (url) resolve(url);
      if (level >= 50) console.error(`server: ${msg}: ${line}`);
    });
    lines.on('close', () => reject(new Error('the server ended before it listened')));
  });
  try {
    return await use(await listening);
  } finally {
    server.kill('SIGTERM');
    const [code] = await ended;
    if (code !== 0) process.exitCode = 1;
  }
}
