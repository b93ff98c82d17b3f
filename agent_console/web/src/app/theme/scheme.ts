/** Light, dark, or as the system says. public/color-scheme.js reads the same key before the first paint. */
import type { MantineColorSchemeManager } from "@mantine/core";
import { localStorageColorSchemeManager } from "@mantine/core";

export const schemeManager: MantineColorSchemeManager = localStorageColorSchemeManager({ key: "onethread.scheme" });
