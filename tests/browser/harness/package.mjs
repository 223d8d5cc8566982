// Before the first test: the zip that every stand-in installs is built by the service itself.

import { mkdir } from 'node:fs/promises';
import { output } from './processes.mjs';
import { outputFolder, packageZip, riverline } from './paths.mjs';

export default async function buildPackage() {
  await mkdir(outputFolder, { recursive: true });
  await output(riverline, ['package', '--out', packageZip]);
}
