/** The Chromium that npm brings, driven by playwright-core. */
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

const LIBRARIES = ['/usr/lib/x86_64-linux-gnu/libnss3.so', '/usr/lib64/libnss3.so', '/usr/lib/libnss3.so'];

/** One process for all pages falls with the first context; without web security no policy would be tested. */
const UNWANTED = /^--(single-process|no-zygote|disable-web-security|allow-running-insecure-content)$/;

/** @param switches beside the usual */
export async function launchChromium(switches: readonly string[] = []): Promise<Browser> {
  // The package brings the libraries it needs, and unpacks them where it believes that it must.
  if (!LIBRARIES.some((path) => existsSync(path))) process.env.AWS_EXECUTION_ENV ??= 'AWS_Lambda_nodejs20.x';
  const { default: packed } = await import('@sparticuz/chromium');
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath: await packed.executablePath(),
    args: [...packed.args.filter((arg) => !UNWANTED.test(arg)), ...switches],
    headless: true,
    // Off by default when automated.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
}
