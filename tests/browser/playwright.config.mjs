// Browser tests: real Chromium against the stand-in Sugar with the real zip installed. Run: npm run browser (in tests/).

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from '@playwright/test';
import { outputFolder } from './harness/paths.mjs';

/** Debian's Chromium; Playwright downloads no browser of its own. */
const executablePath = process.env.RL_CHROMIUM || ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.mjs',
  outputDir: join(outputFolder, 'browser'),
  globalSetup: './harness/package.mjs',
  // Two windows of Chromium, PHP's workers and the service share two cores; every test has a stage of its own.
  workers: Number(process.env.RL_BROWSER_WORKERS || 2),
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  preserveOutput: 'failures-only',
  reporter: 'list',
  use: {
    browserName: 'chromium',
    screenshot: 'only-on-failure',
    trace: process.env.RL_TRACE ? 'retain-on-failure' : 'off',
    actionTimeout: 15_000,
    launchOptions: {
      executablePath,
      args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
});
