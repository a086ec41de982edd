// npm run soak -- [--phones 200] [--minutes 5] [--database URL] [--out FILE]
// Mixed traffic against the built server; see docs/performance.md. Ends with 1 on an error or if memory grows.
import { runCompiled } from './run-compiled.mjs';

await runCompiled('soak');
