import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { relative } from 'node:path';
import type { Profiler } from 'node:inspector';
import { Command, Option } from 'commander';
import { projectRoot } from '../src/config.ts';
import { between, runBench, type Bench } from './command.ts';
import { load } from './load.ts';
import { prepare } from './prepare.ts';
import { NAMES, type Name } from './scenarios.ts';
import { SUBJECTS, type Subject } from './servers.ts';

interface Options {
  case: Name;
  server: Subject;
  seconds: number;
  connections: number;
  file: string;
}

const MOST_LINES = 20;

const options = new Command('npm run bench:profile --')
  .description(
    'Shows where a server spends its processor time while it answers requests of one kind: prints the functions and the ' +
      'folders that take most, and saves a profile. Open it in a flame graph: https://www.speedscope.app, the performance ' +
      'panel of Chrome, or Visual Studio Code.',
  )
  .addOption(new Option('--case <case>', 'what is asked').choices(NAMES).default('GET one'))
  .addOption(new Option('--server <server>', 'who is asked').choices(SUBJECTS).default('as-it-comes'))
  .option('--seconds <count>', 'how long, after as long to warm up', between(1, 600), 5)
  .option('--connections <count>', 'connections that send requests at once', between(1, 500), 16)
  .option('--file <file>', 'where the profile is saved', 'instance/bench.cpuprofile')
  .addHelpText('after', '\nIt runs on MONGODB_URI, else on an embedded server, in a database of its own.')
  .parse()
  .opts<Options>();
await runBench({
  measure: (bench) => profile(bench, options),
  describe: (times) => describe(times, options),
  limitSeconds: 300 + 4 * options.seconds,
});

async function profile(bench: Bench, { case: name, server, file, ...how }: Options): Promise<Times> {
  const { servers, scenarios } = await prepare(bench, undefined, server);
  const { url, ask } = servers[server];
  const { ids, status, request } = scenarios[name];
  const requests = (id: string) => [request(server, id)];
  const send = () => load({ ...how, name, url, ids, requests, status, signal: bench.signal });
  await send();
  await ask('startProfile');
  await send();
  const answer = inSource(Object(await ask('stopProfile')));
  writeFileSync(file, JSON.stringify(answer));
  return timesOf(answer);
}

/**
 * The profile with the places of the TypeScript source, where a bundle knows them, instead of those in the bundle.
 * @see https://nodejs.org/api/module.html#class-modulesourcemap
 */
function inSource(profile: Profiler.Profile): Profiler.Profile {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (url: string) => {
    const path = url.startsWith('file:') ? `${fileURLToPath(url)}.map` : '';
    if (!maps.has(url))
      maps.set(url, existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : undefined);
    return maps.get(url);
  };
  const nodes = profile.nodes.map(({ callFrame, ...node }) => {
    const { url, lineNumber, columnNumber } = callFrame;
    const entry = mapOf(url)?.findEntry(lineNumber, columnNumber);
    if (!entry || !('originalSource' in entry)) return { ...node, callFrame };
    const { originalSource, originalLine, originalColumn } = entry;
    const place = { url: new URL(originalSource, url).href, lineNumber: originalLine, columnNumber: originalColumn };
    return { ...node, callFrame: { ...callFrame, ...place } };
  });
  return { ...profile, nodes };
}

/** Microseconds of processor time by what took them, by their places. */
interface Times {
  functions: Map<string, number>;
  folders: Map<string, number>;
}

/** Adds up the time between samples, without that in which the process had nothing to do. */
function timesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Times {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const folders = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const { functionName = '', url = '' } = frames.get(id) ?? {};
    if (functionName === '(idle)') continue;
    const path = url.startsWith('file:') ? relative(projectRoot, fileURLToPath(url)) : url;
    const within = /^node_modules\/(?:@[^/]+\/)?[^/]+|^node:|^.+(?=\/)/.exec(path)?.[0];
    const folder = within ?? (functionName.startsWith('(') ? functionName : 'native code');
    const add = (to: Map<string, number>, key: string) => to.set(key, (to.get(key) ?? 0) + (timeDeltas[index] ?? 0));
    add(functions, `${functionName || '(anonymous)'}  ${path}`.trimEnd());
    add(folders, folder);
  }
  return { functions, folders };
}

function describe({ functions, folders }: Times, { case: name, server, file }: Options): string {
  const total = [...folders.values()].reduce((sum, time) => sum + time, 0);
  const table = (times: Map<string, number>) =>
    [...times]
      .toSorted(([, left], [, right]) => right - left)
      .slice(0, MOST_LINES)
      .map(([what, time]) => `${((100 * time) / total).toFixed(1).padStart(5)} %  ${what}`);
  return [
    `Own processor time of ${server}, ${name}, by folder:`,
    ...table(folders),
    'By function:',
    ...table(functions),
    `The profile is ${file}. Open it in https://www.speedscope.app, Chrome's performance panel or Visual Studio Code.`,
  ].join('\n');
}
