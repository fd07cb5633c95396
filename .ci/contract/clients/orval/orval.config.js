export default {
  engines: {
    input: '../../node_modules/.cache/description/openapi.json',
    output: {
      target: 'generated/engines.ts',
      client: 'fetch',
      headers: true,
      baseUrl: { runtime: 'process.argv[2]' },
      // Where a body has several types, JSON would be sent without a Content-Type, and answers would not be read.
      override: {
        contentType: { include: ['application/merge-patch+json', 'application/json', 'application/problem+json'] },
      },
    },
  },
};
