// node scripts/count-tests.mjs FILE…: adds up jest's results (--json --outputFile) in the one line that CI reads.
import fs from 'node:fs';

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2).filter((name) => fs.existsSync(name))) {
  const result = JSON.parse(fs.readFileSync(file, 'utf8'));
  passed += result.numPassedTests;
  // A file that does not even load has no tests to count.
  failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
}
console.log(`${passed} passed, ${failed} failed`);
