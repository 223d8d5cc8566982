// Where things are in the repository.

import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** The built service. */
export const riverline = process.env.RIVERLINE_BIN || join(root, 'target', 'debug', 'riverline');
/** Starts one stand-in Sugar. */
export const serveSugar = join(root, 'tests', 'sugar', 'serve');
/** What tests leave behind, not committed; two runs at once need a folder each. */
export const outputFolder = process.env.RL_OUTPUT || join(root, 'tests', '.output');
/** The package that this run installs. */
export const packageZip = join(outputFolder, 'riverline.zip');
/** The picture in the README. */
export const readmePicture = join(root, 'sugar_module', 'docs', 'panels.png');
