import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Path of Debian's package. */
const executablePath = '/usr/bin/chromium';

/** Chromium must connect to nothing but the pages that the test opens. */
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

/** Returns whether Chromium is installed. */
export const chromiumAvailable = (): boolean => existsSync(executablePath);

export const startChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: flags, timeout: 60_000 });
