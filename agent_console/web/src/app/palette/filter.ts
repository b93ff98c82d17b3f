/** Which entries a query means: all its words in any order, with or without diacritics. Pure. */
import type { SpotlightActionData, SpotlightActionGroupData } from "@mantine/spotlight";
import { fold } from "@/lib/format/text";

export function filterCommands(query: string, groups: readonly SpotlightActionGroupData[]): SpotlightActionGroupData[] {
  const wanted = fold(query).split(/\s+/).filter(Boolean);
  return groups
    .map((group) => ({ ...group, actions: group.actions.filter((action) => matches(action, wanted)) }))
    .filter((group) => group.actions.length > 0);
}

function matches(action: SpotlightActionData, wanted: readonly string[]): boolean {
  const text = fold([action.label, action.description, ...[action.keywords ?? []].flat()].join(" "));
  return wanted.every((word) => text.includes(word));
}
