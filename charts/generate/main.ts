import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { adapterChart, adapterFiles } from './adapter-files.ts';

/** `npm run charts` */
for (const [path, text] of await adapterFiles()) await writeFile(resolve(adapterChart, path), text);
