import {
  alreadyExists,
  ApiError,
  badRequest,
  conflict,
  forbidden,
  invalid,
  notFound,
  type Cause,
} from './api-error.ts';
import { builtInFieldTypes } from './builtin-kinds.ts';
import type { Clock } from './clock.ts';
import { wrongFieldType } from './field-types.ts';
import {
  fieldsOf,
  isFields,
  keyOf,
  sameJson,
  without,
  type KubeObject,
  type ObjectMeta,
  textOf,
} from './object.ts';
import { hasFinalizers, mergedForUpdate, nameCauses, withGeneration } from './object-rules.ts';
import { readObject, subjectOf } from './reads.ts';
import { groupVersion, type Resource } from './resources.ts';
import { pruned, violations, withDefaults, type Schema } from './schema.ts';
import { rfc3339 } from './seams/timestamp.ts';
import type { Store } from './store.ts';
import type { Target } from './target.ts';

/** What the writer needs from outside. */
export interface WriterDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** A new UID. */
  readonly uid: () => string;
  /** The random end of a generated name. */
  readonly suffix: () => string;
}

/** How a write is to be done. */
export interface WriteOptions {
  /** Do everything but store. */
  readonly dryRun: boolean;
  /** Refuse fields that the schema does not know, instead of dropping them. */
  readonly strict: boolean;
}

/** The object after a write, and warnings for the client. */
export interface Written {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** Creates, replaces and deletes objects by Kubernetes' rules. */
export class ObjectWriter {
  readonly #deps: WriterDeps;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  /** POST: a new object. */
  create(target: Target, body: unknown, options: WriteOptions): Written {
    const { resource, namespace } = target;
    const given = this.#decoded(resource, body);
    if (given.metadata.resourceVersion !== undefined && given.metadata.resourceVersion !== '') {
      throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
    }
    const metadata = this.#newMetadata(target, given.metadata);
    this.#requireNamespace(target);
    const bare =
      resource.hasStatus && !resource.keepsStatusOnCreate ? without(given, 'status') : given;
    const { object, warnings } = this.#completed(
      resource,
      { ...bare, metadata },
      undefined,
      options,
    );
    const name = metadata.name ?? '';
    const key = keyOf(namespace, name);
    if (this.#deps.store.get(resource.storage, key) !== undefined) {
      throw alreadyExists(subjectOf(resource, name));
    }
    if (options.dryRun) return { object, warnings };
    return { object: this.#deps.store.put(resource.storage, key, object), warnings };
  }

