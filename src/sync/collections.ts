import { Injectable } from '@nestjs/common';
import { getMetadataArgsStorage } from 'typeorm';
import { AppError } from '../common/app-error.js';
import { Collection } from './collection.js';
import type { CollectionDefinition } from './collection-definition.js';

/** A way in which records of one collection belong to those of another. */
export interface ChildKind {
  child: Collection;
  reference: string;
  /** Names it in statements and sets. */
  kind: string;
}

/** The registry: features add their collections at start, the engine reads them. The order of adding means nothing. */
@Injectable()
export class Collections {
  private readonly definitions = new Map<string, CollectionDefinition>();
  private built: readonly Collection[] | null = null;
  private readonly texts = new Map<string, string>();
  private readonly children = new Map<Collection, readonly ChildKind[]>();

  add(definitions: readonly CollectionDefinition[]): void {
    for (const definition of definitions) {
      if (this.definitions.has(definition.name))
        throw new Error(`two collections are called ${definition.name}`);
      this.definitions.set(definition.name, definition);
    }
    this.built = null;
    this.texts.clear();
    this.children.clear();
  }

  find(name: string): Collection | undefined {
    return this.all().find((collection) => collection.name === name);
  }

  /** @throws AppError sync.collection_unknown */
  get(name: string): Collection {
    const collection = this.find(name);
    if (!collection) throw new AppError('sync.collection_unknown');
    return collection;
  }

  /** All collections, parents before children, else by name. */
  all(): readonly Collection[] {
    this.built ??= parentsFirst(this.build());
    return this.built;
  }

  /** Which references of which collections point at this one. */
  childrenOf(parent: Collection): readonly ChildKind[] {
    let kinds = this.children.get(parent);
    if (!kinds) {
      kinds = this.all().flatMap((child) =>
        child.references
          .filter((reference) => reference.parent === parent.name)
          .map(({ name }) => ({ child, reference: name, kind: `${child.name}-${name}` })),
      );
      this.children.set(parent, kinds);
    }
    return kinds;
  }

  /** The text of a statement over all collections: made once, since making it takes longer than running many of them. */
  text(name: string, make: (collections: readonly Collection[]) => string): string {
    let text = this.texts.get(name);
    if (text === undefined) {
      text = make(this.all());
      this.texts.set(name, text);
    }
    return text;
  }

  private build(): Collection[] {
    const declared = getMetadataArgsStorage().tables;
    const tables = new Map(
      [...this.definitions.values()].map(({ name, entity }) => [
        name,
        declared.find(({ target }) => target === entity)?.name as string,
      ]),
    );
    return [...this.definitions.values()].map((definition) => new Collection(definition, tables));
  }
}

function parentsFirst(collections: readonly Collection[]): readonly Collection[] {
  const sorted: Collection[] = [];
  const visit = (name: string, path: readonly string[]) => {
    if (sorted.some((done) => done.name === name)) return;
    if (path.includes(name))
      throw new Error(`collections refer to each other: ${[...path, name].join(' → ')}`);
    const collection = collections.find((candidate) => candidate.name === name);
    if (!collection) throw new Error(`${path.at(-1)} refers to ${name}, which is not registered`);
    for (const { parent } of collection.references) visit(parent, [...path, name]);
    sorted.push(collection);
  };
  for (const name of collections.map((collection) => collection.name).toSorted()) visit(name, []);
  return sorted;
}
