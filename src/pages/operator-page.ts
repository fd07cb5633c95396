import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Router, type Request, type RequestHandler } from 'express';
import { prefersHtml, type Operation, type ResourceDeclaration } from '../rest/index.ts';
import { answerWith, serveAssets, type Assets } from './assets.ts';
import { describedResources, type DescribedResource } from './described-resources.ts';

/** Nothing but what comes from this server, and no text becomes markup. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const PREFIX = '/page';

/** The page. All addresses are relative, so that it also works behind a proxy that adds a prefix. */
const page = (scripts: readonly string[], resources: readonly DescribedResource[]) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <meta name="color-scheme" content="light dark">
    <title>Spacecraft engine registry</title>
    <link rel="icon" href="page/icon.svg">
    <link rel="stylesheet" href="page/main.css">
    <script src="page/main.js" type="module"></script>
${scripts.map((name) => `    <link rel="modulepreload" href="page/${name}">`).join('\n')}
    <script id="resources" type="application/json">${JSON.stringify(resources).replaceAll('<', String.raw`\u003c`)}</script>
  </head>
  <body>
    <noscript>This page needs JavaScript. The API does not: see <a href="docs">its description</a>.</noscript>
  </body>
</html>
`;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/**
 * The files of the page, which the build has made. They are read at the start, because a build after that replaces them by others.
 * @param folder where they are
 */
function readAssets(folder: string): Assets {
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const asset = {
        mediaType: MEDIA_TYPES[extname(name)] ?? 'application/octet-stream',
        content: readFileSync(join(folder, name)),
      };
      return [`${PREFIX}/${name}`, async () => asset];
    }),
  );
}

/** What the first script needs at once. A browser that reads it in the page does not have to wait for the first script to learn it. */
const neededAtOnce = (folder: string): string[] =>
  [...readFileSync(join(folder, 'main.js'), 'utf8').matchAll(/(?:from|import)"\.\/([\w.-]+\.js)"/g)].map(
    ([, name = '']) => name,
  );

/**
 * What serves the page for operators to browsers at `/`, and the files that it loads; and the paths of these.
 * @param folder where the files are
 */
export function operatorPage(
  folder: string,
  resources: readonly ResourceDeclaration[],
  operations: readonly Operation[],
): { router: Router; paths: string[] } {
  const assets = readAssets(folder);
  const content = page(neededAtOnce(folder), describedResources(resources, operations));
  const answer = answerWith(async () => ({ mediaType: 'text/html; charset=utf-8', content }), POLICY, ['Accept']);
  const toBrowsers: RequestHandler = (request, response, next) =>
    isRead(request) && request.path === '/' && prefersHtml(request) ? answer(request, response, next) : next();
  const router = Router({ caseSensitive: true, strict: true }).use(toBrowsers, serveAssets(assets, POLICY));
  return { router, paths: Object.keys(assets) };
}

const isRead = ({ method }: Request) => method === 'GET' || method === 'HEAD';
