/** Files of customers: upload, mapping, progress, report, undo. */
import { type QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";
import type { CustomerImport } from "@/lib/api/types";

const WORKING_MS = 1000;
const RESTING_MS = 30_000;

export type Mapping = readonly (string | null)[];

export function isWorking(one: CustomerImport): boolean {
  return one.state === "running" || one.state === "undoing";
}

export function useImports() {
  return useQuery({
    queryKey: keys.imports,
    queryFn: async () => (await api.GET("/api/v1/imports")).items,
    staleTime: 0,
    refetchInterval: (query) => (query.state.data?.some(isWorking) ? WORKING_MS : RESTING_MS),
  });
}

export function usePreview(one: CustomerImport, mapping: Mapping, enabled: boolean) {
  return useQuery({
    queryKey: ["import-preview", one.id, mapping], // not below keys.imports: a started one has no preview
    queryFn: async () =>
      (
        await api.POST("/api/v1/imports/{import_id}/check", {
          params: { path: { import_id: one.id } },
          body: { mapping },
        })
      ).items,
    enabled,
    retry: false,
    placeholderData: (known) => known,
  });
}

export function useFaults(one: CustomerImport) {
  return useInfiniteQuery({
    queryKey: [...keys.imports, one.id, "faults"],
    queryFn: ({ pageParam }) =>
      api.GET("/api/v1/imports/{import_id}/faults", {
        params: { path: { import_id: one.id }, query: { after_row: pageParam } },
      }),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
}

export function uploadFile(client: QueryClient, file: File): Promise<CustomerImport> {
  return then(client, api.POST("/api/v1/imports", { params: { query: { name: file.name } }, body: file }));
}

export function startImport(client: QueryClient, id: string, mapping: Mapping): Promise<CustomerImport> {
  const params = { path: { import_id: id } };
  return then(client, api.POST("/api/v1/imports/{import_id}/start", { params, body: { mapping } }));
}

export function cancelImport(client: QueryClient, id: string): Promise<CustomerImport> {
  return then(client, api.POST("/api/v1/imports/{import_id}/cancel", { params: { path: { import_id: id } } }));
}

export function undoImport(client: QueryClient, id: string): Promise<CustomerImport> {
  return then(client, api.POST("/api/v1/imports/{import_id}/undo", { params: { path: { import_id: id } } }));
}

async function then<T>(client: QueryClient, call: Promise<T>): Promise<T> {
  const answer = await call;
  await client.invalidateQueries({ queryKey: keys.imports });
  return answer;
}
