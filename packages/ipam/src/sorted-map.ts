interface Node<K, V> {
  readonly key: K;
  readonly value: V;
  readonly left: Node<K, V> | undefined;
  readonly right: Node<K, V> | undefined;
  readonly size: number;
}

type Tree<K, V> = Node<K, V> | undefined;

/**
 * An immutable map in key order that shares structure with the maps it was made from: `with` and `without` copy one path, O(log n).
 *
 * A weight-balanced tree (Nievergelt and Reingold, with the parameters 3 and 2 that Hirai and Yamamoto proved right in 2011). Its sizes give `at` and `rank` for free.
 * Keys are compared by `<`.
 */
export class SortedMap<K extends bigint | string, V> {
  readonly #root: Tree<K, V>;

  private constructor(root: Tree<K, V>) {
    this.#root = root;
  }

  /** The map without entries. */
  static empty<K extends bigint | string, V>(): SortedMap<K, V> {
    return new SortedMap<K, V>(undefined);
  }

  /** How many entries there are. */
  get size(): number {
    return sizeOf(this.#root);
  }

  /** The value at `key`. */
  get(key: K): V | undefined {
    let node = this.#root;
    while (node !== undefined && node.key !== key) node = key < node.key ? node.left : node.right;
    return node?.value;
  }

  /** Whether there is an entry at `key`. */
  has(key: K): boolean {
    let node = this.#root;
    while (node !== undefined && node.key !== key) node = key < node.key ? node.left : node.right;
    return node !== undefined;
  }

  /** This map with `value` at `key`. */
  with(key: K, value: V): SortedMap<K, V> {
    return new SortedMap(insert(this.#root, key, value));
  }

  /** This map without an entry at `key`; the same map where there is none. */
  without(key: K): SortedMap<K, V> {
    return this.has(key) ? new SortedMap(remove(this.#root, key)) : this;
  }

  /** The entry with the least key. */
  first(): readonly [K, V] | undefined {
    return entryOf(leftmost(this.#root));
  }

  /** The entry with the greatest key that is not above `key`. */
  floor(key: K): readonly [K, V] | undefined {
    let node = this.#root;
    let best: Tree<K, V>;
    while (node !== undefined) {
      if (node.key <= key) {
        best = node;
        node = node.right;
      } else {
        node = node.left;
      }
    }
    return entryOf(best);
  }

  /** The entry at position `index` in key order, from 0. */
  at(index: number): readonly [K, V] | undefined {
    let node = this.#root;
    let rest = index;
    while (node !== undefined) {
      const before = sizeOf(node.left);
      if (rest === before) return entryOf(node);
      if (rest > before) {
        rest -= before + 1;
        node = node.right;
      } else {
        node = node.left;
      }
    }
    return undefined;
  }

  /** How many keys are below `key`. */
  rank(key: K): number {
    let node = this.#root;
    let below = 0;
    while (node !== undefined) {
      if (node.key < key) {
        below += sizeOf(node.left) + 1;
        node = node.right;
      } else {
        node = node.left;
      }
    }
    return below;
  }

  /** The entries in key order. */
  *[Symbol.iterator](): IterableIterator<readonly [K, V]> {
    const path: Node<K, V>[] = [];
    let node = this.#root;
    while (node !== undefined || path.length > 0) {
      for (; node !== undefined; node = node.left) path.push(node);
      const top: Tree<K, V> = path.pop();
      if (top === undefined) return;
      yield [top.key, top.value];
      node = top.right;
    }
  }

  /** The keys in order. */
  *keys(): IterableIterator<K> {
    for (const [key] of this) yield key;
  }

  /** The values in key order. */
  *values(): IterableIterator<V> {
    for (const [, value] of this) yield value;
  }
}

/** A subtree may be at most this many times as heavy as its sibling. */
const DELTA = 3;
/** Decides between one rotation and two. */
const GAMMA = 2;

function sizeOf(tree: { readonly size: number } | undefined): number {
  return tree?.size ?? 0;
}

function entryOf<K, V>(node: Tree<K, V>): readonly [K, V] | undefined {
  return node === undefined ? undefined : [node.key, node.value];
}

function leftmost<K, V>(tree: Tree<K, V>): Tree<K, V> {
  let node = tree;
  while (node?.left !== undefined) node = node.left;
  return node;
}

function join<K, V>(left: Tree<K, V>, key: K, value: V, right: Tree<K, V>): Node<K, V> {
  return { key, value, left, right, size: sizeOf(left) + sizeOf(right) + 1 };
}

function weight(tree: { readonly size: number } | undefined): number {
  return sizeOf(tree) + 1;
}

/** `join` for subtrees of which one has just grown or shrunk by one. */
function balance<K, V>(left: Tree<K, V>, key: K, value: V, right: Tree<K, V>): Node<K, V> {
  if (right !== undefined && weight(right) > DELTA * weight(left)) {
    const inner = right.left;
    if (inner === undefined || weight(inner) < GAMMA * weight(right.right)) {
      return join(join(left, key, value, inner), right.key, right.value, right.right);
    }
    return join(
      join(left, key, value, inner.left),
      inner.key,
      inner.value,
      join(inner.right, right.key, right.value, right.right),
    );
  }
  if (left !== undefined && weight(left) > DELTA * weight(right)) {
    const inner = left.right;
    if (inner === undefined || weight(inner) < GAMMA * weight(left.left)) {
      return join(left.left, left.key, left.value, join(inner, key, value, right));
    }
    return join(
      join(left.left, left.key, left.value, inner.left),
      inner.key,
      inner.value,
      join(inner.right, key, value, right),
    );
  }
  return join(left, key, value, right);
}

function insert<K extends bigint | string, V>(tree: Tree<K, V>, key: K, value: V): Node<K, V> {
  if (tree === undefined) return join(undefined, key, value, undefined);
  if (key === tree.key) return join(tree.left, key, value, tree.right);
  return key < tree.key
    ? balance(insert(tree.left, key, value), tree.key, tree.value, tree.right)
    : balance(tree.left, tree.key, tree.value, insert(tree.right, key, value));
}

function remove<K extends bigint | string, V>(tree: Tree<K, V>, key: K): Tree<K, V> {
  if (tree === undefined) return undefined;
  if (key < tree.key) return balance(remove(tree.left, key), tree.key, tree.value, tree.right);
  if (key > tree.key) return balance(tree.left, tree.key, tree.value, remove(tree.right, key));
  if (tree.left === undefined) return tree.right;
  const next = leftmost(tree.right);
  if (next === undefined) return tree.left;
  return balance(tree.left, next.key, next.value, remove(tree.right, next.key));
}
