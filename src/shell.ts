import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { start, type REPLServer } from 'node:repl';
import { PassThrough } from 'node:stream';
import type { Connection } from 'mongoose';
import { maskUri } from './config.ts';
import { interruption } from './interruption.ts';
import type { AnyModel } from './schema/index.ts';
import type { Settings } from './settings.ts';

/** Runs a REPL that has the database, the models and the settings as variables. Resolves when it ends. */
export async function runShell(connection: Connection, models: readonly AnyModel[], settings: Settings): Promise<void> {
  const { isTTY } = process.stdin;
  const input = isTTY ? process.stdin : new PassThrough();
  const repl = start({ prompt: 'engines> ', preview: false, terminal: isTTY, input, output: process.stdout });
  const { mongodbUri } = settings;
  Object.assign(repl.context, {
    db: connection.db,
    ...Object.fromEntries(models.map((model) => [model.modelName, model])),
    settings: { ...settings, mongodbUri: mongodbUri && maskUri(mongodbUri) },
  });
  const exited = once(repl, 'exit');
  interruption().addEventListener('abort', () => repl.close());
  if (input instanceof PassThrough) await feed(repl, input, exited);
  else
    repl.setupHistory(join(settings.instancePath, 'shell_history'), (error) => {
      if (error) console.error(`The shell has no history: ${error.message}`);
    });
  await exited;
}

/** Gives the REPL one line of a pipe at a time. They arrive together, and the REPL would run asynchronous lines side by side. */
async function feed(repl: REPLServer, input: PassThrough, exited: Promise<unknown>): Promise<void> {
  const prompt = repl.displayPrompt.bind(repl);
  let answered = () => {};
  repl.displayPrompt = (preserveCursor) => {
    prompt(preserveCursor);
    answered();
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const done = new Promise<void>((resolve) => (answered = resolve));
    input.write(`${line}\n`);
    await Promise.race([done, exited]);
  }
  input.end();
}
