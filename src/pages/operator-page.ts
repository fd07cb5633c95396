import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Router, type Request, type RequestHandler } from 'express';
import { prefersHtml, type Operation, type ResourceDeclaration } from '../rest/index.ts';
import { answerWith, serveAssets, type Asset, type Assets } from './assets.ts';
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

const load = (file: string) => async (): Promise<Asset> => ({
  mediaType: MEDIA_TYPES[extname(file)] ?? 'application/octet-stream',
  content: await readFile(file),
});

/** The files that the page loads, which the build has made. @param folder where they are */
const assetsIn = (folder: string): Assets =>
  Object.fromEntries(readdirSync(folder).map((name) => [`${PREFIX}/${name}`, load(join(folder, name))]));

/** What the first script needs at once. A browser that reads it in the page does not have to wait for the first script to learn it. */
const neededAtOnce = (folder: string): string[] =>
  [...readFileSync(join(folder, 'main.js'), 'utf8').matchAll(/(?:from|import)"\.\/([\w.-]+\.js)"/g)].map(
    ([, name = '']) => name,
  );

/** The paths of the page's files. */
export const operatorPagePaths = (folder: string): string[] => Object.keys(assetsIn(folder));

/**
 * Serves the page for operators to browsers at `/`, and the files that it loads.
 * @param folder where the files are
 */
export function operatorPage(
  folder: string,
  resources: readonly ResourceDeclaration[],
  operations: readonly Operation[],
): Router {
  const content = page(neededAtOnce(folder), describedResources(resources, operations));
  const answer = answerWith(async () => ({ mediaType: 'text/html; charset=utf-8', content }), POLICY, ['Accept']);
  const toBrowsers: RequestHandler = (request, response, next) =>
    isRead(request) && request.path === '/' && prefersHtml(request) ? answer(request, response, next) : next();
  return Router({ caseSensitive: true, strict: true }).use(toBrowsers, serveAssets(assetsIn(folder), POLICY));
}

const isRead = ({ method }: Request) => method === 'GET' || method === 'HEAD';