  /** PUT, or the end of a PATCH: replaces an object, or with the subresource `status` only that. */
  update(target: Target, body: unknown, options: WriteOptions): Written {
    const { resource, namespace, name = '' } = target;
    const given = this.#decoded(resource, body);
    if (given.metadata.name !== undefined && given.metadata.name !== name) {
      throw badRequest(
        `the name of the object (${given.metadata.name}) does not match the name on the URL (${name})`,
      );
    }
    requireSameNamespace(target, given.metadata);
    const key = keyOf(namespace, name);
    const before = this.#deps.store.get(resource.storage, key);
    if (before === undefined) {
      if (!resource.createOnUpdate || target.subresource !== undefined)
        readObject(this.#deps.store, target);
      const fresh = { ...given, metadata: without(given.metadata, 'resourceVersion') };
      return this.create(target, { ...fresh, metadata: { ...fresh.metadata, name } }, options);
    }
    this.#requireCurrent(resource, given.metadata, before);
    const merged = mergedForUpdate(target, given, before);
    const { object, warnings } = this.#completed(resource, merged, before, options);
    const after = withGeneration(resource, object, before);
    if (options.dryRun || sameJson(after, before)) return { object: after, warnings };
    if (after.metadata.deletionTimestamp !== undefined && !hasFinalizers(after)) {
      this.#deps.store.remove(resource.storage, key);
      return { object: after, warnings };
    }
    return { object: this.#deps.store.put(resource.storage, key, after), warnings };
  }

  /** DELETE: removes an object, or marks it while it has finalizers. Returns what is left, or undefined. */
  remove(target: Target, body: unknown, options: WriteOptions): KubeObject | undefined {
    const { resource, namespace, name = '' } = target;
    const before = readObject(this.#deps.store, target);
    const wanted = fieldsOf(fieldsOf(body)['preconditions']);
    for (const [field, label] of [
      ['uid', 'UID'],
      ['resourceVersion', 'ResourceVersion'],
    ] as const) {
      const value = wanted[field];
      if (value === undefined || value === before.metadata[field]) continue;
      const why = `Precondition failed: ${label} in precondition: ${textOf(value)}, ${label} in object meta: ${before.metadata[field] ?? ''}`;
      throw conflict(subjectOf(resource, name), why);
    }
    const key = keyOf(namespace, name);
    if (!hasFinalizers(before)) {
      if (!options.dryRun) this.#deps.store.remove(resource.storage, key);
      return undefined;
    }
    if (before.metadata.deletionTimestamp !== undefined || options.dryRun) return before;
    const metadata = {
      ...before.metadata,
      deletionTimestamp: this.#timestamp(),
      deletionGracePeriodSeconds: 0,
    };
    return this.#deps.store.put(resource.storage, key, { ...before, metadata });
  }

  #timestamp(): string {
    return rfc3339(this.#deps.clock.wallMs());
  }

  #decoded(resource: Resource, body: unknown): KubeObject {
    const wanted = groupVersion(resource);
    if (!isFields(body)) {
      throw badRequest(
        `the object provided is unrecognized (must be of type ${resource.kind}): it is not a JSON object`,
      );
    }
    const { apiVersion = wanted, kind = resource.kind } = body;
    if (kind !== resource.kind || apiVersion !== wanted) {
      throw badRequest(
        `${textOf(kind)} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${resource.kind} in version "${wanted}"`,
      );
    }
    if (body['metadata'] !== undefined && !isFields(body['metadata'])) {
      throw badRequest(`${resource.kind} cannot be decoded: metadata must be an object`);
    }
    const object = {
      ...body,
      apiVersion,
      kind,
      metadata: withoutNulls(fieldsOf(body['metadata'])),
    } as KubeObject;
    const stored = resource.toStorage === undefined ? object : resource.toStorage(object);
    const types = resource.custom ? {} : builtInFieldTypes[resource.kind];
    const refusal = wrongFieldType(types ?? {}, resource.custom ? object : stored);
    if (refusal !== undefined) {
      throw badRequest(
        `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${refusal}`,
      );
    }
    return stored;
  }

  #newMetadata(target: Target, given: ObjectMeta): ObjectMeta {
    const { resource, namespace } = target;
    requireSameNamespace(target, given);
    const generated =
      given.generateName === undefined ? undefined : `${given.generateName}${this.#deps.suffix()}`;
    const name = given.name ?? generated;
    const subject = { group: resource.group, kind: resource.kind };
    if (name === undefined || name === '') {
      const message = 'Required value: name or generateName is required';
      throw invalid(subject, [{ reason: 'FieldValueRequired', message, field: 'metadata.name' }]);
    }
    const causes = nameCauses(resource, name);
    if (causes.length > 0) throw invalid({ ...subject, name }, causes);
    const {
      deletionTimestamp: _deletion,
      deletionGracePeriodSeconds: _grace,
      resourceVersion: _version,
      ...kept
    } = given;
    return {
      ...kept,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: this.#deps.uid(),
      creationTimestamp: this.#timestamp(),
      ...(resource.hasGeneration ? { generation: 1 } : {}),
    };
  }

  #requireNamespace(target: Target): void {
    const { namespace, resource } = target;
    if (namespace === undefined) return;
    const owner = this.#deps.store.get('namespaces', namespace);
    if (owner === undefined) throw notFound({ group: '', kind: 'namespaces', name: namespace });
    if (owner.metadata.deletionTimestamp === undefined) return;
    throw forbidden(
      subjectOf(resource, undefined),
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
  }

  #requireCurrent(resource: Resource, given: ObjectMeta, before: KubeObject): void {
    const subject = subjectOf(resource, before.metadata.name);
    if (given.uid !== undefined && given.uid !== before.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${before.metadata.uid ?? ''}`;
      throw conflict(subject, why);
    }
    const version = given.resourceVersion ?? '';
    if (version === '' || version === '0') {
      if (resource.unconditionalUpdate) return;
      const message = 'Invalid value: 0: must be specified for an update';
      const field = 'metadata.resourceVersion';
      throw invalid(subject, [{ reason: 'FieldValueInvalid', message, field }]);
    }
    if (version !== before.metadata.resourceVersion) throw conflict(subject);
  }

  /** Schema, defaults and rules, in the real server's order. */
  #completed(
    resource: Resource,
    given: KubeObject,
    before: KubeObject | undefined,
    options: WriteOptions,
  ): Written {
    const unknown: string[] = [];
    let object = given;
    if (resource.schema !== undefined) {
      const schema = withMetadata(resource.schema);
      object = withDefaults(schema, pruned(schema, given, '', unknown)) as KubeObject;
      if (options.strict && unknown.length > 0) {
        const fields = unknown.map((path) => `unknown field "${path}"`).join(', ');
        throw badRequest(
          `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: strict decoding error: ${fields}`,
        );
      }
    }
    if (resource.complete !== undefined) object = resource.complete(object, before);
    const causes: readonly Cause[] = [
      ...(resource.schema === undefined ? [] : violations(resource.schema, object)),
      ...(resource.check?.(object, before) ?? []),
    ];
    if (causes.length > 0) {
      const { name } = object.metadata;
      const subject = { group: resource.group, kind: resource.kind };
      throw invalid(name === undefined ? subject : { ...subject, name }, causes);
    }
    return { object, warnings: unknown.map((path) => `unknown field "${path}"`) };
  }
}

/** `apiVersion`, `kind` and `metadata` belong to every object, whatever its schema says. */
function withMetadata(schema: Schema): Schema {
  const open = { 'x-kubernetes-preserve-unknown-fields': true };
  const properties = { ...schema.properties, apiVersion: {}, kind: {}, metadata: open };
  return { ...schema, properties };
}

function withoutNulls(metadata: ObjectMeta): ObjectMeta {
  return Object.fromEntries(
    Object.entries(metadata).filter(
      ([field, value]) => value !== null && field !== 'managedFields',
    ),
  );
}

function requireSameNamespace(target: Target, given: ObjectMeta): void {
  if (given.namespace === undefined || given.namespace === target.namespace) return;
  throw badRequest(
    'the namespace of the provided object does not match the namespace sent on the request',
  );
}
