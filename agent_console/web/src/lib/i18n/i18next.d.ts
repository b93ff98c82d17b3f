import "i18next";
import type admin from "@/locales/admin.vi.json";
import type main from "@/locales/vi.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof main & typeof admin };
  }
}
