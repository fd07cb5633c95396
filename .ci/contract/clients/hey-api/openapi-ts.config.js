export default {
  input: 'node_modules/.cache/description/openapi.json',
  output: { path: 'clients/hey-api/generated' },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
};
