/** What is written down of customers, for those who decide it. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import type { AttributeDefinition } from "@/lib/api/types";

export type AttributeIn = components["schemas"]["AttributeIn"];

export function useAttributes() {
  return useQuery({ queryKey: keys.attributes, queryFn: async () => (await api.GET("/api/v1/attributes")).items });
}

export async function putAttribute(client: QueryClient, key: string, body: AttributeIn): Promise<unknown> {
  const params = { path: { attribute_key: key } };
  const answer = await api.PUT("/api/v1/attributes/{attribute_key}", { params, body });
  await client.invalidateQueries({ queryKey: keys.attributes });
  return answer;
}

export function labelOf(definition: AttributeDefinition, language: string): string {
  return language === "vi" ? definition.label_vi : definition.label_en;
}

/** A key out of a label: "Hạng khách" -> hang_khach. */
export function keyOf(label: string): string {
  return label
    .toLowerCase()
    .replaceAll("đ", "d")
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 40);
}
