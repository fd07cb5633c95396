import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Router } from 'express';
import { serveAssets, type Asset, type Assets } from './assets.ts';

const { resolve } = createRequire(import.meta.url);

/** The page. All addresses are relative, so that it also works behind a proxy that adds a prefix. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Spacecraft engine registry</title>
    <link rel="icon" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <script src="docs/swagger-ui-bundle.js" defer></script>
    <script src="docs/initialise.js" defer></script>
  </head>
  <body>
    <main id="swagger-ui"></main>
  </body>
</html>
`;

/** The script of the page. Without `validatorUrl: null` Swagger UI sends the description to a server of its makers. */
const INITIALISE = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
});
`;

/** The page needs scripts, styles, pictures and data of this server, and nothing from anywhere else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** An installed file of Swagger UI. */
const packaged = (name: string, mediaType: string) => async (): Promise<Asset> => ({
  mediaType,
  content: await readFile(resolve(`swagger-ui-dist/${name}`)),
});

/** The path of the page. */
export const DOCS = '/docs';

const ASSETS: Assets = {
  [DOCS]: async () => ({ mediaType: 'text/html; charset=utf-8', content: PAGE }),
  [`${DOCS}/initialise.js`]: async () => ({ mediaType: 'text/javascript', content: INITIALISE }),
  [`${DOCS}/swagger-ui-bundle.js`]: packaged('swagger-ui-bundle.js', 'text/javascript'),
  [`${DOCS}/swagger-ui.css`]: packaged('swagger-ui.css', 'text/css'),
  [`${DOCS}/favicon-32x32.png`]: packaged('favicon-32x32.png', 'image/png'),
};

/** The paths of the page and of the files that it loads. */
export const docsPaths = Object.keys(ASSETS);

/** Serves the page at `/docs`, which shows `/openapi.json` with Swagger UI, and the files that it loads, all from this server. */
export const docs = (): Router => serveAssets(ASSETS, POLICY);
