// npm run build: dist/ from src/, if anything has changed.
import { build } from './prepare.mjs';

build();
