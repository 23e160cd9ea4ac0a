import { ApiError, methodNotAllowed, noSuchPath, unsupportedMediaType } from './api-error.ts';
import {
  checkSubresource,
  discoveryType,
  mediaType,
  named,
  optionsOf,
  parsed,
  patched,
  patchTypes,
  verbOf,
  withScope,
  type ApiRequest,
} from './api-request.ts';
import { builtInResources } from './builtin-resources.ts';
import type { Clock } from './clock.ts';
import {
  checkDefinition,
  completeDefinition,
  resourcesOf,
  type CustomCheck,
} from './custom-resources.ts';
import { discover } from './discovery.ts';
import type { Verb } from './faults.ts';
import { fieldsOf, keyOf, type Fields, type KubeObject, textOf } from './object.ts';
import { openApiV2MediaType, openApiV2Protobuf, openApiV3 } from './openapi.ts';
import { formOf, presentList, presentObject, shown } from './presentation.ts';
import { listPage, readObject, selectorOf } from './reads.ts';
import { ResourceRegistry, type Resource } from './resources.ts';
import { review, reviewAt, type AccessCheck } from './reviews.ts';
import { rfc3339 } from './seams/timestamp.ts';
import { ServiceNetwork } from './service-network.ts';
import type { Store } from './store.ts';
import { targetOf, type Target } from './target.ts';
import type { Tokens } from './tokens.ts';
import { planWatch, type WatchPlan } from './watch-plan.ts';
import { ObjectWriter, type Written } from './writes.ts';

/** A complete answer. */
export interface ApiReply {
  readonly code: number;
  readonly body: Fields | Uint8Array | string;
  readonly contentType?: string;
  /** Texts for `Warning` headers, which kubectl prints. */
  readonly warnings?: readonly string[];
}

/** What the API needs from outside. */
export interface KubeApiDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly tokens: Tokens;
  readonly uid: () => string;
  readonly suffix: () => string;
  /** Rules of custom kinds that their schemas cannot state. */
  readonly check: CustomCheck | undefined;
  /** The answers to SubjectAccessReviews; absent: yes. */
  readonly access?: AccessCheck | undefined;
}

/** The API itself, without sockets: a request in, an answer or a watch to start out. */
export class KubeApi {
  readonly #deps: KubeApiDeps;
  readonly #writer: ObjectWriter;
  readonly registry: ResourceRegistry;

  constructor(deps: KubeApiDeps) {
    this.#deps = deps;
    this.#writer = new ObjectWriter(deps);
    const network = new ServiceNetwork();
    deps.store.subscribe((change) => network.observe(change));
    const resources = builtInResources(network);
    this.registry = new ResourceRegistry(
      resources.map((one) =>
        one.kind === 'CustomResourceDefinition' ? this.#definitions(one) : one,
      ),
    );
    deps.store.subscribe((change) => {
      if (change.resource === 'customresourcedefinitions.apiextensions.k8s.io') {
        this.#serve(change.object, change.type === 'DELETED', change.version);
      }
    });
  }

  /** What a request does, and to which resource; for faults and counters. */
  factsOf(method: string, path: string, query: URLSearchParams): { verb: Verb; resource: string } {
    const reviewed = reviewAt(path);
    if (reviewed !== undefined) {
      return { verb: method === 'POST' ? 'create' : 'other', resource: reviewed.plural };
    }
    const target = targetOf(path, this.registry);
    if (target === undefined) return { verb: 'other', resource: '' };
    return { verb: verbOf(method, target, query), resource: target.resource.plural };
  }

  /** Answers a request; every refusal is an answer too. */
  handle(request: ApiRequest): ApiReply | WatchPlan {
    try {
      return this.#handle(request);
    } catch (error) {
      if (error instanceof ApiError) return { code: error.body.code, body: { ...error.body } };
      throw error;
    }
  }

