import config from '../jest.config.js';

/** The tests of the page, which need a Chromium; `npm test` goes without. @type {import('jest').Config} */
export default {
  ...config,
  rootDir: '..',
  roots: ['<rootDir>/page/tests'],
  setupFilesAfterEnv: ['<rootDir>/src/testing/each-file.ts'],
  globalSetup: '<rootDir>/src/testing/global-setup.mts',
  globalTeardown: '<rootDir>/src/testing/global-teardown.mts',
  maxWorkers: 2, // each has a browser
};
