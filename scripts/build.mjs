// npm run build: dist/ from src/ and client/dist/ from client/src/, if anything has changed.
import { build } from './prepare.mjs';

build();
