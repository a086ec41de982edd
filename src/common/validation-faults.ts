import type { ValidationError } from '@nestjs/common';
import { AppError, type FieldError } from './app-error.js';

/** A body with a thousand faults needs no thousand lines to be found out. */
const MAX_FAULTS = 50;

function* faultsIn(errors: readonly ValidationError[], parent = ''): Generator<FieldError> {
  for (const { property, constraints, children } of errors) {
    const path = parent === '' ? property : `${parent}.${property}`;
    for (const [code, message] of Object.entries(constraints ?? {})) yield { path, code, message };
    yield* faultsIn(children ?? [], path);
  }
}

/** For the ValidationPipe: names places and rules, never the values that were sent. */
export function validationFault(errors: ValidationError[]): AppError {
  const faults: FieldError[] = [];
  for (const fault of faultsIn(errors)) {
    faults.push(fault);
    if (faults.length === MAX_FAULTS) break;
  }
  return new AppError('request.invalid', { errors: faults });
}
