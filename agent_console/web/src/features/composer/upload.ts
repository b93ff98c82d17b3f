/** A file to the hub, as raw bytes. The hub looks at the content to say what it is. */
import { api } from "@/lib/api/client";
import type { Upload } from "@/lib/api/types";

const NAME_MAX = 255;

export function upload(file: File): Promise<Upload> {
  const name = (file.name || "file").slice(-NAME_MAX);
  return api.POST("/api/v1/uploads", { params: { query: { name } }, body: file });
}
