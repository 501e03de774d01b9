import { filesToRepeat, runOf } from './reports.mjs';

/** files-to-repeat.mjs FOLDER PART: a line for each file of the part that is worth a second run. */
const [folder, part] = process.argv.slice(2);
const run = runOf(folder, part);
for (const file of run === undefined ? [] : filesToRepeat(run)) console.log(file);
