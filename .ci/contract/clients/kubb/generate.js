// Does what `kubb generate` does, which also tells its makers that it was run.
import { build, defineConfig } from '@kubb/core';
import { pluginClient } from '@kubb/plugin-client';
import { pluginOas } from '@kubb/plugin-oas';
import { pluginTs } from '@kubb/plugin-ts';

const { error, failedPlugins } = await build({
  config: defineConfig({
    // With another root everything is written into the working directory as well.
    root: '.',
    input: { path: 'node_modules/.cache/description/openapi.json' },
    output: { path: 'clients/kubb/generated' },
    plugins: [
      pluginOas({ generators: [] }),
      pluginTs({ output: { path: 'models' } }),
      pluginClient({ output: { path: 'clients' }, client: 'fetch', dataReturnType: 'full' }),
    ],
  }),
});
for (const failed of failedPlugins) throw failed.error;
if (error) throw error;
