import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Debian's. */
const executablePath = '/usr/bin/chromium';

/** It is to touch nothing but what the test opens. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether a Chromium is installed here. */
export const chromiumAvailable = (): boolean => existsSync(executablePath);

export const startChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: flags, timeout: 60_000 });
