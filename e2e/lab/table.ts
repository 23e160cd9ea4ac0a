import type { KubeApi } from './kube-api.ts';

interface TableAnswer {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

const ACCEPT_TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const GAP = '   ';

/** What `kubectl get` prints for a path: the columns are the API server's own. */
export async function tableOf(api: KubeApi, path: string): Promise<string> {
  const { columnDefinitions, rows } = await api.get<TableAnswer>(path, ACCEPT_TABLE);
  const shown = columnDefinitions.flatMap(({ name, priority }, i) =>
    priority === 0 ? [{ name, i }] : [],
  );
  const lines = [
    shown.map(({ name }) => name.toUpperCase()),
    ...rows.map(({ cells }) => shown.map(({ i }) => String(cells[i]))),
  ];
  const widths = shown.map((_, i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}
