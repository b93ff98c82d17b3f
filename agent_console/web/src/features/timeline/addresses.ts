/** Where the hub answers with a short-lived address of a file. */
import type { Attachment, Touchpoint } from "@/lib/api/types";

export function attachmentAddress(touchpointId: string, index: number): string {
  return `/api/v1/touchpoints/${touchpointId}/attachments/${index}`;
}

export function recordingAddress(touchpoint: Pick<Touchpoint, "id">): string {
  return `/api/v1/touchpoints/${touchpoint.id}/recording`;
}

/** A place on a map. The coordinates leave the house only when an agent follows the link. */
export function mapAddress(attachment: Pick<Attachment, "latitude" | "longitude">): string | null {
  const { latitude, longitude } = attachment;
  if (latitude === null || longitude === null) return null;
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`;
}