  #handle(request: ApiRequest): ApiReply | WatchPlan {
    const { method, path, accept } = request;
    if (['/healthz', '/livez', '/readyz'].includes(path)) {
      return { code: 200, body: 'ok', contentType: 'text/plain' };
    }
    if (path === '/openapi/v2') {
      return { code: 200, body: openApiV2Protobuf, contentType: openApiV2MediaType };
    }
    if (method === 'GET') {
      const found = discover(path, accept, this.registry) ?? openApiV3(path, this.registry);
      if (found !== undefined) return { code: 200, body: found, contentType: discoveryType(found) };
    }
    const reviewed = reviewAt(path);
    if (reviewed !== undefined) {
      if (method !== 'POST') throw methodNotAllowed();
      const body = fieldsOf(parsed(request, reviewed));
      return { code: 201, body: review(reviewed.kind, body, this.#deps) };
    }
    const target = targetOf(path, this.registry);
    if (target === undefined) throw noSuchPath();
    if (target.subresource !== undefined) checkSubresource(target);
    return this.#answer(request, target);
  }

  #answer(request: ApiRequest, target: Target): ApiReply | WatchPlan {
    const { store, clock } = this.#deps;
    const { query } = request;
    const form = formOf(request.accept);
    const verb = verbOf(request.method, target, query);
    switch (verb) {
      case 'watch':
        return planWatch(target, query, form);
      case 'list': {
        const page = listPage(store, target, query);
        const { objects, metadata } = page;
        return {
          code: 200,
          body: presentList(target.resource, objects, metadata, form, clock.wallMs()),
        };
      }
      case 'get':
        return this.#shown(target, { object: readObject(store, target), warnings: [] }, request);
      case 'create':
        return this.#create(request, target);
      case 'update':
        return this.#shown(
          target,
          this.#writer.update(target, parsed(request, target.resource), optionsOf(query)),
          request,
        );
      case 'patch':
        return this.#patch(request, target);
      case 'delete':
        return this.#delete(request, target);
      case 'deletecollection':
        return this.#deleteAll(request, target);
      default:
        throw methodNotAllowed();
    }
  }

  #shown(target: Target, written: Written, request: ApiRequest, code: number = 200): ApiReply {
    const form = formOf(request.accept);
    const { warnings, object } = written;
    return {
      code,
      body: presentObject(target.resource, object, form, this.#deps.clock.wallMs()),
      warnings: request.query.get('fieldValidation') === 'Ignore' ? [] : warnings,
    };
  }

  #create(request: ApiRequest, target: Target): ApiReply {
    const { store, tokens } = this.#deps;
    const body = parsed(request, target.resource);
    if (target.subresource === 'token') {
      return { code: 201, body: tokens.request(readObject(store, target), body) };
    }
    const written = this.#writer.create(withScope(target), body, optionsOf(request.query));
    return this.#shown(target, written, request, 201);
  }

  #patch(request: ApiRequest, target: Target): ApiReply {
    const { store } = this.#deps;
    const { resource, namespace, name = '' } = target;
    const type = mediaType(request.contentType);
    const accepted = Object.values(patchTypes).filter(
      (one) => !(resource.custom && one === patchTypes.strategic),
    );
    if (!accepted.some((one) => one === type)) throw unsupportedMediaType(accepted);
    const patch = parsed(request, resource);
    const options = optionsOf(request.query);
    const before = store.get(resource.storage, keyOf(namespace, name));
    if (before === undefined && type === patchTypes.apply && target.subresource === undefined) {
      const created = this.#writer.create(withScope(target), named(patch, name), options);
      return this.#shown(target, created, request, 201);
    }
    const current = shown(resource, readObject(store, target));
    const after = patched(type, current, patch, resource);
    return this.#shown(target, this.#writer.update(target, after, options), request);
  }

  #delete(request: ApiRequest, target: Target): ApiReply {
    const options = optionsOf(request.query);
    const body = request.body === '' ? {} : parsed(request, target.resource);
    const object = readObject(this.#deps.store, target);
    const left = this.#writer.remove(target, body, options);
    if (left !== undefined) return this.#shown(target, { object: left, warnings: [] }, request);
    if (!options.dryRun) this.#emptyNamespace(target);
    const { resource, name } = target;
    return {
      code: 200,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: {
          name,
          ...(resource.group === '' ? {} : { group: resource.group }),
          kind: resource.plural,
          uid: object.metadata.uid,
        },
      },
    };
  }

  /** The namespace controller's work: what lies in a deleted namespace goes with it. */
  #emptyNamespace(target: Target): void {
    const { resource, name } = target;
    if (resource.storage !== 'namespaces') return;
    for (const storage of new Set(
      this.registry
        .all()
        .filter((one) => one.namespaced)
        .map((one) => one.storage),
    )) {
      for (const { key, object } of this.#deps.store.list(storage) ?? []) {
        if (object.metadata.namespace === name) this.#deps.store.remove(storage, key);
      }
    }
  }

  #deleteAll(request: ApiRequest, target: Target): ApiReply {
    const { store, clock } = this.#deps;
    const { resource } = target;
    const selected = selectorOf(target, request.query);
    const objects = (store.list(resource.storage) ?? [])
      .map((entry) => entry.object)
      .filter((object) => selected(object));
    for (const { metadata } of objects) {
      const { namespace, name = '' } = metadata;
      const one = { resource, name, ...(namespace === undefined ? {} : { namespace }) };
      this.#writer.remove(one, {}, optionsOf(request.query));
    }
    const metadata = { resourceVersion: textOf(store.version) };
    const form = formOf(request.accept);
    return { code: 200, body: presentList(resource, objects, metadata, form, clock.wallMs()) };
  }

  #definitions(resource: Resource): Resource {
    return {
      ...resource,
      complete: (object, previous) =>
        completeDefinition(
          object,
          previous?.metadata.creationTimestamp ?? rfc3339(this.#deps.clock.wallMs()),
        ),
      check: checkDefinition,
    };
  }

  #serve(definition: KubeObject, gone: boolean, version: number): void {
    const { store, check } = this.#deps;
    const name = definition.metadata.name ?? '';
    const before = this.registry.customOf(name);
    if (!gone) {
      const since = before[0]?.servedSince ?? version;
      this.registry.serveCustom(name, resourcesOf(definition, since, check));
      return;
    }
    this.registry.serveCustom(name, []);
    const storage = before[0]?.storage;
    if (storage === undefined) return;
    for (const { key } of store.list(storage) ?? []) store.remove(storage, key);
  }
}
