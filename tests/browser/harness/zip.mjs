// Copies of the package with something changed.

import { copyFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { packageZip } from './paths.mjs';
import { output } from './processes.mjs';

const LIST = '$z = new ZipArchive(); $z->open($argv[1]); for ($i = 0; $i < $z->numFiles; $i++) { echo $z->getNameIndex($i), "\\n"; }';
const REMOVE = '$z = new ZipArchive(); $z->open($argv[1]); exit($z->deleteName($argv[2]) && $z->close() ? 0 : 1);';

/** The names of all files in the package. */
export async function filesInPackage() {
  return (await output('php', ['-r', LIST, packageZip])).trim().split('\n');
}

/** A copy of the package that lacks one file. */
export async function packageWithout(file, copy) {
  await mkdir(dirname(copy), { recursive: true });
  await copyFile(packageZip, copy);
  await output('php', ['-r', REMOVE, copy, file]);
  return copy;
}
