import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FREE_TIER_ROUTE, PUBLIC_ROUTE } from './auth/decorators.js';
import { loadSwagger, type OpenAPIObject } from './common/api-docs.js';
import { byStatus, problemExamples, problemResponse } from './common/api-problems.js';
import type { ErrorCode } from './common/app-error.js';
import { Problem, PROBLEM_TYPE } from './common/problem.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;

const EVERYWHERE: readonly ErrorCode[] = ['internal', 'server.unavailable'];
const WITH_TOKEN: readonly ErrorCode[] = [
  'auth.token_missing',
  'auth.token_invalid',
  'auth.token_expired',
  'auth.token_revoked',
];
const WITH_ACCOUNT: readonly ErrorCode[] = ['rate.account', 'rate.address'];
const WITH_PREMIUM: readonly ErrorCode[] = ['premium.required'];
const WITH_BODY: readonly ErrorCode[] = [
  'request.invalid',
  'request.not_json',
  'request.too_large',
  'request.unsupported_media_type',
];

const operationIdOf = (controller: string, method: string) =>
  `${controller.replace(/Controller$/, '')}.${method}`;

interface Openness {
  isPublic: boolean;
  isFree: boolean;
}

/** Who may call each operation, read from the same metadata as the guards read. */
function opennessOfOperations(app: NestFastifyApplication): Map<string, Openness> {
  const found = new Map<string, Openness>();
  for (const { controllers } of app.get(ModulesContainer).values())
    for (const { metatype } of controllers.values()) {
      const prototype = metatype?.prototype as Record<string, unknown> | undefined;
      for (const name of prototype === undefined ? [] : Object.getOwnPropertyNames(prototype)) {
        const handler = prototype?.[name];
        if (typeof handler !== 'function' || metatype === null) continue;
        const says = (key: string) =>
          Boolean(Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, metatype));
        found.set(operationIdOf(metatype.name, name), {
          isPublic: says(PUBLIC_ROUTE),
          isFree: says(FREE_TIER_ROUTE),
        });
      }
    }
  return found;
}

function addProblems(operation: Operation, { isPublic, isFree }: Openness): void {
  const codes = [
    ...(operation.requestBody === undefined ? [] : WITH_BODY),
    ...(isPublic ? [] : [...WITH_TOKEN, ...WITH_ACCOUNT]),
    ...(isPublic || isFree ? [] : WITH_PREMIUM),
    ...EVERYWHERE,
  ];
  for (const [status, group] of byStatus([...codes, ...codesOf(operation)]))
    operation.responses[status] = problemResponse(group);
}

/** Codes that `@ApiProblems` has named, to be merged with the general ones of the same status. */
function codesOf(operation: Operation): ErrorCode[] {
  return Object.values(operation.responses).flatMap((response) => {
    const documented = response as Partial<ReturnType<typeof problemResponse>>;
    return Object.keys(documented.content?.[PROBLEM_TYPE]?.examples ?? {}) as ErrorCode[];
  });
}

/** The API as OpenAPI 3.0: every request, answer and error. */
export async function openApiDocument(app: NestFastifyApplication): Promise<OpenAPIObject> {
  const { DocumentBuilder, SwaggerModule } = await loadSwagger();
  const config = new DocumentBuilder()
    .setTitle('Phoenix Portal')
    .setDescription(
      'Two-way sync of training data between phones and the portal. Times are epoch milliseconds. Every error is ' +
        '`application/problem+json` with a stable `code`.',
    )
    .setVersion('1')
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: operationIdOf,
    extraModels: [Problem],
  });
  const openness = opennessOfOperations(app);
  for (const item of Object.values(document.paths))
    for (const method of METHODS) {
      const operation = item[method];
      if (operation === undefined) continue;
      const open = openness.get(operation.operationId ?? '') ?? { isPublic: false, isFree: false };
      operation.security = open.isPublic ? [] : [{ bearer: [] }];
      addProblems(operation, open);
    }
  document.components = { ...document.components, examples: problemExamples() };
  return document;
}
