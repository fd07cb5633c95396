// Makes dist/ of src/ and page/ where it is not of these sources. What starts the program in a checkout loads this first: from a few
// bundled files it starts in half the time that Node takes to load each file of src/ through a compiler.
import './packages.js';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = import.meta.dirname;
const dist = join(root, 'dist');
/** Holds what dist/ was made of. */
const record = join(dist, 'sources');

const programs = ['server', 'cli', 'migrate-mongo', 'migrate/index'];
// `npm run build` runs this file for a deployment, which has nothing to do with the servers and commands of tests.
const entries = process.argv[1] === import.meta.filename ? programs : [...programs, 'testing/server', 'testing/cli'];

const filesIn = (folder) => readdirSync(folder, { recursive: true }).filter((name) => /^[^.].*\.\w+$/.test(name));

/** All that dist/ depends on, by name, size and time of the last change. */
function sources() {
  const files = ['built.js', 'package-lock.json'].concat(
    ['src', 'page'].flatMap((folder) => filesIn(join(root, folder)).map((name) => join(folder, name))),
  );
  const described = files.map((name) => {
    const { size, mtimeMs } = statSync(join(root, name), { throwIfNoEntry: false }) ?? {};
    return `${name} ${size} ${mtimeMs}`;
  });
  return [...entries, '', ...described].join('\n');
}

function recorded() {
  try {
    return readFileSync(record, 'utf8');
  } catch {
    return undefined; // it has not been built
  }
}

/** Builds aside, then moves each file: who starts meanwhile finds whole files. Several processes may do this at once. */
async function build() {
  const built = sources();
  const { buildSync } = await import('esbuild');
  // As deep as dist/, because source maps name src/ relative to it.
  const made = `${dist}.${process.pid}`;
  try {
    buildSync({
      absWorkingDir: root,
      entryPoints: entries.map((name) => `src/${name}.ts`),
      outbase: 'src',
      outdir: made,
      bundle: true,
      splitting: true, // one copy of each module, also for migrations, and what is loaded late stays so
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'silent',
    });
    buildSync({
      absWorkingDir: root,
      entryPoints: ['page/main.tsx', 'page/main.css', 'page/icon.svg'],
      outdir: join(made, 'page'),
      bundle: true,
      splitting: true, // what draws plots is loaded when somebody looks at one
      minify: true,
      format: 'esm',
      target: 'es2022',
      loader: { '.svg': 'copy' },
      jsx: 'automatic',
      jsxImportSource: 'preact',
      logLevel: 'silent',
    });
    // Migrations find #migrate by this, also in a folder outside of the project.
    const compilerOptions = { paths: { '#migrate': ['./migrate/index.js'] } };
    writeFileSync(join(made, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    const files = filesIn(made);
    for (const name of files) {
      mkdirSync(dirname(join(dist, name)), { recursive: true });
      renameSync(join(made, name), join(dist, name));
    }
    for (const name of filesIn(dist)) if (!files.includes(name)) rmSync(join(dist, name), { force: true });
    writeFileSync(record, built);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

if (recorded() !== sources())
  await build().catch((error) => {
    console.error(`dist/ cannot be made of src/ and page/: ${error.message}\nCorrect this first.`);
    process.exit(1);
  });
process.setSourceMapsEnabled(true);
