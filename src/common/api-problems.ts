import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from './api-docs.js';
import { AppError, type ErrorCode, ERRORS } from './app-error.js';
import { Problem, PROBLEM_TYPE, problemOf } from './problem.js';

const EXAMPLE_ID = '0193a4f2-6c1e-7b55-9d0a-3f3b2f6f1a11';

/** The OpenAPI answer for error codes that share a status. */
export const problemResponse = (codes: readonly ErrorCode[]) => ({
  description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('  \n'),
  content: {
    [PROBLEM_TYPE]: {
      schema: { $ref: getSchemaPath(Problem) },
      examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
    },
  },
});

/** One example per error, for `components.examples`: every operation refers to them. */
export const problemExamples = () =>
  Object.fromEntries(
    (Object.keys(ERRORS) as ErrorCode[]).map((code) => [
      code,
      { summary: ERRORS[code].title, value: problemOf(new AppError(code), EXAMPLE_ID) },
    ]),
  );

export function byStatus(codes: Iterable<ErrorCode>): Map<number, ErrorCode[]> {
  const groups = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = ERRORS[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
}

/**
 * Documents the errors that only this handler has. What every handler may answer (`auth.*` where it needs a token,
 * `premium.required`, faults of the body, 500, 503) is added to the document by itself.
 */
export const ApiProblems = (...codes: ErrorCode[]): MethodDecorator & ClassDecorator =>
  applyDecorators(
    ApiExtraModels(Problem),
    ...[...byStatus(codes)].map(([status, group]) => ApiResponse({ status, ...problemResponse(group) })),
  );
