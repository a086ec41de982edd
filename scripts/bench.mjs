// npm run bench -- [--job a,b] [--rows 1e7] [--rounds 3] [--seconds 2] [--database URL] [--out FILE] [--compare FILE]
//   [--plots] [--document FILE] [--profile FOLDER]
// Measures the built server next to the reference server of test/bench; see docs/performance.md.
import { runCompiled } from './run-compiled.mjs';

await runCompiled('bench');
