// Has Node run TypeScript. Each npm script loads this first, so that it also meets whoever has not installed the packages.
try {
  await import('tsx/esm');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error('The packages are not installed. Run npm ci first.');
  process.exit(1);
}
